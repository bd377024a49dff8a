#include "winnow/access/revoked.hpp"

#include <optional>

namespace winnow::access {

namespace {

using Kind = Revoked::Kind;

constexpr std::size_t kIdLength = 36;

/// Of those that name an id.
std::optional<Kind> kind_of(char letter) noexcept
{
    switch (letter) {
        case 'u': return Kind::user;
        case 's': return Kind::session;
        case 'k': return Kind::key;
        case 'i': return Kind::integration;
        default: return std::nullopt;
    }
}

}  // namespace

Revoked parse_revoked(std::string_view notice) noexcept
{
    const auto tenant = TenantId::parse(notice.substr(0, kIdLength));
    if (!tenant || tenant->is_nil()) return {};
    const Revoked all{.kind = Kind::tenant, .tenant = *tenant, .id = {}};
    const auto rest = notice.substr(kIdLength);
    if (rest.size() != 3 + kIdLength || rest[0] != ':' || rest[2] != ':') return all;
    const auto kind = kind_of(rest[1]);
    const auto id = Uuid::parse(rest.substr(3));
    if (!kind || !id) return all;
    return {.kind = *kind, .tenant = *tenant, .id = *id};
}

bool concerns(const Revoked& what, const Principal& who) noexcept
{
    if (what.kind == Kind::everything) return true;
    if (what.tenant != who.tenant) return false;
    switch (what.kind) {
        case Kind::everything:
        case Kind::tenant: return true;
        case Kind::user: return who.user.value() == what.id;
        case Kind::key: return who.key == what.id;
        case Kind::integration: return who.integration.value() == what.id;
        case Kind::session: return who.session.value() == what.id;
    }
    return true;
}

}  // namespace winnow::access
