#include "api/rest/problem.hpp"

#include "api/rest/respond.hpp"
#include "winnow/base/text.hpp"
#include "winnow/domain/history.hpp"
#include "winnow/domain/tenants/quota.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cstdlib>
#include <span>
#include <utility>

namespace winnow::api {
namespace {

constexpr std::string_view kRetryAfterSeconds = "5";

/// `title` of RFC 9457: the same for every occurrence of a code.
std::string_view title_of(std::string_view code, int status)
{
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 23> kTitles{{
        {"invalid_field", "A field is not valid"},
        {"invalid_request", "The request is not valid"},
        {kInvalidParameter, "A query parameter is not valid"},
        {kMalformedBody, "The body cannot be read"},
        {kMalformedJson, "The body is not JSON"},
        {"unauthenticated", "A valid credential is needed"},
        {"forbidden", "This credential may not do that"},
        {"address_not_allowed", "This credential may not be used from there"},
        {"not_found", "There is no such object"},
        {"method_not_allowed", "The resource has no such method"},
        {"conflict", "The request conflicts with the current state"},
        {kLastAdmin, "Somebody must stay who can administer the tenant"},
        {"version_mismatch", "The object has changed since it was read"},
        {"payload_too_large", "The request is too large"},
        {"unsupported_media_type", "The media type is not supported"},
        {"idempotency_mismatch", "The Idempotency-Key was used with another request"},
        {"rate_limited", "Too many requests"},
        {domain::kQuotaExceeded, "A quota is spent"},
        {domain::kHistoryFull, "The tenant's histories are full"},
        {"overloaded", "The service is overloaded"},
        {"timeout", "The request took too long"},
        {"internal", "Something went wrong on our side"},
        {"bad_request", "The request is not valid HTTP"},
    }};
    for (const auto& [known, title] : kTitles) {
        if (known == code) return title;
    }
    return status < 500 ? "The request was refused" : "The request failed";
}

}  // namespace

ProblemKind kind_of(const Error& error)
{
    switch (error.code()) {
        case ErrorCode::invalid_argument: {
            if (error.fields().empty()) return {400, "invalid_request"};
            const auto& first = error.fields().front().code;
            if (first == domain::kHistoryFull) return {507, first};
            if (first == kLastAdmin || first == domain::kQuotaExceeded) return {409, first};
            if (first == kMalformedBody || first == kMalformedJson || first == kInvalidParameter) return {400, first};
            return {422, "invalid_field"};
        }
        case ErrorCode::unauthenticated: return {401, "unauthenticated"};
        case ErrorCode::permission_denied: return {403, "forbidden"};
        case ErrorCode::not_found: return {404, "not_found"};
        case ErrorCode::conflict: return {409, "conflict"};
        case ErrorCode::version_mismatch: return {412, "version_mismatch"};
        case ErrorCode::too_large: return {413, "payload_too_large"};
        case ErrorCode::rate_limited: return {429, "rate_limited"};
        case ErrorCode::unavailable: return {503, "overloaded"};
        case ErrorCode::timeout: return {503, "timeout"};
        case ErrorCode::internal: break;
    }
    return {500, "internal"};
}

http::Response problem(const Error& error, std::string_view instance)
{
    const auto [status, code] = kind_of(error);
    const std::string detail = error.code() == ErrorCode::internal
                                   ? "The error was logged; quote the X-Request-Id when you ask about it."
                                   : explained(error);
    return problem(status, code, detail, error.fields(), instance);
}

std::string cut_text(std::string_view text, std::size_t max_bytes)
{
    constexpr std::string_view kEllipsis = "…";
    if (text.size() <= max_bytes) return std::string(text);
    return std::string(truncate_utf8(text, max_bytes - kEllipsis.size())) + std::string(kEllipsis);
}

std::string explained(const Error& error)
{
    if (error.fields().empty() || error.fields().front().pointer.empty()) return error.message();
    return cut_text(error.fields().front().pointer, kMostPointerBytes) + " " +
           cut_text(error.message(), kMostDetailBytes);
}

http::Response problem(int status, std::string_view code, std::string_view detail,
                       const std::vector<FieldError>& errors, std::string_view instance)
{
    nlohmann::json document{{"type", "urn:winnow:problem:" + std::string(code)},
                            {"title", title_of(code, status)},
                            {"status", status},
                            {"detail", cut_text(detail, kMostDetailBytes)},
                            {"code", code}};
    if (!instance.empty()) document["instance"] = instance;
    if (code == domain::kHistoryFull) {
        document["limit"] = domain::kHistoryLimit;
        document["whose"] = "tenant";
        for (const auto& each : errors) {
            if (each.code == "value") document["value"] = {{"bytes", std::strtoll(each.detail.c_str(), nullptr, 10)}};
        }
    } else if (code == domain::kQuotaExceeded) {
        for (const auto& each : errors) {
            if (each.code == "name") document["name"] = each.detail;
            if (each.code == "max" || each.code == "used") {
                document[each.code] = std::strtoll(each.detail.c_str(), nullptr, 10);
            }
        }
    } else if (!errors.empty()) {
        auto& list = document["errors"] = nlohmann::json::array();
        const auto shown = errors.size() > kMostErrors ? kMostErrors - 1 : errors.size();
        for (const auto& field : std::span(errors).first(shown)) {
            list.push_back({{"pointer", cut_text(field.pointer, kMostPointerBytes)},
                            {"code", field.code},
                            {"detail", cut_text(field.detail, kMostDetailBytes)}});
        }
        if (shown < errors.size()) {
            const auto detail_of_rest = std::to_string(errors.size() - shown) + " more errors";
            list.push_back({{"pointer", ""}, {"code", "more"}, {"detail", detail_of_rest}});
        }
    }
    http::Response response(status, std::string(kProblemType), dump(document));
    add_headers_of_status(response);
    return response;
}

void add_headers_of_status(http::Response& response)
{
    const auto status = response.status;
    if (status == 401)
        response.set("WWW-Authenticate", "Bearer realm=\"winnow\", Basic realm=\"winnow\", charset=\"UTF-8\"");
    if (status == 429 || status == 503) response.set("Retry-After", std::string(kRetryAfterSeconds));
}

std::string instance_of(std::string_view request_id)
{
    return "urn:winnow:request:" + std::string(request_id);
}

Error query_error(std::string_view parameter, std::string_view detail)
{
    std::string text = "query parameter '" + std::string(parameter) + "': " + std::string(detail);
    return Error(
        std::vector<FieldError>{{.pointer = "", .code = std::string(kInvalidParameter), .detail = std::move(text)}});
}

}  // namespace winnow::api
