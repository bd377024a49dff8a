#include "support/failing_memory.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

namespace winnow::test {

namespace {

std::atomic<std::int64_t> succeeding{0};
std::atomic<std::int64_t> failing{0};
std::atomic<std::int64_t> failed{0};
thread_local int spared = 0;

[[maybe_unused]] bool fails() noexcept
{
    if (spared > 0 || failing.load(std::memory_order_relaxed) <= 0) return false;
    if (succeeding.fetch_sub(1) > 0 || failing.fetch_sub(1) <= 0) return false;
    ++failed;
    return true;
}

}  // namespace

void fail_allocations(std::int64_t succeed, std::int64_t count) noexcept
{
    failing = 0;  // first: what another thread allocates meanwhile is not counted
    succeeding = succeed;
    failing = count;
}

void end_of_failures() noexcept
{
    failing = 0;
}

bool failures_are_left() noexcept
{
    return failing > 0;
}

std::int64_t failed_allocations() noexcept
{
    return failed;
}

Spared::Spared() noexcept
{
    ++spared;
}

Spared::~Spared()
{
    --spared;
}

}  // namespace winnow::test

// AddressSanitizer's own would be called for what is not replaced here, and memory of its must not be freed by ours.
#if !__has_feature(thread_sanitizer)
// NOLINTBEGIN(cppcoreguidelines-no-malloc,cppcoreguidelines-owning-memory,misc-definitions-in-headers)
void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept
{
    return winnow::test::fails() ? nullptr : std::malloc(size == 0 ? 1 : size);
}
void* operator new(std::size_t size)
{
    void* const memory = operator new(size, std::nothrow);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}
void operator delete(void* memory) noexcept
{
    std::free(memory);
}
void operator delete(void* memory, std::size_t /*size*/) noexcept
{
    std::free(memory);
}
// NOLINTEND(cppcoreguidelines-no-malloc,cppcoreguidelines-owning-memory,misc-definitions-in-headers)
#endif
