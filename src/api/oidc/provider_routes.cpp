#include "api/oidc/login.hpp"
#include "api/rest/json_body.hpp"
#include "api/rest/resource.hpp"
#include "api/rest/route.hpp"
#include "winnow/oidc/jws.hpp"
#include "winnow/oidc/provider.hpp"
#include "winnow/ports/settings_store.hpp"
#include "winnow/ports/signin/oidc_store.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow::api {
namespace {

using access::Role;
using http::Response;
using nlohmann::json;
using ports::OidcProvider;
using ports::TenantSession;

constexpr std::size_t kMaxScopes = 10;
constexpr std::size_t kMaxSecondFactors = 20;
constexpr std::size_t kMaxWord = 256;

json roles_json(const signin::RoleMapping& mapping)
{
    auto rules = json::array();
    for (const auto& rule : mapping.rules) {
        auto shown = json::object();
        shown["value"] = rule.value;
        shown["role"] = to_string(rule.role);
        rules.push_back(std::move(shown));
    }
    auto document = json::object();
    document["claim"] = mapping.claim;
    document["rules"] = std::move(rules);
    document["default_role"] = nullptr;
    if (mapping.default_role) document["default_role"] = to_string(*mapping.default_role);
    document["allow_admin"] = mapping.allow_admin;
    return document;
}

/// Without its secret, which is written and never shown.
json provider_json(const Call& call, const OidcProvider& provider)
{
    auto document = json::object();
    document["id"] = provider.id.str();
    document["name"] = provider.name;
    document["issuer"] = provider.issuer;
    document["client_id"] = provider.client_id;
    document["client_auth"] = to_string(provider.auth);
    document["scopes"] = provider.scopes;
    document["algorithms"] = provider.algorithms;
    document["roles"] = roles_json(provider.roles);
    document["jit"] = provider.jit;
    document["second_factors"] = provider.second_factors;
    document["enabled"] = provider.enabled;
    document["redirect_uri"] = redirect_uri(call.services.origin, provider.id);
    document["version"] = provider.version;
    document["created_at"] = format_rfc3339(provider.created_at);
    document["updated_at"] = format_rfc3339(provider.updated_at);
    return document;
}

std::vector<std::string_view> role_words()
{
    std::vector<std::string_view> words;
    for (const auto role : access::kRoles) words.push_back(to_string(role));
    return words;
}

signin::RoleMapping read_roles(FieldReader& fields)
{
    signin::RoleMapping mapping;
    auto reader = fields.object("roles");
    if (!reader) return mapping;
    const auto words = role_words();
    mapping.claim = reader->text("claim", {1, kMaxWord}).value_or(mapping.claim);
    if (auto rules = reader->objects("rules", signin::kMaxRoleRules)) {
        for (auto& rule : *rules) {
            signin::RoleRule read;
            read.value = rule.text("value", {1, kMaxWord}, Need::required).value_or("");
            const auto role = rule.word("role", words, Need::required);
            read.role = access::parse_role(role.value_or("")).value_or(Role::viewer);
            mapping.rules.push_back(std::move(read));
            rule.close();
        }
    }
    if (const auto role = reader->word("default_role", words)) mapping.default_role = access::parse_role(*role);
    mapping.allow_admin = reader->boolean("allow_admin").value_or(false);
    reader->close();
    return mapping;
}

std::vector<std::string> read_algorithms(FieldReader& fields)
{
    std::vector<std::string> all;
    for (const auto algorithm : oidc::kAlgorithms) all.emplace_back(to_string(algorithm));
    const auto wanted = fields.texts("algorithms", {1, kMaxWord}, all.size());
    if (!wanted) return all;
    if (wanted->empty()) fields.error("algorithms", "name at least one, or leave the field out: all that are known");
    for (std::size_t i = 0; i < wanted->size(); ++i) {
        if (oidc::parse_algorithm((*wanted)[i])) continue;
        fields.item_error("algorithms", i, "must be one of RS256, PS256, ES256, ES384, EdDSA");
    }
    return *wanted;
}

/// Scopes are words with blanks between them (RFC 6749, 3.3).
bool is_scope_word(std::string_view word)
{
    constexpr char kFirst = 0x21;
    constexpr char kLast = 0x7e;
    return std::ranges::all_of(word, [](char c) { return kFirst <= c && c <= kLast && c != '"' && c != '\\'; });
}

std::vector<std::string> read_scopes(FieldReader& fields)
{
    const std::vector<std::string> usual{"email", "profile"};
    auto scopes = fields.texts("scopes", {1, kMaxWord}, kMaxScopes).value_or(usual);
    for (std::size_t i = 0; i < scopes.size(); ++i) {
        if (!is_scope_word(scopes[i])) fields.item_error("scopes", i, "must be one word of visible ASCII characters");
    }
    std::erase(scopes, "openid");  // is always asked for
    return scopes;
}

struct ProviderInput {
    OidcProvider provider;  ///< Without what is not the client's to say.
    std::string secret;     ///< "": it stays.
};

Result<ProviderInput> read_provider(const json& document, bool is_new)
{
    ProviderInput input;
    auto& provider = input.provider;
    FieldReader fields(document);
    provider.name = fields.text("name", {1, 100}, Need::required).value_or("");
    provider.issuer = fields.text("issuer", {1, oidc::kMaxUrl}, Need::required).value_or("");
    if (auto problem = oidc::problem_of_issuer(provider.issuer); !problem.empty() && !provider.issuer.empty()) {
        fields.error("issuer", std::move(problem));
    }
    provider.client_id = fields.text("client_id", {1, kMaxWord}, Need::required).value_or("");
    input.secret = fields.text("client_secret", {1, 512}, is_new ? Need::required : Need::optional).value_or("");
    const auto auth = fields.word("client_auth", {"basic", "post"}).value_or("basic");
    provider.auth = ports::parse_client_auth(auth).value_or(ports::ClientAuth::basic);
    provider.scopes = read_scopes(fields);
    provider.algorithms = read_algorithms(fields);
    provider.roles = read_roles(fields);
    provider.jit = fields.boolean("jit").value_or(false);
    provider.second_factors =
        fields.texts("second_factors", {1, kMaxWord}, kMaxSecondFactors).value_or(std::vector<std::string>());
    provider.enabled = fields.boolean("enabled").value_or(true);
    fields.read_only({"id", "redirect_uri", "version", "created_at", "updated_at"});
    if (const auto read = fields.finish(); !read) return read.error();
    if (const auto good = signin::check(provider.roles, "/roles"); !good) return good.error();
    return input;
}

Result<std::string> sealed(const Call& call, const OidcProvider& provider, const std::string& secret)
{
    return call.services.sealing->seal(ports::oidc_secret_place(call.who.tenant, provider.id), secret);
}

Result<Response> list_providers(const Call& call, TenantSession& session)
{
    const auto& head = call.request.head;
    if (const auto known = only_parameters(head, {"limit", "cursor"}); !known) return known.error();
    const auto page = id_page<OidcProviderId>(head);
    if (!page) return page.error();
    return id_page_response(
        head, *page, [&](const auto& after, std::size_t most) { return session.oidc().page(after, most); },
        [&](const OidcProvider& provider) { return provider_json(call, provider); });
}

Result<Response> get_provider(const Call& call, TenantSession& session)
{
    const auto id = call.id<OidcProviderId>();
    if (!id) return id.error();
    const auto provider = session.oidc().find(*id);
    if (!provider) return provider.error();
    return shown(call, provider_json(call, *provider), provider->version);
}

Result<Response> create_provider(const Call& call, TenantSession& session)
{
    const auto document = read_object(call.request);
    if (!document) return document.error();
    auto input = read_provider(*document, true);
    if (!input) return input.error();
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    if (const auto room = below_limit(session.oidc().count(), signin::kMaxProviders, "providers of sign-ins"); !room) {
        return room.error();
    }
    auto& provider = input->provider;
    provider.id = OidcProviderId(call.services.new_id());
    auto secret = sealed(call, provider, input->secret);
    if (!secret) return secret.error();
    provider.sealed_secret = *std::move(secret);
    provider.created_at = provider.updated_at = call.now;
    if (const auto stored = session.oidc().insert(provider); !stored) return stored.error();
    return created("/api/v1/oidc-providers/" + provider.id.str(), provider_json(call, provider), provider.version);
}

/// A secret that is left out stays. The issuer does in any case: its subjects are users, and another one's of the same
/// name would be somebody else.
Result<Response> change_provider(const Call& call, TenantSession& session)
{
    const auto id = call.id<OidcProviderId>();
    if (!id) return id.error();
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    const auto current = session.oidc().find(*id);
    if (!current) return current.error();
    if (const auto fresh = check_if_match(call.request.head, current->version); !fresh) return fresh.error();
    const auto document = wanted_document(call, provider_json(call, *current));
    if (!document) return document.error();
    auto input = read_provider(*document, false);
    if (!input) return input.error();
    auto& provider = input->provider;
    if (provider.issuer != current->issuer) {
        return field_error("/issuer", "cannot be changed; create another provider");
    }
    provider.id = *id;
    auto secret =
        input->secret.empty() ? Result<std::string>(current->sealed_secret) : sealed(call, provider, input->secret);
    if (!secret) return secret.error();
    provider.sealed_secret = *std::move(secret);
    provider.version = current->version + 1;
    provider.created_at = current->created_at;
    provider.updated_at = call.now;
    if (const auto stored = session.oidc().update(provider); !stored) return stored.error();
    return versioned(provider_json(call, provider), provider.version);
}

Result<Response> delete_provider(const Call& call, TenantSession& session)
{
    const auto id = call.id<OidcProviderId>();
    if (!id) return id.error();
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    const auto current = session.oidc().find(*id);
    if (!current) return current.error();
    if (const auto fresh = check_if_match(call.request.head, current->version); !fresh) return fresh.error();
    if (const auto gone = session.oidc().remove(*id); !gone) return gone.error();
    return no_content();
}

}  // namespace

std::vector<Route> provider_routes()
{
    using enum access::Permission;
    return {
        {"GET", "/api/v1/oidc-providers", read_settings, "listOidcProviders", list_providers},
        {"POST", "/api/v1/oidc-providers", write_settings, "createOidcProvider", create_provider},
        {"GET", "/api/v1/oidc-providers/{id}", read_settings, "getOidcProvider", get_provider},
        {"PATCH", "/api/v1/oidc-providers/{id}", write_settings, "updateOidcProvider", change_provider},
        {"DELETE", "/api/v1/oidc-providers/{id}", write_settings, "deleteOidcProvider", delete_provider},
    };
}

}  // namespace winnow::api
