#pragma once

/// @file
/// How long a tenant's fold may take, and its worker leaves it alone. Private to pipeline.

#include <algorithm>
#include <chrono>

namespace winnow::pipeline {

/// A journal row cannot be made smaller. Where one owes more than can be stored in the usual time it is given more and
/// more of it, because its tenant's alerts all wait behind it. Pure.
class FoldPatience {
public:
    using Duration = std::chrono::steady_clock::duration;

    static constexpr std::chrono::milliseconds kFirst{30'000};
    static constexpr std::chrono::milliseconds kMost{300'000};
    static constexpr std::chrono::milliseconds kLongestPause{5'000};

    /// For the next attempt; zero: the store's usual.
    [[nodiscard]] std::chrono::milliseconds given() const noexcept { return given_; }

    /// How long the other tenants of the worker have it to themselves. One failure may be the database's: it froze for
    /// some seconds, and what is due should be stored as soon as it is back.
    [[nodiscard]] Duration pause() const noexcept { return pause_; }

    /// A fold was not stored in time; `alone`: it is a single row.
    void failed(Duration took, bool alone) noexcept
    {
        if (failed_) pause_ = std::min<Duration>(2 * took, kLongestPause);
        failed_ = true;
        if (alone) given_ = std::clamp(2 * given_, kFirst, kMost);
    }

    /// It was stored, or somebody else did.
    void done() noexcept { *this = {}; }

private:
    std::chrono::milliseconds given_{0};
    Duration pause_{};
    bool failed_ = false;
};

}  // namespace winnow::pipeline
