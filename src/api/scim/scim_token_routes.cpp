#include "api/quotas/quotas.hpp"
#include "api/rest/json_body.hpp"
#include "api/rest/parameters.hpp"
#include "api/rest/resource.hpp"
#include "api/rest/respond.hpp"
#include "api/rest/route.hpp"
#include "api/tenants/key_fields.hpp"
#include "api/tenants/notices.hpp"
#include "winnow/identity/authenticator.hpp"
#include "winnow/ports/access/directory_store.hpp"
#include "winnow/ports/settings_store.hpp"

#include <string>
#include <utility>
#include <vector>

namespace winnow::api {
namespace {

using http::Response;
using nlohmann::json;
using ports::ScimToken;
using ports::ScimTokenId;
using ports::TenantSession;

constexpr std::size_t kMaxTokens = 4;  // an old and a new one, of two directories

json token_json(const ScimToken& token)
{
    return {{"id", token.id.str()},
            {"name", token.name},
            {"hint", token.hint},
            {"role", to_string(token.role)},
            {"networks", networks_json(token.networks)},
            {"created_at", format_rfc3339(token.created_at)},
            {"created_by", token.created_by},
            {"expires_at", format_rfc3339(token.expires_at)}};
}

/// For whoever may take them away.
Result<Response> list_tokens(const Call& call, TenantSession& session)
{
    if (!access::allows_if_active(call.who, access::Permission::write_users)) {
        return Error(ErrorCode::permission_denied, "only an admin sees the tokens of the tenant's directory");
    }
    const auto& head = call.request.head;
    if (const auto known = only_parameters(head, {"limit", "cursor"}); !known) return known.error();
    const auto page = id_page<ScimTokenId>(head);
    if (!page) return page.error();
    return id_page_response(
        head, *page, [&](const auto& after, std::size_t most) { return session.directory().page_tokens(after, most); },
        token_json);
}

/// A directory makes no admins: who administers is for people to say.
Result<ScimToken> read_token(const Call& call, const json& document)
{
    ScimToken token;
    FieldReader fields(document);
    token.name = fields.text("name", {0, 200}).value_or("");
    const auto role = fields.word("role", {"viewer", "operator", "auditor"}).value_or("viewer");
    token.role = access::parse_role(role).value_or(access::Role::viewer);
    token.networks = read_key_networks(fields, call.who);
    token.expires_at = read_expiry(fields, call.now);
    token.created_at = call.now;
    token.created_by = call.who.actor();
    if (const auto read = fields.finish(); !read) return read.error();
    return token;
}

Result<Response> create_token(const Call& call, TenantSession& session)
{
    const auto document = read_object(call.request);
    if (!document) return document.error();
    auto token = read_token(call, *document);
    if (!token) return token.error();
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    if (const auto room = below_limit(session.directory().count_tokens(), kMaxTokens, "SCIM tokens"); !room) {
        return room.error();
    }
    if (const auto room = has_room(call, session, domain::Quota::keys); !room) return room.error();
    const auto made = identity::make_key(access::CredentialKind::directory);
    token->id = ScimTokenId(call.services.new_id());
    token->hint = made.hint;
    if (const auto stored = session.directory().add_token(*token, made.hash); !stored) return stored.error();
    if (const auto told = tell_of_key(call, session, call.who.user); !told) return told.error();
    auto answer = token_json(*token);
    answer["secret"] = made.secret;
    return with_secret(json_response(201, answer));
}

Result<Response> delete_token(const Call& call, TenantSession& session)
{
    const auto id = call.id<ScimTokenId>();
    if (!id) return id.error();
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    if (const auto found = session.directory().find_token(*id); !found) return found.error();
    if (const auto revoked = session.directory().revoke_token(*id); !revoked) return revoked.error();
    return no_content();
}

}  // namespace

std::vector<Route> scim_token_routes()
{
    using enum access::Permission;
    return {
        {"GET", "/api/v1/scim-tokens", read_users, "listScimTokens", list_tokens},
        {"POST", "/api/v1/scim-tokens", write_users, "createScimToken", create_token},
        that_ends_access({"DELETE", "/api/v1/scim-tokens/{id}", write_users, "deleteScimToken", delete_token}),
    };
}

}  // namespace winnow::api
