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
[[nodiscard]] Result<Stretch<Id>> id_page(const http::RequestHead& head)
{
    const auto page = page_request(head, 1);
    if (!page) return page.error();
    Stretch<Id> out{.limit = page->limit, .after = std::nullopt};
    if (page->cursor.empty()) return out;
    out.after = Id::parse(page->cursor.front());
    if (!out.after) return bad_cursor();
    return out;
}

/// page_response() of a list that goes by the id that `id_of` an item tells.
template <typename Id, typename Fetch, typename Render, typename IdOf>
[[nodiscard]] Result<http::Response> id_page_response(const http::RequestHead& head, const Stretch<Id>& page,
                                                      Fetch fetch, Render render, IdOf id_of)
{
    return page_response(head, page, fetch, render, id_of, [](const Id& id) { return Cursor{id.str()}; });
}

/// The same where items have it as their `id`.
template <typename Id, typename Fetch, typename Render>
[[nodiscard]] Result<http::Response> id_page_response(const http::RequestHead& head, const Stretch<Id>& page,
                                                      Fetch fetch, Render render)
{
    return id_page_response(head, page, fetch, render, [](const auto& item) { return item.id; });
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
