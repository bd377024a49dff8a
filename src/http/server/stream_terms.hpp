#pragma once

/// @file
/// Until when a stream may go on. Pure.

#include "http/server/cut_short.hpp"
#include "winnow/http/message.hpp"
#include "winnow/http/server.hpp"

#include <chrono>
#include <optional>

namespace winnow::http {

/// A stream ends at its next piece once its time is over: its bound, or earlier where the server stops or its place is
/// wanted. And its caller must not lose what it was admitted with.
class StreamTerms {
public:
    using Time = std::chrono::steady_clock::time_point;

    /// `endless`: it has no end of its own, so any is as good as another.
    StreamTerms(const Limits& limits, bool endless, Time begun) noexcept
        : limits_(limits),
          endless_(endless),
          begun_(begun),
          end_(begun + limits.stream),
          last_sure_(begun),
          ask_at_(begun + limits.recheck)
    {
    }

    [[nodiscard]] bool is_endless() const noexcept { return endless_; }

    /// The server stops, or the connection has lost its place: what has an end gets the time that any answer has.
    void hurry(CutShort why) noexcept
    {
        const auto end = endless_ ? begun_ : begun_ + limits_.write;
        if (end >= end_) return;
        end_ = end;
        why_ = why;
    }

    [[nodiscard]] Time end() const noexcept { return end_; }
    /// Why its time is over, if it is.
    [[nodiscard]] std::optional<CutShort> over(Time now) const noexcept
    {
        return now >= end_ ? std::optional(why_) : std::nullopt;
    }

    /// Whether it is time to ask whether its caller may still have it. One question at a time.
    [[nodiscard]] bool should_ask(Time now) const noexcept { return !asking_ && now >= ask_at_; }
    void ask() noexcept { asking_ = true; }
    void hear(Entitlement answer, Time now) noexcept
    {
        asking_ = false;
        ask_at_ = now + limits_.recheck;
        lost_ = lost_ || answer == Entitlement::lost;
        if (answer == Entitlement::held) last_sure_ = now;
    }
    /// Its caller may not have it any more, or nobody could tell for long.
    [[nodiscard]] bool is_lost(Time now) const noexcept
    {
        return lost_ || now - last_sure_ >= kUnsure * limits_.recheck;
    }

private:
    static constexpr int kUnsure = 10;

    const Limits& limits_;
    const bool endless_;
    const Time begun_;
    Time end_;
    CutShort why_ = CutShort::bound;
    Time last_sure_;
    Time ask_at_;
    bool asking_ = false;
    bool lost_ = false;
};

}  // namespace winnow::http
