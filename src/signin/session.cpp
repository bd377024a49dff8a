#include "winnow/signin/session.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace winnow::signin {

namespace {

std::optional<FieldError> problem(std::string pointer, std::chrono::milliseconds idle, std::chrono::milliseconds most)
{
    if (kShortestIdle <= idle && idle <= most) return std::nullopt;
    return FieldError{
        .pointer = std::move(pointer),
        .detail = "must be from " + format_iso8601_duration(kShortestIdle) + " to " + format_iso8601_duration(most)};
}

}  // namespace

Result<Done> check(const SessionPolicy& policy)
{
    std::vector<FieldError> wrong;
    if (auto found = problem("/session_idle", policy.idle, kLongestIdle)) wrong.push_back(std::move(*found));
    if (policy.viewer_idle) {
        auto found = problem("/session_idle_viewer", *policy.viewer_idle, kLongestViewerIdle);
        if (found) wrong.push_back(std::move(*found));
    }
    if (!wrong.empty()) return Error(std::move(wrong));
    return Done{};
}

SessionTerms terms_of(const SessionPolicy& policy, access::Role role) noexcept
{
    const auto idle = role == access::Role::viewer ? policy.viewer_idle.value_or(policy.idle) : policy.idle;
    return {.idle = idle, .absolute = std::max(idle, kAbsolute)};
}

Timestamp expiry_of(const SessionTerms& terms, Timestamp created_at) noexcept
{
    return created_at + terms.absolute;
}

std::optional<Ending> ended_by_time(const SessionTerms& terms, const SessionTimes& times, Timestamp now) noexcept
{
    if (now >= times.expires_at || now >= expiry_of(terms, times.created_at)) return Ending::absolute;
    if (now >= times.last_seen_at + terms.idle) return Ending::idle;
    return std::nullopt;
}

Timestamp ends_at(const SessionTerms& terms, const SessionTimes& times) noexcept
{
    return std::min({times.expires_at, expiry_of(terms, times.created_at), times.last_seen_at + terms.idle});
}

bool is_worth_noting(Timestamp last_seen_at, Timestamp now) noexcept
{
    return now >= last_seen_at + kSeenEvery;
}

std::vector<SessionId> superseded(std::vector<LiveSession> live)
{
    std::vector<SessionId> ended;
    if (live.size() < kMostSessions) return ended;
    std::ranges::sort(live, {}, [](const LiveSession& each) { return std::pair(each.created_at, each.id); });
    const auto too_many = live.size() + 1 - kMostSessions;
    for (std::size_t i = 0; i < too_many; ++i) ended.push_back(live[i].id);
    return ended;
}

}  // namespace winnow::signin
