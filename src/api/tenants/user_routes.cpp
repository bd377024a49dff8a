#include "api/quotas/quotas.hpp"
#include "api/rest/json_body.hpp"
#include "api/rest/parameters.hpp"
#include "api/rest/problem.hpp"
#include "api/rest/resource.hpp"
#include "api/rest/route.hpp"
#include "api/tenants/invite.hpp"
#include "api/tenants/key_fields.hpp"
#include "api/tenants/management_group_fields.hpp"
#include "api/tenants/notices.hpp"
#include "api/tenants/user_change.hpp"
#include "api/tenants/user_json.hpp"
#include "winnow/identity/authenticator.hpp"
#include "winnow/ports/settings_store.hpp"
#include "winnow/ports/user_store.hpp"

#include <string>
#include <utility>
#include <vector>

namespace winnow::api {
namespace {

using http::Response;
using nlohmann::json;
using ports::ApiKey;
using ports::TenantSession;
using ports::User;

constexpr std::size_t kMaxKeysPerUser = 20;

/// Also in a suspended tenant, where it takes access away: the routes that give any are refused before.
bool administers_users(const Call& call)
{
    return access::allows_if_active(call.who, access::Permission::write_users);
}

/// How much of a user the caller sees.
json user_json_to(const Call& call, const User& user)
{
    const bool whole = administers_users(call) || user.id == call.who.user;
    return whole ? user_json(user) : user_json_for_others(user);
}

Result<Response> list_users(const Call& call, TenantSession& session)
{
    const auto& head = call.request.head;
    if (const auto known = only_parameters(head, {"limit", "cursor"}); !known) return known.error();
    const auto page = id_page<UserId>(head);
    if (!page) return page.error();
    return id_page_response(
        head, *page, [&](const auto& after, std::size_t most) { return session.users().page(after, most); },
        [&](const User& user) { return user_json_to(call, user); });
}

Result<Response> get_user(const Call& call, TenantSession& session)
{
    const auto id = call.id<UserId>();
    if (!id) return id.error();
    const auto user = session.users().find(*id);
    if (!user) return user.error();
    return shown(call, user_json_to(call, *user), user->version);
}

Result<Response> create_user(const Call& call, TenantSession& session)
{
    auto document = read_object(call.request);
    if (!document) return document.error();
    const auto provider = take_provider(session, *document);
    if (!provider) return provider.error();
    auto user = read_user(*document);
    if (!user) return user.error();
    if (*provider && !user->invited) return field_error("/oidc_provider_id", "is only for who is created as invited");
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    if (const auto known = are_groups(session, user->groups); !known) return known.error();
    if (const auto room = has_room(call, session, domain::Quota::users); !room) return room.error();
    user->id = UserId(call.services.new_id());
    user->created_at = call.now;
    user->updated_at = call.now;
    if (const auto stored = session.users().insert(*user); !stored) return stored.error();
    if (user->invited) {
        if (const auto invited = invite(call, session, *user, *provider); !invited) return invited.error();
        user = session.users().find(user->id);  // with the invitation
        if (!user) return user.error();
    }
    return created("/api/v1/users/" + user->id.str(), user_json(*user), user->version);
}

/// Locks, finds, and checks If-Match.
Result<User> locked_user(const Call& call, TenantSession& session)
{
    const auto id = call.id<UserId>();
    if (!id) return id.error();
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    auto user = session.users().find(*id);
    if (!user) return user;
    if (const auto fresh = check_if_match(call.request.head, user->version); !fresh) return fresh.error();
    return user;
}

Result<Response> change_user(const Call& call, TenantSession& session)
{
    const auto current = locked_user(call, session);
    if (!current) return current.error();
    const auto document = wanted_document(call, user_json(*current));
    if (!document) return document.error();
    const auto wanted = read_user(*document);
    if (!wanted) return wanted.error();
    if (!access::same_groups(current->groups, wanted->groups)) {
        if (const auto known = are_groups(session, wanted->groups); !known) return known.error();
    }
    const auto stored = replace_user(call, session, *current, *wanted);
    if (!stored) return stored.error();
    return versioned(user_json(*stored), stored->version);
}

/// Users are not erased here: tickets and histories name them.
Result<Response> disable_user(const Call& call, TenantSession& session)
{
    const auto current = locked_user(call, session);
    if (!current) return current.error();
    auto disabled = *current;
    disabled.active = false;
    if (current->state() == signin::UserState::invited) {
        return Error(ErrorCode::conflict, "this user has not come yet: POST /api/v1/users/{id}/delete takes it away");
    }
    if (const auto stored = replace_user(call, session, *current, disabled); !stored) return stored.error();
    return no_content();
}

bool may_see_keys_of(const Call& call, UserId user)
{
    return user == call.who.user || administers_users(call);
}

/// Keys of the caller, or of the user that an admin asks for.
Result<Response> list_keys(const Call& call, TenantSession& session)
{
    if (const auto whole = is_not_limited(call.who); !whole) return whole.error();
    const auto& head = call.request.head;
    if (const auto known = only_parameters(head, {"user_id", "limit", "cursor"}); !known) return known.error();
    const auto page = id_page<ApiKeyId>(head);
    if (!page) return page.error();
    const auto asked = id_parameter<UserId>(head, "user_id");
    if (!asked) return asked.error();
    const auto user = asked->value_or(call.who.user);
    if (!may_see_keys_of(call, user)) {
        return Error(ErrorCode::permission_denied, "only an admin sees other users' keys");
    }
    if (const auto found = session.users().find(user); !found) return found.error();
    return id_page_response(
        head, *page, [&](const auto& after, std::size_t most) { return session.users().page_keys(user, after, most); },
        api_key_json);
}

Result<ApiKey> read_key(const Call& call, const json& document)
{
    ApiKey key;
    FieldReader fields(document);
    key.name = fields.text("name", {0, 200}).value_or("");
    key.user_id = fields.id<UserId>("user_id").value_or(call.who.user);
    key.scopes = read_scopes(fields);
    key.networks = read_key_networks(fields, call.who);
    key.groups = read_groups(fields);
    key.expires_at = read_expiry(fields, call.now);
    key.created_by = call.who.actor();
    if (const auto read = fields.finish(); !read) return read.error();
    return key;
}

/// Whether the key's user is there, may log in and may do what the key is to, and has room for another key.
Result<Done> may_get_key(const Call& call, TenantSession& session, const ApiKey& key)
{
    if (const auto known = are_groups(session, key.groups); !known) return known;
    const auto user = session.users().find(key.user_id);
    if (!user && user.error().code() == ErrorCode::not_found) {
        return field_error("/user_id", "there is no user " + key.user_id.str());
    }
    if (!user) return user.error();
    if (!user->active) {
        return Error(ErrorCode::conflict, "this user is " + std::string(to_string(user->state())) +
                                              (user->invited ? ", and has not come yet" : ""));
    }
    if (const auto beyond = beyond_role(key.scopes, user->role)) {
        return field_error("/scopes", "holds " + std::string(to_string(*beyond)) + ", which this user's role, " +
                                          std::string(to_string(user->role)) +
                                          ", does not have: " + access::roles_with(*beyond) + " has it");
    }
    const auto of_user = below_limit(session.users().count_keys(key.user_id), kMaxKeysPerUser, "keys of this user");
    return of_user ? has_room(call, session, domain::Quota::keys) : of_user;
}

Result<Response> create_key(const Call& call, TenantSession& session)
{
    const auto document = read_object(call.request);
    if (!document) return document.error();
    auto key = read_key(call, *document);
    if (!key) return key.error();
    if (!may_see_keys_of(call, key->user_id)) {
        return Error(ErrorCode::permission_denied, "only an admin makes keys for other users");
    }
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    if (const auto allowed = may_get_key(call, session, *key); !allowed) return allowed.error();
    key->groups = access::both_of(call.who.groups, key->groups);  // no key makes one that sees more
    const auto made = identity::make_key(access::CredentialKind::user_key);
    key->id = ApiKeyId(call.services.new_id());
    key->hint = made.hint;
    key->created_at = call.now;
    if (const auto stored = session.users().add_key(*key, made.hash); !stored) return stored.error();
    if (const auto told = tell_of_key(call, session, key->user_id); !told) return told.error();
    auto answer = api_key_json(*key);
    answer["secret"] = made.secret;
    return with_secret(json_response(201, answer));
}

Result<Response> delete_key(const Call& call, TenantSession& session)
{
    const auto id = call.id<ApiKeyId>();
    if (!id) return id.error();
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    const auto key = session.users().find_key(*id);
    if (!key) return key.error();
    // Whether another user has such a key is none of the caller's business.
    if (!may_see_keys_of(call, key->user_id)) return Error(ErrorCode::not_found, "there is no such key");
    if (const auto revoked = session.users().revoke_key(*id); !revoked) return revoked.error();
    return no_content();
}

}  // namespace

std::vector<Route> user_routes()
{
    using enum access::Permission;
    return {
        {"GET", "/api/v1/users", read_users, "listUsers", list_users},
        {"POST", "/api/v1/users", write_users, "createUser", create_user},
        {"GET", "/api/v1/users/{id}", read_users, "getUser", get_user},
        {"PATCH", "/api/v1/users/{id}", write_users, "updateUser", change_user},
        that_ends_access({"DELETE", "/api/v1/users/{id}", write_users, "disableUser", disable_user}),
        {"GET", "/api/v1/api-keys", read_own_profile, "listApiKeys", list_keys},
        {"POST", "/api/v1/api-keys", write_own_keys, "createApiKey", create_key},
        that_ends_access({"DELETE", "/api/v1/api-keys/{id}", write_own_keys, "deleteApiKey", delete_key}),
    };
}

}  // namespace winnow::api
