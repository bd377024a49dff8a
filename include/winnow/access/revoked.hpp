#pragma once

/// @file
/// What nodes tell each other when somebody's access ends or changes, and whom that is about.

#include "winnow/access/permission.hpp"
#include "winnow/base/uuid.hpp"

#include <cstdint>
#include <string_view>

namespace winnow::access {

/// What is no longer as nodes may know it. Each kind has its letter in the notice, which migrations write.
struct Revoked {
    enum class Kind : std::uint8_t {
        everything,   ///< Of all tenants: a notice that nobody can read.
        tenant,       ///< `t`: all of the tenant's, and where a kind is unknown.
        user,         ///< `u`: all keys and sessions of a user.
        session,      ///< `s`
        key,          ///< `k`: a user's key, or an integration's.
        integration,  ///< `i`: all keys of an integration.
    };

    Kind kind = Kind::everything;
    TenantId tenant;  ///< nil: of everything.
    Uuid id;          ///< nil: of everything, and of a tenant.

    friend bool operator==(const Revoked&, const Revoked&) = default;
};

/// Reads `<tenant>:t` and `<tenant>:<letter>:<id>`. What cannot be read in full, because another version or another
/// hand wrote it, is about all that it may be about. Pure.
[[nodiscard]] Revoked parse_revoked(std::string_view notice) noexcept;

/// Whether what is known of `who` may be wrong now. Pure.
[[nodiscard]] bool concerns(const Revoked& what, const Principal& who) noexcept;

}  // namespace winnow::access
