#include "app/signals.hpp"

namespace winnow::app {

Signals::Signals()
{
    std::signal(SIGPIPE, SIG_IGN);  // a peer that has gone is an error of write(), not an end of the process
    sigemptyset(&held_);
    sigaddset(&held_, SIGTERM);
    sigaddset(&held_, SIGINT);
    sigaddset(&held_, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &held_, nullptr);
}

bool Signals::wait_for_reload()
{
    int signal = 0;
    while (sigwait(&held_, &signal) != 0) {
    }
    return signal == SIGHUP;
}

bool Signals::asked_to_stop_within(std::chrono::milliseconds time)
{
    const auto until = std::chrono::steady_clock::now() + time;
    while (true) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        if (left.count() <= 0) return false;
        constexpr long kMillisecondsASecond = 1'000;
        constexpr long kNanosecondsAMillisecond = 1'000'000;
        const timespec wait{.tv_sec = left.count() / kMillisecondsASecond,
                            .tv_nsec = left.count() % kMillisecondsASecond * kNanosecondsAMillisecond};
        const int signal = sigtimedwait(&held_, nullptr, &wait);
        if (signal == SIGTERM || signal == SIGINT) return true;
    }
}

void Signals::release()
{
    pthread_sigmask(SIG_UNBLOCK, &held_, nullptr);
}

}  // namespace winnow::app
