#include "pg/credentials/key_limits.hpp"

#include "pg/rows/array_literal.hpp"

#include <algorithm>
#include <stdexcept>
#include <string_view>

namespace winnow::pg {

namespace {

template <typename Take>
void each_word(const pqxx::field& field, Take take)
{
    std::string_view rest = field.c_str();
    while (!rest.empty()) {
        const auto blank = std::min(rest.find(' '), rest.size());
        take(rest.substr(0, blank));
        rest.remove_prefix(std::min(blank + 1, rest.size()));
    }
}

}  // namespace

std::optional<access::PermissionSet> scopes_of(const pqxx::field& field)
{
    if (field.is_null()) return std::nullopt;
    access::PermissionSet scopes;
    each_word(field, [&](std::string_view word) {
        if (const auto scope = access::parse_scope(word)) scopes.insert(*scope);
    });
    return scopes;
}

std::optional<std::string> scopes_literal(const std::optional<access::PermissionSet>& scopes)
{
    if (!scopes) return std::nullopt;
    ArrayLiteral literal;
    for (const auto permission : access::all_permissions()) {
        if (scopes->contains(permission)) literal.add(to_string(permission));
    }
    return literal.take();
}

std::optional<std::vector<Network>> networks_of(const pqxx::field& field)
{
    if (field.is_null()) return std::nullopt;
    std::vector<Network> networks;
    each_word(field, [&](std::string_view word) {
        if (const auto network = parse_network(word)) networks.push_back(*network);
    });
    return networks;
}

std::optional<std::string> networks_literal(const std::optional<std::vector<Network>>& networks)
{
    if (!networks) return std::nullopt;
    ArrayLiteral literal;
    for (const auto& network : *networks) literal.add(to_string(network));
    return literal.take();
}

access::SourceNetworks places_of(const pqxx::field& users, const pqxx::field& admins, const pqxx::field& keys)
{
    const auto list = [](const pqxx::field& field) {
        std::vector<Network> networks;
        each_word(field, [&](std::string_view word) {
            const auto network = parse_network(word);
            if (!network) throw std::runtime_error("a source network is unknown to this program");
            networks.push_back(*network);
        });
        return networks;
    };
    return {.users = list(users), .admins = list(admins), .keys = list(keys)};
}

}  // namespace winnow::pg
