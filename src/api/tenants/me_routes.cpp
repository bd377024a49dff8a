#include "api/rest/json_body.hpp"
#include "api/rest/parameters.hpp"
#include "api/rest/problem.hpp"
#include "api/rest/resource.hpp"
#include "api/rest/respond.hpp"
#include "api/rest/route.hpp"
#include "api/signin/recovery_codes.hpp"
#include "api/signin/steps.hpp"
#include "api/tenants/key_fields.hpp"
#include "api/tenants/management_group_fields.hpp"
#include "api/tenants/user_json.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/domain/mailbox.hpp"
#include "winnow/ports/settings_store.hpp"
#include "winnow/ports/signin/link_store.hpp"
#include "winnow/ports/signin/throttle_store.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

namespace winnow::api {
namespace {

using http::Response;
using nlohmann::json;
using ports::TenantSession;

Result<Response> get_me(const Call& call, TenantSession& session)
{
    const auto user = session.users().find(call.who.user);
    if (!user) return user.error();
    auto permissions = json::array();
    for (const auto permission : access::all_permissions()) {
        if (permission == access::Permission::open || !access::allows(call.who, permission)) continue;
        permissions.push_back(to_string(permission));
    }
    auto answer = user_json(*user);
    answer["tenant"] = {{"id", call.who.tenant.str()},
                        {"service_code", call.who.service_code},
                        {"suspended", call.who.tenant_suspended}};
    answer["management_group_ids"] = groups_json(call.who.groups);
    answer["permissions"] = std::move(permissions);
    answer["second_factor"] = call.who.second_factor;
    return shown(call, answer, user->version);
}

Result<Response> change_me(const Call& call, TenantSession& session)
{
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    auto user = session.users().find(call.who.user);
    if (!user) return user.error();
    if (const auto fresh = check_if_match(call.request.head, user->version); !fresh) return fresh.error();
    const auto document = wanted_document(call, {{"name", user->name}, {"locale", to_string(user->locale)}});
    if (!document) return document.error();
    FieldReader fields(*document);
    user->name = fields.text("name", {1, 200}, Need::required).value_or("");
    user->locale = read_locale(fields);
    if (const auto read = fields.finish(); !read) return read.error();
    ++user->version;
    user->updated_at = call.now;
    if (const auto stored = session.users().update(*user); !stored) return stored.error();
    return versioned(user_json(*user), user->version);
}

/// Five times an hour: what is mailed goes to an address that nobody has confirmed. nullopt: once more is counted.
Result<std::optional<std::chrono::milliseconds>> too_often(UserId user, TenantSession& session, Timestamp now)
{
    using Held = std::optional<std::chrono::milliseconds>;
    using signin::Throttled;
    auto& throttles = session.throttles();
    const auto bucket = crypto::sha256("email_change:" + user.str());
    const auto before = throttles.lock(Throttled::request, bucket);
    if (!before) return before.error();
    if (const auto held = signin::held_for(Throttled::request, *before, now)) return Held(held);
    const auto counted = signin::count(Throttled::request, *before, now);
    const auto kept = throttles.keep(Throttled::request, bucket, counted.bucket, now);
    return kept ? Result<Held>(Held()) : kept.error();
}

/// Until the new address was confirmed by the link that goes there the old one stays; the other link stops it.
Result<Response> ask_for_address(const Call& call, TenantSession& session)
{
    const auto document = read_object(call.request);
    if (!document) return document.error();
    FieldReader fields(*document);
    const auto email = fields.text("email", {3, domain::kMaxMailbox}, Need::required).value_or("");
    if (auto wrong = domain::mailbox_problem(email); !email.empty() && !wrong.empty()) {
        fields.error("email", std::move(wrong));
    }
    if (const auto read = fields.finish(); !read) return read.error();
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    const auto user = session.users().find(call.who.user);
    if (!user) return user.error();
    const auto now = session.throttles().now();
    if (!now) return now.error();
    const auto held = too_often(user->id, session, *now);
    if (!held) return held.error();
    if (*held) {
        auto response = problem(429, "rate_limited", "another address was asked for five times within an hour", {},
                                instance_of(call.request.head.request_id));
        response.set("Retry-After", std::to_string(std::chrono::ceil<std::chrono::seconds>(**held).count()));
        return response;
    }
    using signin::LinkPurpose;
    using signin::MailKind;
    const auto source = source_of(call.request.head);
    for (const auto& [purpose, kind, to] :
         {std::tuple{LinkPurpose::email_change, MailKind::email_change, email},
          std::tuple{LinkPurpose::email_stop, MailKind::email_change_notice, user->email}}) {
        const auto token = crypto::make_token();
        const ports::MailedLink link{.purpose = purpose,
                                     .id = call.services.new_id(),
                                     .user = user->id,
                                     .subject = email,
                                     .expires_at = *now + signin::life_of(purpose)};
        if (const auto added = session.links().add(link, token.hash); !added) return added.error();
        const auto owed = owe_mail(*call.services.sealing, call.services.new_id(), session, *user, kind, source, *now,
                                   token.text, to);
        if (!owed) return owed.error();
    }
    return Response(202);
}

Result<Response> list_factors(const Call& call, TenantSession& session)
{
    if (const auto whole = is_not_limited(call.who); !whole) return whole.error();
    if (const auto known = only_parameters(call.request.head, {}); !known) return known.error();
    const auto factors = session.factors().totp(call.who.user);
    if (!factors) return factors.error();
    const auto left = session.factors().recovery_codes_left(call.who.user);
    if (!left) return left.error();
    auto items = json::array();
    for (const auto& factor : *factors) {
        items.push_back({{"id", factor.id.str()},
                         {"kind", "totp"},
                         {"state", to_string(factor.state)},
                         {"created_at", format_rfc3339(factor.created_at)},
                         {"used_at", time_json(factor.used_at)}});
    }
    return json_response(200, {{"items", std::move(items)}, {"recovery_codes_left", *left}});
}

/// Tells the user by mail, and ends all other sessions.
Result<Done> factors_changed(const Call& call, TenantSession& session)
{
    const auto user = session.users().find(call.who.user);
    if (!user) return user.error();
    const auto ended = end_access(session, user->id, signin::Ending::factor_changed, call.who.session);
    if (!ended) return ended.error();
    return owe_mail(*call.services.sealing, call.services.new_id(), session, *user, signin::MailKind::factor_changed,
                    source_of(call.request.head), call.now);
}

Result<Response> delete_factor(const Call& call, TenantSession& session)
{
    const auto id = call.id<FactorId>();
    if (!id) return id.error();
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    const auto factors = session.factors().totp(call.who.user);
    if (!factors) return factors.error();
    if (std::ranges::find(*factors, *id, &ports::TotpFactor::id) == factors->end()) {
        return Error(ErrorCode::not_found, "there is no such factor");
    }
    if (const auto revoked = session.factors().revoke(*id); !revoked) return revoked.error();
    if (const auto told = factors_changed(call, session); !told) return told.error();
    return no_content();
}

Result<Response> make_recovery_codes(const Call& call, TenantSession& session)
{
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    const auto user = session.users().find(call.who.user);
    if (!user) return user.error();
    if (!user->has_factor) return Error(ErrorCode::conflict, "set up one-time codes first: POST /api/v1/me/factors");
    auto codes = new_recovery_codes(session, user->id, call.services.new_id);
    if (!codes) return codes.error();
    if (const auto told = factors_changed(call, session); !told) return told.error();
    return with_secret(json_response(201, {{"recovery_codes", *std::move(codes)}}));
}

json session_json(const ports::UserSession& session, SessionId own)
{
    return {{"id", session.id.str()},
            {"current", session.id == own},
            {"created_at", format_rfc3339(session.created_at)},
            {"last_seen_at", format_rfc3339(session.last_seen_at)},
            {"expires_at", format_rfc3339(session.expires_at)},
            {"source", text_or_null(session.source)},
            {"user_agent", text_or_null(session.user_agent)},
            {"amr", session.amr}};
}

Result<Response> list_sessions(const Call& call, TenantSession& session)
{
    if (const auto whole = is_not_limited(call.who); !whole) return whole.error();
    if (const auto known = only_parameters(call.request.head, {}); !known) return known.error();
    const auto sessions = session.sessions().of_user(call.who.user);
    if (!sessions) return sessions.error();
    auto items = json::array();
    for (const auto& each : *sessions) {
        if (each.state == signin::SignInState::active) items.push_back(session_json(each, call.who.session));
    }
    return json_response(200, {{"items", std::move(items)}});
}

Result<Response> end_session(const Call& call, TenantSession& session)
{
    const auto id = call.id<SessionId>();
    if (!id) return id.error();
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    const auto found = session.sessions().find(*id);
    // Whether another user has such a session is none of the caller's business.
    if (!found || found->user != call.who.user) return Error(ErrorCode::not_found, "there is no such session");
    if (const auto ended = session.sessions().end(*id, signin::Ending::by_user); !ended) return ended.error();
    return no_content();
}

Result<Response> end_other_sessions(const Call& call, TenantSession& session)
{
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    const auto own = call.who.session.is_nil() ? std::nullopt : std::optional(call.who.session);
    const auto ended = session.sessions().end_all(call.who.user, own, signin::Ending::by_user);
    if (!ended) return ended.error();
    return no_content();
}

}  // namespace

std::vector<Route> me_routes()
{
    using enum access::Permission;
    return {
        {"GET", "/api/v1/me", read_own_profile, "getMe", get_me},
        {"PATCH", "/api/v1/me", write_own_profile, "updateMe", change_me},
        {"POST", "/api/v1/me/email", write_own_factors, "requestEmailChange", ask_for_address},
        {"GET", "/api/v1/me/factors", read_own_profile, "listFactors", list_factors},
        {"DELETE", "/api/v1/me/factors/{id}", write_own_factors, "deleteFactor", delete_factor},
        {"POST", "/api/v1/me/recovery-codes", write_own_factors, "createRecoveryCodes", make_recovery_codes},
        {"GET", "/api/v1/me/sessions", read_own_profile, "listSessions", list_sessions},
        that_ends_access({"DELETE", "/api/v1/me/sessions", write_own_profile, "endOtherSessions", end_other_sessions}),
        that_ends_access({"DELETE", "/api/v1/me/sessions/{id}", write_own_profile, "endSession", end_session}),
    };
}

}  // namespace winnow::api
