#include "pg/signin/oidc_rows.hpp"

#include "pg/rows/values.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <stdexcept>
#include <vector>

namespace winnow::pg {

namespace {

using nlohmann::json;

std::vector<std::string> texts_of(const pqxx::field& field)
{
    return json::parse(field.c_str()).get<std::vector<std::string>>();
}

access::Role role_in(const json& word)
{
    const auto role = access::parse_role(word.get<std::string>());
    if (!role) throw std::runtime_error("a provider's role is unknown to this program");
    return *role;
}

signin::RoleMapping read_mapping(const pqxx::field& field)
{
    const auto stored = json::parse(field.c_str());
    signin::RoleMapping mapping;
    mapping.claim = stored.at("claim").get<std::string>();
    for (const auto& rule : stored.at("rules")) {
        mapping.rules.push_back({.value = rule.at("value").get<std::string>(), .role = role_in(rule.at("role"))});
    }
    if (const auto& role = stored.at("default_role"); !role.is_null()) mapping.default_role = role_in(role);
    mapping.allow_admin = stored.at("allow_admin").get<bool>();
    return mapping;
}

}  // namespace

std::string role_mapping_json(const signin::RoleMapping& mapping)
{
    auto rules = json::array();
    for (const auto& rule : mapping.rules) {
        auto shown = json::object();
        shown["value"] = rule.value;
        shown["role"] = to_string(rule.role);
        rules.push_back(std::move(shown));
    }
    auto stored = json::object();
    stored["claim"] = mapping.claim;
    stored["rules"] = std::move(rules);
    stored["default_role"] = nullptr;
    if (mapping.default_role) stored["default_role"] = to_string(*mapping.default_role);
    stored["allow_admin"] = mapping.allow_admin;
    return stored.dump();
}

ports::OidcProvider read_oidc_provider(const pqxx::row& row)
{
    const auto auth = ports::parse_client_auth(row["client_auth"].c_str());
    if (!auth) throw std::runtime_error("a row of oidc_providers cannot be read");
    ports::OidcProvider provider;
    provider.id = id_of<OidcProviderId>(row["provider_id"]);
    provider.name = text_of(row["name"]);
    provider.issuer = text_of(row["issuer"]);
    provider.client_id = text_of(row["client_id"]);
    provider.sealed_secret = bytes_of(row["sealed_secret"]);
    provider.auth = *auth;
    provider.scopes = texts_of(row["scopes"]);
    provider.algorithms = texts_of(row["algorithms"]);
    provider.roles = read_mapping(row["roles"]);
    provider.jit = row["jit"].as<bool>();
    provider.second_factors = texts_of(row["second_factors"]);
    provider.enabled = row["enabled"].as<bool>();
    provider.version = row["version"].as<std::int64_t>();
    provider.created_at = time_of(row["created_at"]);
    provider.updated_at = time_of(row["updated_at"]);
    return provider;
}

ports::OidcLogin read_oidc_login(const pqxx::row& row)
{
    ports::OidcLogin login;
    login.id = uuid_of(row["login_id"]);
    login.provider = id_of<OidcProviderId>(row["provider_id"]);
    login.nonce = text_of(row["nonce"]);
    login.binding = bytes_of(row["binding_hash"]);
    login.source = bytes_of(row["source_hash"]);
    login.return_to = text_of(row["return_to"]);
    login.prove_anew = row["prove_anew"].as<bool>();
    login.expires_at = time_of(row["expires_at"]);
    login.used = !row["used_at"].is_null();
    return login;
}

}  // namespace winnow::pg
