#include "api/rest/resource.hpp"

#include "api/rest/json_body.hpp"

namespace winnow::api {

http::Response shown(const Call& call, const nlohmann::json& document, std::int64_t version)
{
    if (!matches_if_none_match(call.request.head, version)) return versioned(document, version);
    http::Response unchanged(304);
    unchanged.set("ETag", etag(version));
    return unchanged;
}

http::Response with_secret(http::Response response)
{
    response.set("Cache-Control", "no-store");
    return response;
}

Result<nlohmann::json> wanted_document(const Call& call, const nlohmann::json& current)
{
    auto body = read_object(call.request);
    if (!body || call.request.head.method != "PATCH") return body;
    return merge_patch(current, *body);
}

Result<Done> below_limit(const Result<std::size_t>& count, std::size_t limit, std::string_view what)
{
    if (!count) return count.error();
    if (*count < limit) return Done{};
    return Error(ErrorCode::conflict, "there are " + std::to_string(limit) + ' ' + std::string(what) +
                                          " already, which is the limit; delete one first");
}

}  // namespace winnow::api
