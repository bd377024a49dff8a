#pragma once

/// @file
/// Tenants that have something due, one after the other. Private to pipeline.

#include "winnow/base/error.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/fair/setbacks.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <stop_token>
#include <vector>

namespace winnow::pipeline {

/// A tenant waits for its own lock only. Each that is due is tried once, without waiting; those that somebody else is
/// at are tried again in the next round. So that a tenant that is folded without a pause comes to its turn all the
/// same, each round ends with a short wait for one of them: the one that has waited longest.
/// One for which it fails again and again is left out for a minute, then for two, up to ten.
class Turns {
public:
    static constexpr std::chrono::milliseconds kPatience{200};

    /// What became of an attempt.
    enum class End : std::uint8_t {
        done,
        busy,    ///< Somebody else is at the tenant.
        failed,  ///< It cannot be done, for what is the tenant's own.
    };
    /// `patience`: how long to wait for somebody else.
    using Attempt = std::function<End(TenantId, std::chrono::milliseconds patience)>;

    void take(const std::vector<TenantId>& due, const std::stop_token& stop, const Attempt& attempt);

private:
    using Clock = std::chrono::steady_clock;

    End one(TenantId tenant, std::chrono::milliseconds patience, const Attempt& attempt);

    /// Somebody may be waiting for a message: it is tried again at once, three times, and no pause is longer than this.
    fair::Setbacks setbacks_{{.most = std::chrono::minutes{10}, .at_once = 3}};
    std::deque<TenantId> busy_;  ///< The one that has waited longest for its wait first.
};

/// Of what a store answered that did nothing. Where the database is away nobody is left out for it.
[[nodiscard]] inline Turns::End end_of(const Error& error) noexcept
{
    if (error.code() == ErrorCode::conflict) return Turns::End::busy;
    return error.code() == ErrorCode::unavailable ? Turns::End::done : Turns::End::failed;
}

}  // namespace winnow::pipeline
