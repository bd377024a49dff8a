#include "pipeline/time/clock_watch.hpp"

#include <utility>

namespace winnow::pipeline {

std::optional<std::chrono::milliseconds> ClockWatch::look(Timestamp database, Instant steady)
{
    const bool first = !steady_;
    const auto expected = now(steady);
    steady_ = steady;
    database_ = database;
    std::erase_if(left_out_, [&](const auto& gone) { return gone.ended < database - kKept; });
    if (first) return std::nullopt;
    const auto jump = database - expected;
    if (jump > kJump) left_out_.push_back({.began = expected, .ended = database});
    if (jump > kJump || jump < -kJump) return jump;
    return std::nullopt;
}

Timestamp ClockWatch::now(Instant steady) const
{
    if (!steady_) return {};
    return database_ + std::chrono::floor<Timestamp::duration>(steady - *steady_);
}

}  // namespace winnow::pipeline
