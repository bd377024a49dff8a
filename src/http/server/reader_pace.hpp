#pragma once

/// @file
/// The Pace of a connection's peer, by what it has acknowledged.

#include "http/wire/pace.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace winnow::http {

/// What the peer has taken is asked of the kernel whenever it matters. What was written tells less: a socket takes it
/// in steps of up to a hundred kilobytes, so that a slow and steady reader shows no progress for long.
class ReaderPace {
public:
    using Clock = Pace::Clock;

    /// `socket`: a TCP socket's descriptor, which must outlive it. The rest: as Pace has them.
    ReaderPace(int socket, std::chrono::milliseconds period, std::size_t rate) noexcept;

    /// Its socket takes no more at the moment: until when it may go on like that. Not after `now`: its time is up.
    [[nodiscard]] Clock::time_point deadline(Clock::time_point now) noexcept;

    void rest(Clock::time_point now) noexcept { pace_.rest(now); }    ///< There is nothing to take from now on …
    void go_on(Clock::time_point now) noexcept { pace_.go_on(now); }  ///< … until now.

private:
    const int socket_;
    Pace pace_;
    std::uint64_t acknowledged_;  ///< Bytes in all, when it was asked last.
};

}  // namespace winnow::http
