#include "api/entrance.hpp"

#include "api/calls/rate_class.hpp"
#include "api/rates/ingest_bill.hpp"
#include "api/rest/rate_answer.hpp"
#include "api/signin/cookies.hpp"
#include "api/signin/session_door.hpp"
#include "winnow/observe/log.hpp"

#include <chrono>
#include <utility>

namespace winnow::api {

namespace {

using domain::RateClass;
using http::RequestHead;
using http::Response;

/// Of whom it is not known who he is.
Response nobody(const Entrance& entrance, const Admitted& admitted, const Error& why, const RequestHead& head)
{
    const auto& route = admitted.entry->route;
    const auto& shown = admitted.shown;
    const bool unknown = why.code() == ErrorCode::unauthenticated;
    if (unknown && admitted.asked) entrance.rates->login_failed(head.remote_address);
    if (why.code() == ErrorCode::internal) {
        observe::error("a key could not be looked up", {{"request_id", head.request_id}, {"reason", why.message()}});
    }
    if (unknown && !shown.is_session && !shown.request) {
        entrance.logs.refused.note_key(shown.secret, refused_call(head, route, 401, "unauthenticated"));
    }
    auto told = refusal(route.sender, unknown ? unauthenticated(shown, head) : why, head.request_id);
    const bool of_page = admitted.entry->special == Special::auth || is_of_page(head, shown.is_session);
    if (of_page) ask_for_cookie(told);
    return told;
}

}  // namespace

http::Admission refused(Response response)
{
    http::Admission admission;
    admission.refusal = std::move(response);
    return admission;
}

http::Admission accepted(std::shared_ptr<const Admitted> admitted, const BodyLimit& limit)
{
    http::Admission admission;
    admission.max_body_bytes = limit.bytes;
    admission.body_setting = limit.setting;
    admission.caller = admitted->who.tenant.value();
    admission.attachment = std::move(admitted);
    return admission;
}

Timestamp wall_clock()
{
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

SenderRoute sender_of(const RouteEntry& entry)
{
    return {.sender = entry.route.sender, .path = entry.path};
}

std::string_view token_of(const Admitted& admitted)
{
    for (const auto& [name, value] : admitted.parameters) {
        if (name == "token") return value;
    }
    return "";
}

Response no_route(const Router::Match& match, const http::RequestHead& head)
{
    const auto& id = head.request_id;
    if (match.allowed.empty()) return error_at(head.path, Error(ErrorCode::not_found, "there is no such resource"), id);
    auto response = error_at(head.path, 405, "method_not_allowed", "this resource takes " + match.allowed, id);
    response.set("Allow", match.allowed);
    return response;
}

std::optional<Response> enter(const Entrance& entrance, Admitted& admitted, Result<access::Principal> who,
                              const RequestHead& head, std::size_t longest)
{
    const auto& entry = *admitted.entry;
    const auto& route = entry.route;
    const auto& logs = entrance.logs;
    if (admitted.stopped) return rate_refusal(*admitted.stopped, rate_form(sender_of(entry)), head.request_id);
    if (!who) return nobody(entrance, admitted, who.error(), head);
    if (!access::is_in_place(*who, head.remote_address)) {
        note_refusal(logs, *who, route, head, 403, "address_not_allowed");
        return refusal(route.sender, 403, "address_not_allowed", why_not_from(*who, head.remote_address),
                       head.request_id);
    }
    entrance.uses.note(*who);
    admitted.kind = class_of(entry, head);
    const auto cost = admitted.kind == RateClass::ingest ? units_of_head(head, longest) : 1;
    const auto beside = beside_of(entry, head);
    if (const auto fast = entrance.rates->refusal(*who, admitted.kind, cost, beside)) {
        if (entry.special == Special::none || entry.special == Special::waiting) {
            note_refusal(logs, *who, route, head, 429, "rate_limited");
        }
        return rate_refusal(*fast, rate_form(sender_of(entry)), head.request_id);
    }
    if (const auto why = why_not_asked(*who, route)) {
        note_refusal(logs, *who, route, head, 403, "forbidden");
        return refusal(route.sender, 403, "forbidden", *why, head.request_id);
    }
    if (auto stale = step_up_refusal(*who, route.permission, wall_clock(), head.request_id)) {
        note_refusal(logs, *who, route, head, 403, "step_up_required");
        return stale;
    }
    admitted.who = *std::move(who);
    return std::nullopt;
}

}  // namespace winnow::api
