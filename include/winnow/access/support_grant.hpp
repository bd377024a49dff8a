#pragma once

/// @file
/// Leave of a second one of the provider's staff to read one tenant's content, for a while.

#include "winnow/access/permission.hpp"
#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace winnow::access {

inline constexpr std::size_t kLeastSupportReason = 20;  ///< Characters, as the next.
inline constexpr std::size_t kMostSupportReason = 500;
inline constexpr std::int64_t kMostSupportMinutes = 60;
/// For so long it waits for the second person.
inline constexpr std::chrono::milliseconds kSupportRequestLife = std::chrono::hours{24};

/// Stored by name, but for `lapsed`: never rename one.
enum class SupportState : std::uint8_t {
    requested,  ///< Waits for a second one of the staff.
    active,
    refused,  ///< Before it was active, by the tenant or by the staff.
    ended,    ///< By either, or by time.
    lapsed,   ///< Nobody approved it in time.
};
inline constexpr std::array kSupportStates{SupportState::requested, SupportState::active, SupportState::refused,
                                           SupportState::ended, SupportState::lapsed};
[[nodiscard]] std::string_view to_string(SupportState state) noexcept;
[[nodiscard]] std::optional<SupportState> parse_support_state(std::string_view word) noexcept;

enum class SupportEvent : std::uint8_t { approve, end };
inline constexpr std::array kSupportEvents{SupportEvent::approve, SupportEvent::end};

/// nullopt: that is not possible any more. Pure.
[[nodiscard]] std::optional<SupportState> next(SupportState state, SupportEvent event) noexcept;

struct SupportGrant {
    SupportGrantId id;
    StaffId asked_by;  ///< And who reads by it.
    std::string reason;
    PermissionSet scopes;  ///< Of support_permissions().
    std::int64_t minutes = 0;
    SupportState state = SupportState::requested;  ///< When it was looked at: state_at().
    Timestamp asked_at;
    Timestamp lapses_at;
    std::optional<StaffId> approved_by = {};
    std::optional<Timestamp> approved_at = {};
    std::optional<Timestamp> ends_at = {};   ///< By itself; once it is approved.
    std::optional<Timestamp> ended_at = {};  ///< By somebody, or refused.
    std::string ended_by = {};               ///< "user:<id>", "provider", "provider:<id>"; "": nobody has.
};

/// What time has made of what is stored: nothing has to run for it to end. Pure.
[[nodiscard]] SupportState state_at(SupportState stored, Timestamp lapses_at, std::optional<Timestamp> ends_at,
                                    Timestamp now) noexcept;

}  // namespace winnow::access
