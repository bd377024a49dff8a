#pragma once

/// @file
/// Keyset paging: `?limit=` and `?cursor=` in, `{"items":[…],"next_cursor":…}` and `Link: rel="next"` out.

#include "winnow/base/result.hpp"
#include "winnow/http/message.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::api {

inline constexpr std::size_t kDefaultPage = 50;
inline constexpr std::size_t kMaxPage = 500;

/// The sort key of the last row already shown, as the parts the resource put in: {"2026-11-23T06:00:00.000Z", "<id>"}.
/// Empty: the first page. Callers can forge one, so parse each part as input.
using Cursor = std::vector<std::string>;

/// Opaque to clients: base64url.
[[nodiscard]] std::string encode_cursor(const Cursor& cursor);

struct PageRequest {
    std::size_t limit = kDefaultPage;  ///< 1 to kMaxPage. Ask the store for limit + 1 rows to see whether more follow.
    Cursor cursor;                     ///< Empty, or exactly `cursor_parts` parts.
};

/// 400 `invalid_parameter` where limit is not a number from 1 to 500 or the cursor is not one of ours.
[[nodiscard]] Result<PageRequest> page_request(const http::RequestHead& head, std::size_t cursor_parts);

/// The error for a cursor whose parts do not parse.
[[nodiscard]] Error bad_cursor();

/// 200 with one page. `next` is the cursor of the last item shown, {} on the last page. The Link header repeats the
/// request's own path and filters.
[[nodiscard]] http::Response page_response(const http::RequestHead& head, const nlohmann::json& items,
                                           const Cursor& next);

/// Refuses query parameters that the resource does not know, with a suggestion. A name that ends in '.' stands for
/// everything that begins with it ("label."), one that ends in "[]" for a list that may be given in parts ("state[]"
/// takes state=open&state=held); any other may stand once. `limit` and `cursor` must be named too where they are taken.
[[nodiscard]] Result<Done> only_parameters(const http::RequestHead& head,
                                           std::initializer_list<std::string_view> known);

}  // namespace winnow::api
