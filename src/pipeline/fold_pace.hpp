#pragma once

/// @file
/// How many alerts of a tenant one fold takes. Private to pipeline.

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace winnow::pipeline {

/// What an alert costs depends on the tenant: one that joins a ticket next to nothing, one that opens a ticket of which
/// fifty contacts are told a great deal. A fold holds up the other tenants of its worker, and one that takes longer
/// than the database's deadline never ends. So a tenant's folds begin small, grow while they are quick, and shrink at
/// once where they are not. A journal row is the least a fold takes, whatever this says. Pure.
class FoldPace {
public:
    using Duration = std::chrono::steady_clock::duration;

    static constexpr std::size_t kFirst = 4'000;
    static constexpr std::size_t kMostDeliveries = 20'000;  ///< A second or two of storing.
    static constexpr std::chrono::seconds kQuick{1};
    static constexpr std::chrono::seconds kSlow{2};

    [[nodiscard]] std::size_t alerts() const noexcept { return alerts_; }

    /// A fold was stored. `most`: beyond this it need not grow.
    void stored(std::size_t alerts, std::size_t deliveries, Duration took, std::size_t most) noexcept
    {
        if (took > kSlow) {
            failed(alerts);
        } else if (took < kQuick && alerts >= alerts_ / 2 && deliveries <= kMostDeliveries / 2) {
            // Only a fold that was nearly as large as it may be says something about a larger one.
            const auto filled = std::max(alerts_, alerts);
            alerts_ = std::max(alerts_, std::min(most, filled + filled / 4 + kStep));
        }
    }

    /// A fold was too much for the database's patience.
    void failed(std::size_t alerts) noexcept { alerts_ = std::clamp<std::size_t>(alerts / 2, 1, alerts_); }

    /// A fold of so many alerts would have owed so many deliveries, more than kMostDeliveries.
    void declined(std::size_t alerts, std::size_t deliveries) noexcept
    {
        alerts_ =
            std::clamp<std::size_t>(alerts * kMostDeliveries / deliveries, 1, std::max<std::size_t>(1, alerts / 2));
    }

private:
    static constexpr std::size_t kStep = 100;

    std::size_t alerts_ = kFirst;
};

}  // namespace winnow::pipeline
