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

void Signals::release()
{
    pthread_sigmask(SIG_UNBLOCK, &held_, nullptr);
}

}  // namespace winnow::app
