#pragma once

/// @file
/// Memory that runs short when a test says so. A binary that links `winnow_failing_memory` has the operators new and
/// delete of failing_memory.cpp in all that it does; no allocation fails before a test asks for it.

#include <cstdint>

namespace winnow::test {

/// False under ThreadSanitizer, which brings these operators itself and links no others: there nothing ever fails.
#if __has_feature(thread_sanitizer)
inline constexpr bool kMemoryCanFail = false;
#else
inline constexpr bool kMemoryCanFail = true;
#endif

/// From here on `succeeding` allocations succeed, and then `count` of them fail. Of all threads that are not Spared.
void fail_allocations(std::int64_t succeeding, std::int64_t count) noexcept;

/// From here on none fails.
void end_of_failures() noexcept;

/// Some that were asked for are still to come. Thread-safe, as is all of this.
[[nodiscard]] bool failures_are_left() noexcept;

/// So many allocations have failed since the process began.
[[nodiscard]] std::int64_t failed_allocations() noexcept;

/// While it lives its thread finds memory. It ends on the thread on which it began.
class Spared {
public:
    Spared() noexcept;
    ~Spared();
    Spared(const Spared&) = delete;
    Spared& operator=(const Spared&) = delete;
};

}  // namespace winnow::test
