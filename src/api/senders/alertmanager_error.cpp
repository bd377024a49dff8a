#include "api/senders/alertmanager_error.hpp"

#include "api/rest/problem.hpp"
#include "api/rest/respond.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <utility>

namespace winnow::api {

namespace {

bool begins_with_am(std::string_view path) noexcept
{
    return path == "/am" || path.starts_with("/am/");
}

}  // namespace

bool is_alertmanager_path(std::string_view path) noexcept
{
    if (begins_with_am(path)) return true;
    constexpr std::string_view kToken = "/i/";
    if (!path.starts_with(kToken)) return false;
    const auto rest = path.find('/', kToken.size());
    return rest != std::string_view::npos && begins_with_am(path.substr(rest));
}

http::Response bare_error(int status, std::string_view detail)
{
    const auto shown = cut_text(detail, kMostDetailBytes);
    auto answer = problem(status, "", shown);  // for its headers
    answer.body = dump(nlohmann::json(shown));
    answer.set("Content-Type", "application/json");
    return answer;
}

http::Response error_at(std::string_view path, const Error& error, std::string_view request_id)
{
    if (!is_alertmanager_path(path)) return problem(error, instance_of(request_id));
    const auto kind = kind_of(error);
    if (error.code() == ErrorCode::internal) return bare_error(kind.status, "The error was logged.");
    // 422 is no status of Alertmanager's API: what cannot be right is 400 there.
    return bare_error(kind.status == 422 ? 400 : kind.status, explained(error));
}

http::Response error_at(std::string_view path, int status, std::string_view code, std::string_view detail,
                        std::string_view request_id)
{
    if (is_alertmanager_path(path)) return bare_error(status, detail);
    return problem(status, code, detail, {}, request_id.empty() ? std::string() : instance_of(request_id));
}

}  // namespace winnow::api
