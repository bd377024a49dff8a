#include "api/signin/session_door.hpp"

#include "api/rest/json_body.hpp"
#include "api/rest/parameters.hpp"
#include "api/rest/problem.hpp"
#include "api/rest/rate_answer.hpp"
#include "api/rest/refusal.hpp"
#include "api/signin/cookies.hpp"
#include "winnow/signin/second_factor.hpp"

#include <algorithm>
#include <utility>

namespace winnow::api {

namespace {

constexpr std::string_view kSessionRoot = "/api/v1/";

http::Response two_credentials(std::string_view detail, const http::RequestHead& head)
{
    return problem(400, "two_credentials", detail, {}, instance_of(head.request_id));
}

http::Response cross_site_refusal(const std::string& why, const http::RequestHead& head)
{
    return problem(403, "cross_site", why, {}, instance_of(head.request_id));
}

bool shows_key(const http::RequestHead& head)
{
    return !head.header("Authorization").empty() || !head.header("X-Api-Key").empty();
}

}  // namespace

FlowGate::FlowGate(const std::optional<SignInParts>& parts, ports::TenantDatabase& database, ports::Sealing& sealing,
                   const domain::TenantLimits& limits, std::shared_ptr<Rates> rates, std::function<Timestamp()> clock,
                   std::function<Uuid()> new_id)
    : origin_(parts ? origin_of(parts->public_url) : ""),
      rates_(std::move(rates)),
      parts_(parts ? std::make_shared<const FlowParts>(*parts, database, sealing, limits, rates_, std::move(clock),
                                                       std::move(new_id))
                   : nullptr)
{
}

FlowGate::~FlowGate()
{
    if (parts_) parts_->close();
}

std::optional<http::Response> FlowGate::read_shown(const http::RequestHead& head, std::string_view path_token,
                                                   const intake::Sender* sender, Shown& shown) const
{
    auto cookie = head.path.starts_with(kSessionRoot) ? cookie_of(head, kSessionCookie) : std::nullopt;
    if (!cookie) {
        if (path_token.empty() && shows_two_keys(head, sender)) {
            return api::refusal(sender, 400, "two_credentials",
                                "Authorization and X-Api-Key hold different keys: send one", head.request_id);
        }
        shown = {.secret = credential_of(head, path_token, sender), .is_session = false};
        return std::nullopt;
    }
    if (shows_key(head) || !path_token.empty()) {
        return two_credentials("a session's cookie and a key came at once: send one of them", head);
    }
    if (is_ambiguous(head, kSessionCookie)) return two_credentials("the session's cookie stands twice", head);
    if (is_unsafe(head.method)) {
        if (const auto why = cross_site(head, origin_)) return cross_site_refusal(*why, head);
    }
    shown = {.secret = *std::move(cookie), .is_session = true};
    return std::nullopt;
}

std::optional<http::Response> step_up_refusal(const access::Principal& who, access::Permission permission,
                                              Timestamp now, std::string_view request_id)
{
    // The database's clock may be a little ahead of ours.
    constexpr std::chrono::seconds kAhead{5};
    const bool is_just_now = who.authenticated_at > now && who.authenticated_at - now < kAhead;
    if (!signin::needs_step_up(who, permission, is_just_now ? who.authenticated_at : now)) return std::nullopt;
    return step_up_required(who, request_id);
}

bool FlowGate::takes(const Route& route, const http::RequestHead& head)
{
    return route.permission == access::Permission::open || cookie_of(head, kSessionCookie).has_value();
}

std::optional<http::Response> FlowGate::refusal(const http::RequestHead& head) const
{
    if (is_unsafe(head.method)) {
        if (shows_key(head)) return two_credentials("who signs in shows no key: leave Authorization out", head);
        if (const auto why = cross_site(head, origin_)) return cross_site_refusal(*why, head);
    }
    const auto fast = rates_->sign_in_refusal(head.remote_address);
    return fast ? std::optional(rate_refusal(*fast, {}, head.request_id)) : std::nullopt;
}

void FlowGate::run(const RouteEntry& entry, const PathParameters& parameters, const access::Principal& who,
                   http::Request request, http::ResponseSink sink, Recorder recorder) const
{
    const auto id = request.head.request_id;
    const auto refuse = [&](const Error& error) {
        sink(problem(error, instance_of(id)));
    };
    if (!parts_ || parts_->under_way >= kMostFlows) {
        return refuse(Error(ErrorCode::unavailable, "too many people are signing in at this moment; try again"));
    }
    if (const auto text = only_text(request.head, parameters); !text) return refuse(text.error());
    auto document = request.body.empty() ? Result<nlohmann::json>(nlohmann::json::object()) : read_object(request);
    crypto::cleanse(request.body);  // it may hold a password
    if (!document) return refuse(document.error());
    auto started = std::make_shared<Flow>(parts_, entry.route, std::move(request), http::ResponseSink());
    if (!parameters.empty()) started->parameter = parameters.front().second;
    started->who = who;
    started->document = *std::move(document);
    started->sink = std::move(sink);
    started->recorder = std::move(recorder);
    entry.flow(started);
}

}  // namespace winnow::api
