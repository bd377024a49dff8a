#include "api/quotas/quotas.hpp"
#include "api/rest/json_body.hpp"
#include "api/rest/resource.hpp"
#include "api/rest/respond.hpp"
#include "api/rest/route.hpp"
#include "api/tenants/key_fields.hpp"
#include "winnow/identity/authenticator.hpp"
#include "winnow/intake/sender.hpp"
#include "winnow/ports/integration_store.hpp"
#include "winnow/ports/settings_store.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow::api {
namespace {

using http::Response;
using nlohmann::json;
using ports::Integration;
using ports::IntegrationKey;
using ports::IntegrationKeyId;
using ports::TenantSession;

constexpr std::size_t kMaxLiveKeys = 2;  // an old and a new one while senders are moved over
constexpr std::chrono::days kLongestOverlap{90};

json key_json(const IntegrationKey& key)
{
    return {{"id", key.id.str()},
            {"hint", key.hint},
            {"networks", networks_json(key.networks)},
            {"created_at", format_rfc3339(key.created_at)},
            {"created_by", text_or_null(key.created_by)},
            {"expires_at", time_json(key.expires_at)},
            {"last_used", time_json(key.last_used)}};
}

json integration_json(const Integration& integration)
{
    auto keys = json::array();
    for (const auto& key : integration.keys) keys.push_back(key_json(key));
    return {{"id", integration.id.str()},
            {"name", integration.name},
            {"description", integration.description},
            {"enabled", integration.enabled},
            {"management_group_id", integration.group ? json(integration.group->str()) : json(nullptr)},
            {"keys", std::move(keys)},
            {"version", integration.version},
            {"created_at", format_rfc3339(integration.created_at)},
            {"updated_at", format_rfc3339(integration.updated_at)}};
}

Result<Integration> read_integration(const json& document)
{
    Integration integration;
    FieldReader fields(document);
    integration.name = fields.text("name", {1, 200}, Need::required).value_or("");
    integration.description = fields.text("description", {0, 4'000}).value_or("");
    integration.enabled = fields.boolean("enabled").value_or(true);
    fields.read_only({"id", "keys", "management_group_id", "version", "created_at", "updated_at"});
    if (const auto read = fields.finish(); !read) return read.error();
    return integration;
}

/// Of each sender where its clients may send with the key in the path.
json urls_json(std::string_view secret)
{
    constexpr std::string_view kToken = "{token}";
    auto urls = json::object();
    for (const auto* sender : intake::senders()) {
        const auto [name, pattern] = intake::keyed_url(*sender);
        if (pattern.empty()) continue;
        std::string url(pattern);
        urls[name] = url.replace(url.find(kToken), kToken.size(), secret);
    }
    return urls;
}

/// A limited key could make one of a sender's that has neither its end nor its networks.
Result<Done> may_make_keys(const Call& call)
{
    if (!call.who.scopes) return Done{};
    return Error(ErrorCode::permission_denied,
                 "a key that is limited to scopes makes no keys, and so no integrations: "
                 "use one without scopes, or sign in");
}

/// Makes and stores a key. The answer holds the secret, which nobody can ask for again.
Result<json> new_key(const Call& call, TenantSession& session, Integration& integration,
                     const std::optional<std::vector<Network>>& networks = {})
{
    if (const auto room = has_room(call, session, domain::Quota::keys); !room) return room.error();
    const auto made = identity::make_key(access::CredentialKind::integration_key);
    const IntegrationKey key{.id = IntegrationKeyId(call.services.new_id()),
                             .hint = made.hint,
                             .networks = networks,
                             .created_at = call.now,
                             .created_by = call.who.actor()};
    if (const auto stored = session.integrations().add_key(integration.id, key, made.hash); !stored) {
        return stored.error();
    }
    integration.keys.push_back(key);
    auto answer = key_json(key);
    answer["secret"] = made.secret;
    answer["urls"] = urls_json(made.secret);
    return answer;
}

Result<Response> list_integrations(const Call& call, TenantSession& session)
{
    const auto& head = call.request.head;
    if (const auto known = only_parameters(head, {"limit", "cursor"}); !known) return known.error();
    const auto page = id_page<IntegrationId>(head);
    if (!page) return page.error();
    return id_page_response(
        head, *page, [&](const auto& after, std::size_t most) { return session.integrations().page(after, most); },
        integration_json);
}

Result<Response> get_integration(const Call& call, TenantSession& session)
{
    const auto id = call.id<IntegrationId>();
    if (!id) return id.error();
    const auto integration = session.integrations().find(*id);
    if (!integration) return integration.error();
    return shown(call, integration_json(*integration), integration->version);
}

Result<Response> create_integration(const Call& call, TenantSession& session)
{
    if (const auto may = may_make_keys(call); !may) return may.error();
    const auto document = read_object(call.request);
    if (!document) return document.error();
    auto integration = read_integration(*document);
    if (!integration) return integration.error();
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    // Both, before the first of them is made, and in the order in which the provider sets them.
    if (const auto room = has_room(call, session, domain::Quota::keys); !room) return room.error();
    if (const auto room = has_room(call, session, domain::Quota::integrations); !room) return room.error();
    integration->id = IntegrationId(call.services.new_id());
    integration->created_at = call.now;
    integration->updated_at = call.now;
    if (const auto stored = session.integrations().insert(*integration); !stored) return stored.error();
    const auto key = new_key(call, session, *integration);
    if (!key) return key.error();
    auto answer = integration_json(*integration);
    answer["key"] = *key;
    return with_secret(created("/api/v1/integrations/" + integration->id.str(), answer, integration->version));
}

/// Locks, finds, and checks If-Match.
Result<Integration> locked_integration(const Call& call, TenantSession& session)
{
    const auto id = call.id<IntegrationId>();
    if (!id) return id.error();
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    auto integration = session.integrations().find(*id);
    if (!integration) return integration;
    if (const auto fresh = check_if_match(call.request.head, integration->version); !fresh) return fresh.error();
    return integration;
}

/// Stores a locked integration as the next version.
Result<Done> store_next(const Call& call, TenantSession& session, Integration& integration)
{
    ++integration.version;
    integration.updated_at = call.now;
    return session.integrations().update(integration);
}

/// PUT and PATCH.
Result<Response> change_integration(const Call& call, TenantSession& session)
{
    auto current = locked_integration(call, session);
    if (!current) return current.error();
    const auto document = wanted_document(call, integration_json(*current));
    if (!document) return document.error();
    const auto wanted = read_integration(*document);
    if (!wanted) return wanted.error();
    current->name = wanted->name;
    current->description = wanted->description;
    current->enabled = wanted->enabled;
    if (const auto stored = store_next(call, session, *current); !stored) return stored.error();
    return versioned(integration_json(*current), current->version);
}

Result<Response> delete_integration(const Call& call, TenantSession& session)
{
    const auto current = locked_integration(call, session);
    if (!current) return current.error();
    if (const auto removed = session.integrations().remove(current->id); !removed) return removed.error();
    return no_content();
}

struct WantedKey {
    std::optional<std::vector<Network>> networks;
    std::optional<std::chrono::milliseconds> overlap;  ///< How long the key that there is goes on; nullopt: for good.
};

Result<WantedKey> read_key(const http::Request& request)
{
    WantedKey wanted;
    if (request.body.empty()) return wanted;
    const auto document = read_object(request);
    if (!document) return document.error();
    FieldReader fields(*document);
    wanted.networks = read_networks(fields);
    wanted.overlap = fields.duration("overlap", std::chrono::milliseconds{0}, kLongestOverlap);
    if (const auto read = fields.finish(); !read) return read.error();
    return wanted;
}

/// Gives the integration's only key its end, if that is wanted; what became of it: null where there is none, or it goes
/// on.
Result<json> end_old_key(const Call& call, TenantSession& session, const Integration& integration,
                         const WantedKey& wanted)
{
    if (!wanted.overlap || integration.keys.empty()) return json(nullptr);
    const auto& old = integration.keys.front();
    const auto end = call.now + *wanted.overlap;
    auto& store = session.integrations();
    // At once is at once, whatever two clocks say.
    const bool at_once = wanted.overlap->count() == 0;
    const auto ended = at_once ? store.revoke_key(integration.id, old.id) : store.end_key(integration.id, old.id, end);
    if (!ended) return ended.error();
    return json{{"id", old.id.str()}, {"expires_at", format_rfc3339(std::min(end, old.expires_at.value_or(end)))}};
}

Result<Response> create_integration_key(const Call& call, TenantSession& session)
{
    if (const auto may = may_make_keys(call); !may) return may.error();
    const auto wanted = read_key(call.request);
    if (!wanted) return wanted.error();
    auto integration = locked_integration(call, session);
    if (!integration) return integration.error();
    if (integration->keys.size() >= kMaxLiveKeys) {
        return Error(ErrorCode::conflict, "this integration has two live keys already; delete the old one first");
    }
    auto replaces = end_old_key(call, session, *integration, *wanted);
    if (!replaces) return replaces.error();
    auto key = new_key(call, session, *integration, wanted->networks);
    if (!key) return key.error();
    (*key)["replaces"] = *std::move(replaces);
    if (const auto stored = store_next(call, session, *integration); !stored) return stored.error();
    return with_secret(json_response(201, *key));
}

Result<Response> delete_integration_key(const Call& call, TenantSession& session)
{
    const auto key = call.id<IntegrationKeyId>("key_id");
    if (!key) return key.error();
    auto integration = locked_integration(call, session);
    if (!integration) return integration.error();
    if (const auto revoked = session.integrations().revoke_key(integration->id, *key); !revoked) {
        return revoked.error();
    }
    if (const auto stored = store_next(call, session, *integration); !stored) return stored.error();
    return no_content();
}

}  // namespace

std::vector<Route> integration_routes()
{
    using enum access::Permission;
    return {
        {"GET", "/api/v1/integrations", read_integrations, "listIntegrations", list_integrations},
        {"POST", "/api/v1/integrations", write_integrations, "createIntegration", create_integration},
        {"GET", "/api/v1/integrations/{id}", read_integrations, "getIntegration", get_integration},
        {"PUT", "/api/v1/integrations/{id}", write_integrations, "replaceIntegration", change_integration},
        {"PATCH", "/api/v1/integrations/{id}", write_integrations, "updateIntegration", change_integration},
        {"DELETE", "/api/v1/integrations/{id}", write_integrations, "deleteIntegration", delete_integration},
        {"POST", "/api/v1/integrations/{id}/keys", write_integrations, "createIntegrationKey", create_integration_key},
        that_ends_access({"DELETE", "/api/v1/integrations/{id}/keys/{key_id}", write_integrations,
                          "deleteIntegrationKey", delete_integration_key}),
    };
}

}  // namespace winnow::api
