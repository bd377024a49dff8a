#pragma once

/// @file
/// What the configuration resources have in common: lists by id, single objects, errors of several readers in one.

#include "api/rest/etag.hpp"
#include "api/rest/page.hpp"
#include "api/rest/respond.hpp"
#include "api/rest/route.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::api {

/// Where a list that goes by id goes on.
template <typename Id>
struct IdPage {
    std::size_t limit = kDefaultPage;
    std::optional<Id> after;
};

template <typename Id>
[[nodiscard]] Result<IdPage<Id>> id_page(const http::RequestHead& head)
{
    const auto page = page_request(head, 1);
    if (!page) return page.error();
    IdPage<Id> out{.limit = page->limit, .after = std::nullopt};
    if (page->cursor.empty()) return out;
    out.after = Id::parse(page->cursor.front());
    if (!out.after) return bad_cursor();
    return out;
}

/// One page of what the store gave for limit + 1; `render` makes the JSON of an item.
template <typename Item, typename Render>
[[nodiscard]] http::Response id_page_response(const http::RequestHead& head, std::vector<Item> found, std::size_t limit,
                                              Render render)
{
    Cursor next;
    if (found.size() > limit) {
        found.resize(limit);
        next = {found.back().id.str()};
    }
    auto items = nlohmann::json::array();
    for (const auto& item : found) items.push_back(render(item));
    return page_response(head, items, next);
}

/// The answer to GET of a single resource: 304 where the client has this version already.
[[nodiscard]] http::Response shown(const Call& call, const nlohmann::json& document, std::int64_t version);

/// An answer that holds a secret: no cache may keep it.
[[nodiscard]] http::Response with_secret(http::Response response);

/// The document that a PUT or PATCH asks for: the body, or the body merged into `current`.
[[nodiscard]] Result<nlohmann::json> wanted_document(const Call& call, const nlohmann::json& current);

/// The `conflict` where a tenant has `limit` of something already.
[[nodiscard]] Result<Done> below_limit(const Result<std::size_t>& count, std::size_t limit, std::string_view what);

}  // namespace winnow::api
