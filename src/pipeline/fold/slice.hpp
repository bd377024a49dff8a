#pragma once

/// @file
/// How long one turn of a tenant evaluates. Private to pipeline.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

namespace winnow::pipeline {

/// Time is a thread's own: what counts is what an alert costs, and not how busy the machine is. A turn is over when
/// the short length is spent and others wait, or the long one in any case. An alert is never interrupted here; what one
/// may cost is bounded by its budget. Pure but for what it is given.
class Slice {
public:
    using Spent = std::function<std::chrono::nanoseconds()>;  ///< By the thread so far, from any beginning.
    using OthersWait = std::function<bool()>;

    struct Lengths {
        std::chrono::milliseconds shorter;
        std::chrono::milliseconds longer;
    };
    static constexpr Lengths kTriage{.shorter = std::chrono::milliseconds{10},
                                     .longer = std::chrono::milliseconds{100}};

    Slice(Spent spent, OthersWait others_wait, Lengths lengths = kTriage)
        : spent_(std::move(spent)),
          others_wait_(std::move(others_wait)),
          lengths_(lengths),
          begun_(spent_()),
          looked_(begun_)
    {
    }

    /// To be asked after each alert. Looks at the clock after each that is dear, and now and then where they are cheap.
    [[nodiscard]] bool is_over()
    {
        if (++alerts_ < stride_) return false;
        const auto now = spent_();
        stride_ = now - looked_ > kCheap * static_cast<std::int64_t>(alerts_) ? 1 : std::min(2 * stride_, kMostAlerts);
        alerts_ = 0;
        looked_ = now;
        const auto spent = now - begun_;
        return spent >= lengths_.longer || (spent >= lengths_.shorter && others_wait_());
    }

private:
    static constexpr std::chrono::microseconds kCheap{20};  ///< An alert.
    static constexpr std::size_t kMostAlerts = 16;

    Spent spent_;
    OthersWait others_wait_;
    Lengths lengths_;
    std::chrono::nanoseconds begun_;
    std::chrono::nanoseconds looked_;
    std::size_t alerts_ = 0;
    std::size_t stride_ = 1;
};

}  // namespace winnow::pipeline
