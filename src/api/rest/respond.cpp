#include "api/rest/respond.hpp"

#include "api/rest/etag.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace winnow::api {

std::string dump(const nlohmann::json& document)
{
    return document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

nlohmann::json time_json(const std::optional<Timestamp>& at)
{
    return at ? nlohmann::json(format_rfc3339(*at)) : nlohmann::json(nullptr);
}

http::Response json_response(int status, const nlohmann::json& document)
{
    return http::Response(status, "application/json", dump(document));
}

http::Response readiness(const Checks& checks)
{
    bool ready = true;
    auto parts = nlohmann::json::object();
    for (const auto& [name, check] : checks) {
        const bool passed = check();
        parts[name] = passed ? "ok" : "failing";
        ready = ready && passed;
    }
    return json_response(ready ? 200 : 503, {{"status", ready ? "ready" : "not ready"}, {"checks", parts}});
}

http::Response versioned(const nlohmann::json& document, std::int64_t version)
{
    auto response = json_response(200, document);
    response.set("ETag", etag(version));
    return response;
}

http::Response created(std::string location, const nlohmann::json& document, std::int64_t version)
{
    auto response = json_response(201, document);
    response.set("Location", std::move(location));
    response.set("ETag", etag(version));
    return response;
}

http::Response no_content()
{
    return http::Response(204);
}

}  // namespace winnow::api
