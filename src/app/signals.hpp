#pragma once

/// @file
/// How the world asks a server process to stop or to look at its certificates.

#include <chrono>
#include <csignal>

namespace winnow::app {

/// Holds SIGTERM, SIGINT and SIGHUP back from every thread made after it, so that one thread can wait for them.
/// SIGPIPE is ignored for good. Make it before any other thread.
class Signals {
public:
    Signals();
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;

    /// Waits. True: SIGHUP, reload; false: stop.
    [[nodiscard]] bool wait_for_reload();

    /// Waits for at most `time`. True: stop. A SIGHUP meanwhile asks for nothing: no certificate has been read yet.
    [[nodiscard]] bool asked_to_stop_within(std::chrono::milliseconds time);

    /// From now on a second SIGTERM or SIGINT ends the process at once.
    void release();

private:
    sigset_t held_{};
};

}  // namespace winnow::app
