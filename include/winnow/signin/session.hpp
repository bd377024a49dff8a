#pragma once

/// @file
/// How long sessions live. Pure: the time is an argument, always that of the database's clock.

#include "winnow/access/permission.hpp"
#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/signin/endings.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace winnow::signin {

inline constexpr std::chrono::milliseconds kShortestIdle = std::chrono::minutes{5};
inline constexpr std::chrono::milliseconds kLongestIdle = std::chrono::hours{12};
inline constexpr std::chrono::milliseconds kLongestViewerIdle = std::chrono::days{7};  ///< For screens on a wall.
inline constexpr std::chrono::milliseconds kAbsolute = std::chrono::hours{12};
inline constexpr std::chrono::milliseconds kPasswordOkFor = std::chrono::minutes{5};
inline constexpr std::size_t kMostSessions = 10;  ///< Of a user; one more ends the oldest.
inline constexpr std::chrono::milliseconds kSeenEvery = std::chrono::minutes{1};

/// What a tenant has set.
struct SessionPolicy {
    std::chrono::milliseconds idle = std::chrono::minutes{30};  ///< kShortestIdle to kLongestIdle.
    std::optional<std::chrono::milliseconds> viewer_idle = {};  ///< Of viewers instead; up to kLongestViewerIdle.

    friend bool operator==(const SessionPolicy&, const SessionPolicy&) = default;
};

/// An `invalid_argument` names the fields "/session_idle" and "/session_idle_viewer".
[[nodiscard]] Result<Done> check(const SessionPolicy& policy);

/// What holds for a session of such a user.
struct SessionTerms {
    std::chrono::milliseconds idle{};
    std::chrono::milliseconds absolute{};  ///< kAbsolute, or `idle` where a viewer's is longer.

    friend bool operator==(const SessionTerms&, const SessionTerms&) = default;
};
[[nodiscard]] SessionTerms terms_of(const SessionPolicy& policy, access::Role role) noexcept;

/// Of a session, and of one in `password_ok`: that is over after kPasswordOkFor, whatever is done.
struct SessionTimes {
    Timestamp created_at;    ///< When its user signed in: rotation keeps it.
    Timestamp last_seen_at;  ///< To kSeenEvery.
    Timestamp expires_at;    ///< As it was when it was made: created_at and `absolute`, or kPasswordOkFor.
};

[[nodiscard]] Timestamp expiry_of(const SessionTerms& terms, Timestamp created_at) noexcept;

/// Ending::idle or Ending::absolute where it is over, also where the terms were made tighter since; nullopt while it
/// lives. A time before its own, of a clock that was set back, ends nothing.
[[nodiscard]] std::optional<Ending> ended_by_time(const SessionTerms& terms, const SessionTimes& times,
                                                  Timestamp now) noexcept;

/// When it ends if nobody uses it from now on.
[[nodiscard]] Timestamp ends_at(const SessionTerms& terms, const SessionTimes& times) noexcept;

/// Whether a use is to be noted: the one noted last is kSeenEvery ago.
[[nodiscard]] bool is_worth_noting(Timestamp last_seen_at, Timestamp now) noexcept;

/// A live session of a user.
struct LiveSession {
    SessionId id;
    Timestamp created_at;
};

/// Which ones end when one more begins: the oldest, so that with it there are kMostSessions at most.
[[nodiscard]] std::vector<SessionId> superseded(std::vector<LiveSession> live);

/// Whether the session gets a new token: its user has more or other rights than before. Where `groups` change, so do
/// rights.
[[nodiscard]] constexpr bool rotates(access::Role before, access::Role now, bool groups_changed) noexcept
{
    return before != now || groups_changed;
}

}  // namespace winnow::signin
