#include "api/tenants/key_fields.hpp"

#include "winnow/base/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string_view>

namespace winnow::api {

namespace {

using access::Permission;
using access::PermissionSet;
using nlohmann::json;

constexpr std::size_t kMaxScopeText = 64;
constexpr std::size_t kMaxNetworkText = 64;

std::vector<std::string_view> scope_names()
{
    std::vector<std::string_view> names;
    for (const auto permission : access::all_permissions()) {
        if (access::is_scope(permission)) names.push_back(to_string(permission));
    }
    return names;
}

bool is_withheld(std::string_view word)
{
    for (const auto permission : {Permission::write_own_keys, Permission::write_own_profile, Permission::write_users,
                                  Permission::write_settings}) {
        if (word == to_string(permission)) return true;
    }
    return false;
}

std::string no_scope(const std::string& word)
{
    const auto names = scope_names();
    std::string text = "\"" + word + "\" is no scope";
    if (is_withheld(word)) text = "a key with scopes never has " + word;
    if (const auto near = nearest(word, names); !near.empty() && !is_withheld(word)) {
        return text + ": did you mean " + near + "?";
    }
    text += "; there are";
    for (const auto name : names) text += (name == names.front() ? " " : ", ") + std::string(name);
    return text;
}

/// As a whole in one of them.
bool lies_in(const Network& network, const std::vector<Network>& networks)
{
    return std::ranges::any_of(
        networks, [&](const Network& outer) { return outer.prefix <= network.prefix && outer.contains(network.base); });
}

std::vector<Network> parsed(FieldReader& fields, std::string_view name, const std::vector<std::string>& texts)
{
    std::vector<Network> networks;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const auto network = parse_network(texts[i]);
        if (network) {
            networks.push_back(unmapped(*network));
        } else {
            fields.item_error(name, i, network.error().message());
        }
    }
    return networks;
}

}  // namespace

std::optional<std::vector<Network>> read_networks(FieldReader& fields)
{
    const auto texts = fields.texts("networks", {1, kMaxNetworkText}, kMaxKeyNetworks);
    if (!texts) return std::nullopt;
    if (texts->empty()) fields.error("networks", "name at least one network, or leave the field out: everywhere");
    return parsed(fields, "networks", *texts);
}

std::optional<std::vector<Network>> read_key_networks(FieldReader& fields, const access::Principal& by)
{
    auto networks = read_networks(fields);
    if (!by.networks) return networks;
    if (!networks) return *by.networks;
    for (std::size_t i = 0; i < networks->size(); ++i) {
        if (!lies_in((*networks)[i], *by.networks)) {
            fields.item_error("networks", i, "lies outside the networks of the key that makes this one");
        }
    }
    return networks;
}

std::optional<std::vector<Network>> read_networks(FieldReader& fields, std::string_view name, std::size_t most)
{
    const auto texts = fields.texts(name, {1, kMaxNetworkText}, most);
    if (!texts) return std::nullopt;
    return parsed(fields, name, *texts);
}

json networks_json(const std::optional<std::vector<Network>>& networks)
{
    if (!networks) return nullptr;
    auto list = json::array();
    for (const auto& network : *networks) list.push_back(to_string(network));
    return list;
}

std::optional<PermissionSet> read_scopes(FieldReader& fields)
{
    const auto words = fields.texts("scopes", {1, kMaxScopeText}, scope_names().size());
    if (!words) return std::nullopt;
    if (words->empty())
        fields.error("scopes", "name at least one scope, or leave the field out: all that its user may");
    PermissionSet scopes;
    for (std::size_t i = 0; i < words->size(); ++i) {
        const auto& word = (*words)[i];
        if (const auto scope = access::parse_scope(word)) {
            scopes.insert(*scope);
        } else {
            fields.item_error("scopes", i, no_scope(word));
        }
    }
    return scopes;
}

json scopes_json(const std::optional<PermissionSet>& scopes)
{
    if (!scopes) return nullptr;
    auto list = json::array();
    for (const auto permission : access::all_permissions()) {
        if (scopes->contains(permission)) list.push_back(to_string(permission));
    }
    return list;
}

Timestamp read_expiry(FieldReader& fields, Timestamp now)
{
    const auto wanted = fields.timestamp("expires_at");
    if (!wanted) return now + kUsualKeyLife;
    if (*wanted <= now) fields.error("expires_at", "must be in the future");
    if (*wanted > now + kLongestKeyLife) {
        fields.error("expires_at", "must be at most " + std::to_string(kLongestKeyLife.count()) + " days from now");
    }
    return *wanted;
}

std::optional<Permission> beyond_role(const std::optional<PermissionSet>& scopes, access::Role role)
{
    if (!scopes) return std::nullopt;
    for (const auto permission : access::all_permissions()) {
        if (scopes->contains(permission) && !access::has(role, permission)) return permission;
    }
    return std::nullopt;
}

json text_or_null(const std::string& text)
{
    return text.empty() ? json(nullptr) : json(text);
}

Result<Done> is_not_limited(const access::Principal& who)
{
    if (!who.scopes) return Done{};
    return Error(ErrorCode::permission_denied,
                 "a key that is limited to scopes sees of its user what GET /api/v1/me says, and nothing else");
}

}  // namespace winnow::api
