#include "api/quotas/quotas.hpp"
#include "api/rest/json_body.hpp"
#include "api/rest/resource.hpp"
#include "api/rest/respond.hpp"
#include "api/rest/route.hpp"
#include "api/rest/scim_form.hpp"
#include "api/scim/scim_query.hpp"
#include "api/scim/scim_schemas.hpp"
#include "api/scim/scim_user.hpp"
#include "api/tenants/user_change.hpp"
#include "winnow/ports/access/directory_store.hpp"
#include "winnow/ports/settings_store.hpp"
#include "winnow/ports/user_store.hpp"

#include <string>
#include <utility>
#include <vector>

namespace winnow::api {
namespace {

using http::Response;
using nlohmann::json;
using ports::DirectoryUser;
using ports::TenantSession;
using ports::User;

Response scim_response(int status, const json& document)
{
    return {status, std::string(kScimType), dump(document)};
}

/// A user of the directory's.
struct Managed {
    User user;
    DirectoryUser known;
};

/// `not_found` of users whom the directory did not make, or has removed.
Result<Managed> find_managed(TenantSession& session, UserId id)
{
    const auto known = session.directory().find(id);
    if (!known) return known.error();
    if (!*known || (*known)->removed) return Error(ErrorCode::not_found, "there is no such user");
    auto user = session.users().find(id);
    if (!user) return user.error();
    if (user->deleted_at) return Error(ErrorCode::not_found, "there is no such user");
    return Managed{.user = *std::move(user), .known = **known};
}

/// Of the path, with nobody else to change it.
Result<Managed> lock_managed(const Call& call, TenantSession& session)
{
    const auto id = call.id<UserId>();
    if (!id) return id.error();
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    return find_managed(session, *id);
}

/// A list of users, as it was asked for.
Result<Response> users_of(TenantSession& session, const Result<ScimQuery>& query)
{
    if (!query) return query.error();
    const auto count = session.directory().count(query->filter);
    if (!count) return count.error();
    auto found = json::array();
    if (query->count > 0) {
        const auto page = session.directory().page(query->filter, query->skip, query->count);
        if (!page) return page.error();
        for (const auto& known : *page) {
            const auto user = session.users().find(known.id);
            if (!user) return user.error();
            found.push_back(projected(scim_json(*user, known), query->projection));
        }
    }
    auto answer = list_of(std::move(found));
    answer["totalResults"] = *count;
    answer["startIndex"] = query->skip + 1;
    return scim_response(200, answer);
}

Result<Response> list_users(const Call& call, TenantSession& session)
{
    return users_of(session, read_query(call.request.head));
}

/// The same question as a document: some directories ask so, because addresses do not belong into URLs.
Result<Response> search_users(const Call& call, TenantSession& session)
{
    const auto document = read_object(call.request);
    if (!document) return document.error();
    return users_of(session, read_search(*document));
}

Result<Response> get_user(const Call& call, TenantSession& session)
{
    const auto id = call.id<UserId>();
    if (!id) return id.error();
    const auto projection = read_projection(call.request.head);
    if (!projection) return projection.error();
    const auto managed = find_managed(session, *id);
    if (!managed) return managed.error();
    return scim_response(200, projected(scim_json(managed->user, managed->known), *projection));
}

Result<User> disable(const Call& call, TenantSession& session, const User& current)
{
    auto user = current;
    user.active = false;
    return replace_user(call, session, current, std::move(user), signin::Ending::directory);
}

/// What people have made of a user is for people to say: who has a role beyond the token's has no address of the
/// directory's choice, at which a password could be set anew, and who comes back comes back without that role.
Result<User> as_wanted(const Call& call, const User& current, const ScimUser& wanted)
{
    auto user = current;
    const auto is_more = [&] {
        return access::is_beyond(user.role, call.who.role);
    };
    if (!user.active && wanted.active && is_more()) take_role(user, call.who.role);
    if (user.email != wanted.email && is_more()) {
        return Error(ErrorCode::permission_denied,
                     "an admin made this user " + std::string(to_string(user.role)) +
                         ", which the directory's token does not: an admin changes the address, too");
    }
    user.email = wanted.email;
    user.name = wanted.display_name;
    user.active = wanted.active;
    return user;
}

/// Stores both halves of a user. Who is no longer active is signed out, and loses keys and links, as whoever an admin
/// disables. In a suspended tenant that is all that is done, whatever else is wanted.
Result<Managed> change(const Call& call, TenantSession& session, const Managed& current, const ScimUser& wanted)
{
    if (call.who.tenant_suspended) {
        if (wanted.active) return Error(ErrorCode::permission_denied, "the tenant is suspended; ask your provider");
        auto disabled = disable(call, session, current.user);
        if (!disabled) return disabled.error();
        return Managed{.user = *std::move(disabled), .known = current.known};
    }
    auto user = as_wanted(call, current.user, wanted);
    if (!user) return user.error();
    auto stored = replace_user(call, session, current.user, *std::move(user), signin::Ending::directory);
    if (!stored) return stored.error();
    Managed changed{.user = *std::move(stored),
                    .known = {.id = current.user.id, .user_name = wanted.user_name, .external_id = wanted.external_id}};
    if (const auto known = session.directory().put(changed.known); !known) return known.error();
    return changed;
}

Result<Response> changed_response(const Result<Managed>& changed)
{
    if (!changed) return changed.error();
    return scim_response(200, scim_json(changed->user, changed->known));
}

Result<Managed> add_user(const Call& call, TenantSession& session, const ScimUser& wanted)
{
    if (const auto room = has_room(call, session, domain::Quota::users); !room) return room.error();
    Managed made;
    made.user.id = UserId(call.services.new_id());
    made.user.email = wanted.email;
    made.user.name = wanted.display_name;
    made.user.role = call.who.role;
    made.user.active = wanted.active;
    made.user.created_at = call.now;
    made.user.updated_at = call.now;
    made.known = {.id = made.user.id, .user_name = wanted.user_name, .external_id = wanted.external_id};
    if (const auto stored = session.users().insert(made.user); !stored) return stored.error();
    if (const auto known = session.directory().put(made.known); !known) return known.error();
    return made;
}

/// A new one; or whom the directory has removed before, who comes back. Who has the address otherwise is an admin's to
/// tell apart: no directory takes people over.
Result<Managed> add_or_bring_back(const Call& call, TenantSession& session, const ScimUser& wanted)
{
    const auto other = session.users().find_by_email(wanted.email);
    if (!other) return other.error();
    if (!*other) return add_user(call, session, wanted);
    const auto known = session.directory().find((*other)->id);
    if (!known) return known.error();
    if (!*known || !(*known)->removed) {
        return Error(ErrorCode::conflict, "another user already has the address " + wanted.email);
    }
    return change(call, session, {.user = **other, .known = **known}, wanted);
}

Result<Response> create_user(const Call& call, TenantSession& session)
{
    const auto document = read_object(call.request);
    if (!document) return document.error();
    const auto wanted = read_scim_user(*document);
    if (!wanted) return wanted.error();
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    const auto made = add_or_bring_back(call, session, *wanted);
    if (!made) return made.error();
    auto response = scim_response(201, scim_json(made->user, made->known));
    response.set("Location", "/scim/v2/Users/" + made->user.id.str());
    return response;
}

Result<Response> replace_whole(const Call& call, TenantSession& session)
{
    const auto current = lock_managed(call, session);
    if (!current) return current.error();
    const auto document = read_object(call.request);
    if (!document) return document.error();
    const auto wanted = read_scim_user(*document);
    if (!wanted) return wanted.error();
    return changed_response(change(call, session, *current, *wanted));
}

Result<Response> patch_user(const Call& call, TenantSession& session)
{
    const auto current = lock_managed(call, session);
    if (!current) return current.error();
    const auto patch = read_object(call.request);
    if (!patch) return patch.error();
    const auto document = patched(scim_json(current->user, current->known), *patch);
    if (!document) return document.error();
    const auto wanted = read_scim_user(*document);
    if (!wanted) return wanted.error();
    return changed_response(change(call, session, *current, *wanted));
}

/// Tickets and histories name users: who is removed is disabled, and the directory sees no more of him.
Result<Response> remove_user(const Call& call, TenantSession& session)
{
    const auto current = lock_managed(call, session);
    if (!current) return current.error();
    if (const auto disabled = disable(call, session, current->user); !disabled) return disabled.error();
    auto known = current->known;
    known.removed = true;
    if (const auto kept = session.directory().put(known); !kept) return kept.error();
    return no_content();
}

Result<Response> get_config(const Call& /*call*/, TenantSession& /*session*/)
{
    return scim_response(200, service_provider_config());
}

Result<Response> list_resource_types(const Call& /*call*/, TenantSession& /*session*/)
{
    return scim_response(200, list_of(json::array({user_resource_type()})));
}

Result<Response> get_resource_type(const Call& /*call*/, TenantSession& /*session*/)
{
    return scim_response(200, user_resource_type());
}

Result<Response> list_schemas(const Call& /*call*/, TenantSession& /*session*/)
{
    return scim_response(200, list_of(json::array({user_schema()})));
}

Result<Response> get_schema(const Call& /*call*/, TenantSession& /*session*/)
{
    return scim_response(200, user_schema());
}

}  // namespace

std::vector<Route> scim_routes()
{
    constexpr auto kMay = access::Permission::provision_users;
    std::vector<Route> routes{
        {"GET", "/scim/v2/Users", kMay, "listDirectoryUsers", list_users},
        {"POST", "/scim/v2/Users", kMay, "createDirectoryUser", create_user},
        {"POST", "/scim/v2/.search", kMay, "searchDirectory", search_users},
        {"POST", "/scim/v2/Users/.search", kMay, "searchDirectoryUsers", search_users},
        {"GET", "/scim/v2/Users/{id}", kMay, "getDirectoryUser", get_user},
        {"PUT", "/scim/v2/Users/{id}", kMay, "replaceDirectoryUser", replace_whole},
        {"PATCH", "/scim/v2/Users/{id}", kMay, "changeDirectoryUser", patch_user},
        {"DELETE", "/scim/v2/Users/{id}", kMay, "removeDirectoryUser", remove_user},
        {"GET", "/scim/v2/ServiceProviderConfig", kMay, "getScimConfig", get_config},
        {"GET", "/scim/v2/ResourceTypes", kMay, "listScimResourceTypes", list_resource_types},
        {"GET", "/scim/v2/ResourceTypes/User", kMay, "getScimUserResourceType", get_resource_type},
        {"GET", "/scim/v2/Schemas", kMay, "listScimSchemas", list_schemas},
        {"GET", "/scim/v2/Schemas/urn:ietf:params:scim:schemas:core:2.0:User", kMay, "getScimUserSchema", get_schema},
    };
    for (auto& route : routes) {
        route.sender = &scim_form();
        // Directories look for a user before they take away, most by PATCH and PUT: what of these is done in a
        // suspended tenant, says change().
        route.ends_access = route.operation_id != "createDirectoryUser";
    }
    return routes;
}

}  // namespace winnow::api
