#pragma once

/// @file
/// What work costs, however busy the machine is.

#include <chrono>
#include <ctime>

namespace winnow::observe {

/// The time that the calling thread has spent on a processor so far. Thread-safe; takes about 0.3 us.
[[nodiscard]] inline std::chrono::nanoseconds processor_time() noexcept
{
    timespec spent{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
    return std::chrono::seconds{spent.tv_sec} + std::chrono::nanoseconds{spent.tv_nsec};
}

}  // namespace winnow::observe
