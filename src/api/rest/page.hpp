#pragma once

/// @file
/// Keyset paging: `?limit=` and `?cursor=` in, `{"items":[…],"next_cursor":…}` and `Link: rel="next"` out. Every list's
/// answer is made here, and so is bounded, whatever its items are.

#include "winnow/base/result.hpp"
#include "winnow/http/message.hpp"

#include <nlohmann/json_fwd.hpp>

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace winnow::api {

inline constexpr std::size_t kDefaultPage = 50;
inline constexpr std::size_t kMaxPage = 500;

/// Bytes of one page's items as they are sent: the one that would go beyond begins the next page. The first has its
/// place however long it is.
inline constexpr std::size_t kMaxPageBytes = std::size_t{4} << 20U;

/// So many items are loaded at once, so that no more than these are loaded in vain where the page's bytes end first.
inline constexpr std::size_t kMaxPiece = 100;

/// The sort key of the last row already shown, as the parts the resource put in: {"2026-11-23T06:00:00.000Z", "<id>"}.
/// Empty: the first page. Callers can forge one, so parse each part as input.
using Cursor = std::vector<std::string>;

/// Opaque to clients: base64url.
[[nodiscard]] std::string encode_cursor(const Cursor& cursor);

struct PageRequest {
    std::size_t limit = kDefaultPage;  ///< 1 to kMaxPage.
    Cursor cursor;                     ///< Empty, or exactly `cursor_parts` parts.
};

/// 400 `invalid_parameter` where limit is not a number from 1 to 500 or the cursor is not one of ours.
[[nodiscard]] Result<PageRequest> page_request(const http::RequestHead& head, std::size_t cursor_parts);

/// The error for a cursor whose parts do not parse.
[[nodiscard]] Error bad_cursor();

/// A part of a cursor, all of it, as a number; nullopt where it is none, or one that the type does not hold.
template <std::integral Number>
[[nodiscard]] std::optional<Number> number_in(std::string_view text)
{
    Number number{};
    const auto* const end = text.data() + text.size();
    const auto [stop, failure] = std::from_chars(text.data(), end, number);
    return failure == std::errc() && stop == end ? std::optional(number) : std::nullopt;
}

/// Where the Link header of a page leads: the request's own path and filters with another cursor.
[[nodiscard]] std::string next_link(const http::RequestHead& head, std::string_view cursor);

/// One page as it grows. Only for lists that no page_response() below can load.
class PageText {
public:
    /// False: the page has kMaxPageBytes without this item, which is not in it. Never of the first.
    [[nodiscard]] bool add(const nlohmann::json& item);

    /// 200 with the page. `next` is the cursor of the last item shown, {} on the last page.
    [[nodiscard]] http::Response response(const http::RequestHead& head, const Cursor& next) &&;

private:
    std::string items_;
    bool is_first_ = true;
};

/// Where a list goes on, as its store takes it, and how far one page may go.
template <typename Place>
struct Stretch {
    std::size_t limit = kDefaultPage;
    std::optional<Place> after;  ///< nullopt: at the beginning.
};

/// What the request says of a list whose items have a number to be found by.
template <std::integral Number>
[[nodiscard]] Result<Stretch<Number>> numbered_stretch(const http::RequestHead& head)
{
    const auto page = page_request(head, 1);
    if (!page) return page.error();
    Stretch<Number> stretch{.limit = page->limit, .after = {}};
    if (page->cursor.empty()) return stretch;
    stretch.after = number_in<Number>(page->cursor.front());
    if (!stretch.after) return bad_cursor();
    return stretch;
}
[[nodiscard]] inline Cursor numbered_cursor(std::int64_t number)
{
    return {std::to_string(number)};
}

/// 200 with one page of what `fetch(after, most)` gives: a Result<std::vector<Item>> of the next items in order, fewer
/// than `most` only at the list's end. `render(item)` makes the JSON of one, `place_of(item)` its Place, and
/// `cursor_of(place)` a Cursor.
template <typename Place, typename Fetch, typename Render, typename PlaceOf, typename CursorOf>
[[nodiscard]] Result<http::Response> page_response(const http::RequestHead& head, Stretch<Place> stretch, Fetch fetch,
                                                   Render render, PlaceOf place_of, CursorOf cursor_of)
{
    PageText page;
    auto& [rest, after] = stretch;
    while (true) {
        const auto piece = rest < kMaxPiece ? rest : kMaxPiece;
        const auto found = fetch(after, piece + 1);  // one more tells whether any follow
        if (!found) return found.error();
        const bool is_end = found->size() <= piece;
        for (std::size_t i = 0; i < (is_end ? found->size() : piece); ++i) {
            const auto& item = (*found)[i];
            if (!page.add(render(item))) return std::move(page).response(head, cursor_of(*after));
            after = place_of(item);
            --rest;
        }
        if (is_end) return std::move(page).response(head, {});
        if (rest == 0) return std::move(page).response(head, cursor_of(*after));
    }
}

/// Refuses query parameters that the resource does not know, with a suggestion. A name that ends in '.' stands for
/// everything that begins with it ("label."), one that ends in "[]" for a list that may be given in parts ("state[]"
/// takes state=open&state=held); any other may stand once. `limit` and `cursor` must be named too where they are taken.
[[nodiscard]] Result<Done> only_parameters(const http::RequestHead& head,
                                           std::initializer_list<std::string_view> known);

}  // namespace winnow::api
