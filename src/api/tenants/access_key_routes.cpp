#include "api/quotas/quotas.hpp"
#include "api/rest/json_body.hpp"
#include "api/rest/parameters.hpp"
#include "api/rest/resource.hpp"
#include "api/rest/route.hpp"
#include "api/tenants/key_fields.hpp"
#include "api/tenants/notices.hpp"
#include "winnow/crypto/secret_bytes.hpp"
#include "winnow/identity/authenticator.hpp"
#include "winnow/ports/access/access_key_store.hpp"
#include "winnow/ports/integration_store.hpp"
#include "winnow/ports/settings_store.hpp"
#include "winnow/ports/user_store.hpp"

#include <string>
#include <utility>
#include <vector>

namespace winnow::api {
namespace {

using access::Permission;
using http::Response;
using nlohmann::json;
using ports::AccessKey;
using ports::AccessKeyId;
using ports::AccessKeyOwner;
using ports::TenantSession;

constexpr std::size_t kMaxKeysPerOwner = 5;

json access_key_json(const AccessKey& key)
{
    const auto& [user, integration] = key.owner;
    return {{"id", key.id.str()},
            {"access_key", key.access_key},
            {"user_id", user ? json(user->str()) : json(nullptr)},
            {"integration_id", integration ? json(integration->str()) : json(nullptr)},
            {"name", key.name},
            {"networks", networks_json(key.networks)},
            {"created_at", format_rfc3339(key.created_at)},
            {"created_by", key.created_by},
            {"expires_at", format_rfc3339(key.expires_at)},
            {"last_used", time_json(key.last_used)}};
}

bool is_ones_own(const Call& call, const AccessKeyOwner& owner)
{
    return owner.user && *owner.user == call.who.user;
}

/// Users see, make and revoke their own, admins everybody's and those of integrations: in a suspended tenant as well,
/// where the route that makes them is refused before.
bool may_make_for(const Call& call, const AccessKeyOwner& owner)
{
    if (is_ones_own(call, owner)) return true;
    return access::allows_if_active(call.who, owner.user ? Permission::write_users : Permission::write_integrations);
}

/// The keys of the caller, or of the user or the integration that is asked for.
Result<Response> list_access_keys(const Call& call, TenantSession& session)
{
    const auto& head = call.request.head;
    // Those of integrations are for who administers these, by whatever key; those of users for no key that is limited.
    const bool of_integration = head.query_parameter("integration_id").has_value() &&
                                access::allows_if_active(call.who, Permission::write_integrations);
    if (!of_integration) {
        if (const auto whole = is_not_limited(call.who); !whole) return whole.error();
    }
    if (const auto known = only_parameters(head, {"user_id", "integration_id", "limit", "cursor"}); !known) {
        return known.error();
    }
    const auto page = id_page<AccessKeyId>(head);
    if (!page) return page.error();
    const auto user = id_parameter<UserId>(head, "user_id");
    if (!user) return user.error();
    const auto integration = id_parameter<IntegrationId>(head, "integration_id");
    if (!integration) return integration.error();
    if (*user && *integration) {
        return query_error("integration_id", "excludes user_id: an access key has one owner");
    }
    const AccessKeyOwner owner{.user = *integration ? std::nullopt : std::optional(user->value_or(call.who.user)),
                               .integration = *integration};
    if (!may_make_for(call, owner)) {
        return Error(ErrorCode::permission_denied, "only an admin sees the access keys of others");
    }
    if (owner.user) {
        if (const auto found = session.users().find(*owner.user); !found) return found.error();
    } else if (const auto found = session.integrations().find(*owner.integration); !found) {
        return found.error();
    }
    return id_page_response(
        head, *page,
        [&](const auto& after, std::size_t most) { return session.access_keys().page(owner, after, most); },
        access_key_json);
}

Result<AccessKey> read_access_key(const Call& call, const json& document)
{
    AccessKey key;
    FieldReader fields(document);
    key.name = fields.text("name", {0, 200}).value_or("");
    key.owner = {.user = fields.id<UserId>("user_id"), .integration = fields.id<IntegrationId>("integration_id")};
    if (key.owner.user && key.owner.integration) {
        fields.error("integration_id", "leave it out, or leave user_id out: an access key has one owner");
    }
    if (!key.owner.user && !key.owner.integration) key.owner.user = call.who.user;
    key.networks = read_key_networks(fields, call.who);
    key.expires_at = read_expiry(fields, call.now);
    key.created_at = call.now;
    key.created_by = call.who.actor();
    if (const auto read = fields.finish(); !read) return read.error();
    return key;
}

/// Whether the owner is there, may send, and has room for another key.
Result<Done> may_get_key(const Call& call, TenantSession& session, const AccessKeyOwner& owner)
{
    if (owner.user) {
        const auto user = session.users().find(*owner.user);
        if (!user && user.error().code() == ErrorCode::not_found) {
            return field_error("/user_id", "there is no user " + owner.user->str());
        }
        if (!user) return user.error();
        if (!user->active) return Error(ErrorCode::conflict, "this user is disabled");
        // An access key sees all that its user does.
        if (call.who.groups && !access::same_groups(call.who.groups, user->groups)) {
            return Error(
                ErrorCode::permission_denied,
                "this key is narrowed to management groups, and an access key would see all that its user does");
        }
        const auto of_user =
            below_limit(session.access_keys().count(owner), kMaxKeysPerOwner, "access keys of this user");
        return of_user ? has_room(call, session, domain::Quota::keys) : of_user;
    }
    const auto integration = session.integrations().find(*owner.integration);
    if (!integration && integration.error().code() == ErrorCode::not_found) {
        return field_error("/integration_id", "there is no integration " + owner.integration->str());
    }
    if (!integration) return integration.error();
    const auto of_integration =
        below_limit(session.access_keys().count(owner), kMaxKeysPerOwner, "access keys of this integration");
    return of_integration ? has_room(call, session, domain::Quota::keys) : of_integration;
}

Result<Response> create_access_key(const Call& call, TenantSession& session)
{
    const auto document = read_object(call.request);
    if (!document) return document.error();
    auto key = read_access_key(call, *document);
    if (!key) return key.error();
    if (!may_make_for(call, key->owner)) {
        return Error(ErrorCode::permission_denied, "only an admin makes access keys for others");
    }
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    if (const auto allowed = may_get_key(call, session, key->owner); !allowed) return allowed.error();
    auto made = identity::make_access_key();
    key->id = AccessKeyId(call.services.new_id());
    key->access_key = made.access_key;
    const auto sealed = call.services.sealing->seal(ports::access_key_place(session.tenant(), key->id), made.secret);
    if (!sealed) return sealed.error();
    if (const auto stored = session.access_keys().add(*key, *sealed); !stored) return stored.error();
    if (const auto told = tell_of_key(call, session, key->owner.user.value_or(call.who.user)); !told) {
        return told.error();
    }
    auto answer = access_key_json(*key);
    answer["secret"] = made.secret;
    crypto::cleanse(made.secret);
    return with_secret(json_response(201, answer));
}

Result<Response> delete_access_key(const Call& call, TenantSession& session)
{
    const auto id = call.id<AccessKeyId>();
    if (!id) return id.error();
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    const auto key = session.access_keys().find(*id);
    if (!key) return key.error();
    // Whether others have such a key is none of the caller's business.
    if (!may_make_for(call, key->owner)) return Error(ErrorCode::not_found, "there is no such access key");
    if (const auto revoked = session.access_keys().revoke(*id); !revoked) return revoked.error();
    return no_content();
}

}  // namespace

std::vector<Route> access_key_routes()
{
    using enum access::Permission;
    return {
        {"GET", "/api/v1/access-keys", read_own_profile, "listAccessKeys", list_access_keys},
        {"POST", "/api/v1/access-keys", write_own_keys, "createAccessKey", create_access_key},
        that_ends_access({"DELETE", "/api/v1/access-keys/{id}", write_own_keys, "deleteAccessKey", delete_access_key}),
    };
}

}  // namespace winnow::api
