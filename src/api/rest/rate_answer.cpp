#include "api/rest/rate_answer.hpp"

#include "api/rest/problem.hpp"
#include "api/rest/refusal.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace winnow::api {

namespace {

using Whose = Standing::Whose;

std::int64_t seconds_of(std::chrono::nanoseconds time)
{
    return std::chrono::ceil<std::chrono::seconds>(time).count();
}

/// A word of ours: nothing in it needs to be escaped.
std::string in_quotes(std::string_view word)
{
    std::string text;
    text.reserve(word.size() + 2);
    text.append(1, '"').append(word).append(1, '"');
    return text;
}

std::string_view unit_of(std::string_view policy)
{
    if (policy == "ingest") return "alerts";
    if (policy == "heavy") return "ms of processor time";
    if (policy == "failed_logins") return "keys that are not known";
    if (policy == "sign_ins") return "requests of signing in";
    return policy == "read" ? "reading requests" : "writing requests";
}

/// Plain words without quotation marks: it stands in JSON as it is.
std::string detail_of(const Standing& refused, std::int64_t seconds)
{
    const auto limit = "tenants.rates." + std::string(refused.policy);
    if (refused.rate.is_closed()) {
        return "this is closed for your tenant: its provider has set " + limit + " to 0 (" +
               std::string(unit_of(refused.policy)) + ")";
    }
    std::string text = refused.policy == "sign_ins"      ? "too many requests of signing in came from your address"
                       : refused.whose == Whose::address ? "too many unknown keys came from your address"
                       : refused.whose == Whose::credential
                           ? "this credential goes beyond its half of your tenant's rate"
                           : "your tenant goes beyond its rate";
    text += " on this node: the limit is " + std::to_string(refused.rate.per_second) + " " +
            std::string(unit_of(refused.policy)) + " a second and " + std::to_string(refused.rate.burst) +
            " at once (" + limit + "); come again in " + std::to_string(seconds) + " s";
    return text;
}

http::Response problem_of(const Standing& refused, int status, std::string_view detail, std::string_view request_id)
{
    http::Response response(status);
    response.headers.reserve(4);
    response.set("Content-Type", std::string(kProblemType));
    std::string body;
    body.reserve(768);
    body += R"({"type":"https://iana.org/assignments/http-problem-types#quota-exceeded",)"
            R"("title":"Too many requests","status":)";
    body += std::to_string(status);
    body += R"(,"detail":)" + in_quotes(detail) + R"(,"code":"rate_limited","violated-policies":[)";
    body += in_quotes(refused.policy);
    body += R"(],"limit":"tenants.rates.)";
    body += refused.policy;
    body += R"(","value":{"rate":)" + std::to_string(refused.rate.per_second) + R"(,"burst":)" +
            std::to_string(refused.rate.burst) + R"(},"whose":)";
    body += in_quotes(to_string(refused.whose));
    body += R"(,"instance":")" + instance_of(request_id) + R"("})";
    response.body = std::move(body);
    return response;
}

}  // namespace

void show_standing(http::Response& response, const Standing& standing)
{
    const auto name = in_quotes(standing.policy);
    const auto& rate = standing.rate;
    const auto window = rate.is_closed() ? 1 : std::max<std::int64_t>(seconds_of(rate.time_of(rate.burst)), 1);
    response.set("RateLimit-Policy", name + ";q=" + std::to_string(rate.burst) + ";w=" + std::to_string(window));
    response.set("RateLimit", name + ";r=" + std::to_string(standing.left) +
                                  ";t=" + std::to_string(seconds_of(standing.until_full)));
}

http::Response rate_refusal(const Standing& refused, const RefusalForm& form, std::string_view request_id)
{
    const auto seconds = std::max<std::int64_t>(seconds_of(refused.wait), 1);
    const auto detail = detail_of(refused, seconds);
    auto response =
        form.refuse == nullptr
            ? problem_of(refused, form.status, detail, request_id)
            : response_of(form.refuse(
                  {.status = form.status, .code = "rate_limited", .detail = detail, .request_id = request_id}));
    response.set("Retry-After", std::to_string(seconds));
    show_standing(response, refused);
    return response;
}

}  // namespace winnow::api
