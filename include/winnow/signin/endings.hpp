#pragma once

/// @file
/// What ends sessions, and whose keys and links end with them. One table.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace winnow::signin {

/// Why a session ended. Stored by name (sessions.ended_by): never rename one.
enum class Ending : std::uint8_t {
    sign_out,
    by_user,      ///< Out of the user's own list.
    by_admin,     ///< One user's, or everybody's.
    idle,         ///< Nobody used it.
    absolute,     ///< It was old enough.
    superseded,   ///< One too many were begun.
    rotated,      ///< Its user goes on with another token: step-up, second factor, another role.
    wrong_codes,  ///< Too many wrong second factors.
    password_changed,
    password_reset,
    factor_changed,
    factors_reset,
    address_changed,
    user_disabled,
    user_deleted,
    tenant_suspended,
    address_refused,  ///< The tenant's networks no longer hold the address that it is used from.
    directory,        ///< The tenant's directory says that its user has gone.
};

/// Which sessions of the user end. (Of every user where a tenant is suspended, or an admin says so.)
enum class EndedSessions : std::uint8_t {
    own,     ///< The one that it is about.
    others,  ///< All but the one by which it was done.
    all,
};

struct EndingRow {
    Ending ending;
    std::string_view word;
    EndedSessions sessions;
    bool keys = false;   ///< The user's API keys and access keys end, for good.
    bool links = false;  ///< So do the links that were mailed to the user and not used yet.
};

inline constexpr std::array kEndings{
    EndingRow{Ending::sign_out, "sign_out", EndedSessions::own},
    EndingRow{Ending::by_user, "by_user", EndedSessions::own},
    EndingRow{Ending::by_admin, "by_admin", EndedSessions::all},
    EndingRow{Ending::idle, "idle", EndedSessions::own},
    EndingRow{Ending::absolute, "absolute", EndedSessions::own},
    EndingRow{Ending::superseded, "superseded", EndedSessions::own},
    EndingRow{Ending::rotated, "rotated", EndedSessions::own},
    EndingRow{Ending::wrong_codes, "wrong_codes", EndedSessions::own},
    EndingRow{Ending::password_changed, "password_changed", EndedSessions::others, false, true},
    EndingRow{Ending::password_reset, "password_reset", EndedSessions::all, false, true},
    EndingRow{Ending::factor_changed, "factor_changed", EndedSessions::others, false, true},
    EndingRow{Ending::factors_reset, "factors_reset", EndedSessions::all, false, true},
    EndingRow{Ending::address_changed, "address_changed", EndedSessions::others, false, true},
    EndingRow{Ending::user_disabled, "user_disabled", EndedSessions::all, true, true},
    EndingRow{Ending::user_deleted, "user_deleted", EndedSessions::all, true, true},
    EndingRow{Ending::tenant_suspended, "tenant_suspended", EndedSessions::all, false, true},
    EndingRow{Ending::address_refused, "address_refused", EndedSessions::own},
    EndingRow{Ending::directory, "directory", EndedSessions::all, true, true},
};

[[nodiscard]] constexpr const EndingRow& row_of(Ending ending) noexcept
{
    return kEndings[static_cast<std::size_t>(ending)];
}

[[nodiscard]] constexpr std::string_view to_string(Ending ending) noexcept
{
    return row_of(ending).word;
}
[[nodiscard]] std::optional<Ending> parse_ending(std::string_view word) noexcept;

}  // namespace winnow::signin
