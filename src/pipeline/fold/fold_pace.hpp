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
/// once where their size makes them slow. Where the database takes long over any fold whatever its size, large ones are
/// the remedy: what every fold takes is learnt from small ones, and from two that differ in size, and left out of
/// account. A journal row is the least a fold takes, whatever this says. Pure.
class FoldPace {
public:
    using Duration = std::chrono::steady_clock::duration;

    static constexpr std::size_t kFirst = 4'000;
    static constexpr std::size_t kFew = 200;                ///< Alerts and deliveries that are never too many.
    static constexpr std::size_t kMostDeliveries = 20'000;  ///< A second or two of storing.
    static constexpr std::chrono::seconds kQuick{1};
    static constexpr std::chrono::seconds kSlow{2};

    [[nodiscard]] std::size_t alerts() const noexcept { return alerts_; }

    /// A fold was stored. `most`: beyond this it need not grow.
    void stored(std::size_t alerts, std::size_t deliveries, Duration took, std::size_t most) noexcept
    {
        const auto size = alerts + deliveries;
        learn(size, took);
        const auto by_size = took - of_every_fold_;
        if (by_size > kSlow) {
            failed(alerts, deliveries);
            reference_ = {.size = size, .took = took};
            return;
        }
        // Without anything to compare with, only a larger fold can tell.
        if ((compared_ && by_size >= kQuick) || deliveries > kMostDeliveries / 2) return;
        if (alerts >= alerts_ / 2) {
            // Only a fold that was nearly as large as it may be says something about a larger one.
            const auto filled = std::max(alerts_, alerts);
            alerts_ = std::max(alerts_, std::min(most, filled + filled / 4 + kStep));
        } else if (alerts_ < kFirst && by_size < kQuick) {
            alerts_ = std::min(kFirst, alerts_ + kDrift);  // what once made it small may be long over
        }
    }

    /// A fold was too much for the database's patience.
    void failed(std::size_t alerts, std::size_t deliveries) noexcept
    {
        if (alerts + deliveries > kFew) alerts_ = std::clamp<std::size_t>(alerts / 2, 1, alerts_);
    }

    /// A fold of so many alerts would have owed so many deliveries, more than kMostDeliveries.
    void declined(std::size_t alerts, std::size_t deliveries) noexcept
    {
        alerts_ =
            std::clamp<std::size_t>(alerts * kMostDeliveries / deliveries, 1, std::max<std::size_t>(1, alerts / 2));
    }

private:
    static constexpr std::size_t kStep = 100;
    static constexpr std::size_t kDrift = 5;

    struct Measured {
        std::size_t size = 0;  ///< Alerts and deliveries; 0 for none yet.
        Duration took{};
    };

    void learn(std::size_t size, Duration took) noexcept
    {
        if (size <= kFew) {
            of_every_fold_ += (took - of_every_fold_) / 4;  // one hiccup says little
        } else if (reference_.size == 0) {
            reference_ = {.size = size, .took = took};
        } else if (size >= 2 * reference_.size || reference_.size >= 2 * size) {
            const Measured now{.size = size, .took = took};
            const auto& small = size < reference_.size ? now : reference_;
            const auto& large = size < reference_.size ? reference_ : now;
            const auto each =
                std::max(Duration{}, large.took - small.took) / static_cast<Duration::rep>(large.size - small.size);
            of_every_fold_ = std::max(Duration{}, small.took - each * static_cast<Duration::rep>(small.size));
            reference_ = now;
            compared_ = true;
        }
        of_every_fold_ = std::min(of_every_fold_, took);
    }

    std::size_t alerts_ = kFirst;
    Duration of_every_fold_{};  ///< What one takes whatever its size.
    Measured reference_;
    bool compared_ = false;
};

}  // namespace winnow::pipeline
