#include "api/rest/json_body.hpp"
#include "api/rest/resource.hpp"
#include "api/rest/route.hpp"
#include "api/signin/steps.hpp"
#include "api/tenants/invite.hpp"
#include "api/tenants/user_json.hpp"
#include "winnow/ports/access/directory_store.hpp"
#include "winnow/ports/settings_store.hpp"
#include "winnow/ports/signin/oidc_store.hpp"

namespace winnow::api {
namespace {

using http::Response;
using ports::TenantSession;
using ports::User;
using signin::UserState;

Result<User> locked_user(const Call& call, TenantSession& session)
{
    const auto id = call.id<UserId>();
    if (!id) return id.error();
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    return session.users().find(*id);
}

Error not_in(UserState state, std::string_view what)
{
    return {ErrorCode::conflict, "a user who is " + std::string(to_string(state)) + " " + std::string(what)};
}

Result<Response> invite_user(const Call& call, TenantSession& session)
{
    const auto user = locked_user(call, session);
    if (!user) return user.error();
    auto document =
        call.request.body.empty() ? Result<nlohmann::json>(nlohmann::json::object()) : read_object(call.request);
    if (!document) return document.error();
    const auto provider = take_provider(session, *document);
    if (!provider) return provider.error();
    FieldReader fields(*document);
    if (const auto read = fields.finish(); !read) return read.error();
    if (user->state() != UserState::invited) return not_in(user->state(), "is not invited anew");
    if (const auto invited = invite(call, session, *user, *provider); !invited) return invited.error();
    return Response(202);
}

/// Admins begin it, and never choose a password. Also for who has had none so far.
Result<Response> reset_password(const Call& call, TenantSession& session)
{
    const auto user = locked_user(call, session);
    if (!user) return user.error();
    if (user->state() != UserState::active) return not_in(user->state(), "can set no password");
    const auto mailed = mail_link(call, session, *user, signin::LinkPurpose::reset, signin::MailKind::password_reset);
    if (!mailed) return mailed.error();
    return Response(202);
}

Result<Response> reset_mfa(const Call& call, TenantSession& session)
{
    const auto user = locked_user(call, session);
    if (!user) return user.error();
    if (user->id == call.who.user) {
        return Error(ErrorCode::permission_denied, "another admin does that; your own factors stand under /api/v1/me");
    }
    if (user->state() != UserState::active) return not_in(user->state(), "has no factors to lose");
    const auto mailed = mail_link(call, session, *user, signin::LinkPurpose::mfa_reset, signin::MailKind::mfa_reset);
    if (!mailed) return mailed.error();
    return Response(202);
}

Result<Response> end_sessions(const Call& call, TenantSession& session)
{
    const auto user = locked_user(call, session);
    if (!user) return user.error();
    const auto ended = session.sessions().end_all(user->id, std::nullopt, signin::Ending::by_admin);
    if (!ended) return ended.error();
    return no_content();
}

/// What is left is an id, by which records of what was done can be told apart.
Result<Response> delete_user(const Call& call, TenantSession& session)
{
    auto user = locked_user(call, session);
    if (!user) return user.error();
    const auto next = signin::next(user->state(), signin::UserEvent::remove);
    if (!next) return next.error();
    if (const auto ended = end_access(session, user->id, signin::Ending::user_deleted); !ended) return ended.error();
    if (const auto forgotten = session.factors().forget(user->id); !forgotten) return forgotten.error();
    if (const auto unlinked = session.oidc().unlink(user->id); !unlinked) return unlinked.error();
    if (const auto forgotten = session.directory().forget(user->id); !forgotten) return forgotten.error();
    user->email = user->id.str() + "@deleted.invalid";
    user->name = "former user";
    user->active = false;
    user->invited = false;
    user->deleted_at = call.now;
    user->updated_at = call.now;
    ++user->version;
    if (const auto stored = session.users().update(*user); !stored) return stored.error();
    return no_content();
}

}  // namespace

std::vector<Route> user_life_routes()
{
    using enum access::Permission;
    return {
        {"POST", "/api/v1/users/{id}/invite", write_users, "inviteUser", invite_user},
        {"POST", "/api/v1/users/{id}/reset-password", write_users, "resetUserPassword", reset_password},
        {"POST", "/api/v1/users/{id}/reset-mfa", write_users, "resetUserMfa", reset_mfa},
        that_ends_access({"POST", "/api/v1/users/{id}/end-sessions", write_users, "endUserSessions", end_sessions}),
        that_ends_access({"POST", "/api/v1/users/{id}/delete", write_users, "deleteUser", delete_user}),
    };
}

}  // namespace winnow::api
