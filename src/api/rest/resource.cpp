#include "api/rest/resource.hpp"

#include "api/rest/json_body.hpp"

#include <algorithm>
#include <utility>

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

void merge_errors(std::vector<FieldError>& errors, const std::vector<FieldError>& found, const std::string& base)
{
    const auto known = errors.size();
    for (const auto& error : found) {
        const auto pointer = base + error.pointer;
        const auto field = pointer.substr(0, pointer.find('/', base.size() + 1));
        const auto told = std::any_of(
            errors.begin(), errors.begin() + static_cast<std::ptrdiff_t>(known),
            [&](const FieldError& other) { return other.pointer == field || other.pointer.starts_with(field + '/'); });
        if (!told) errors.push_back({.pointer = pointer, .code = error.code, .detail = error.detail});
    }
}

Result<Done> below_limit(const Result<std::size_t>& count, std::size_t limit, std::string_view what)
{
    if (!count) return count.error();
    if (*count < limit) return Done{};
    return Error(ErrorCode::conflict, "there are " + std::to_string(limit) + ' ' + std::string(what) +
                                          " already, which is the limit; delete one first");
}

}  // namespace winnow::api
