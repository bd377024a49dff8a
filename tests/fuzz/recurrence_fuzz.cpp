/// @file
/// Any text as a recurrence rule from any start: refused with a reason, or expanded in order, the same from wherever
/// one looks, and within its end.

#include "winnow/calendar/series.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

namespace {

using namespace winnow::calendar;

void require(bool holds)
{
    if (!holds) std::abort();
}

std::vector<WallTime> walk(const Series& series, WallTime from, std::size_t most)
{
    std::vector<WallTime> found;
    auto cursor = series.from(from);
    while (found.size() < most) {
        const auto next = cursor.next();
        if (!next) break;
        require(*next >= from && (found.empty() || *next > found.back()));
        found.push_back(*next);
    }
    return found;
}

}  // namespace

/// Six bytes of start, two of how far to look, then the rule.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    constexpr std::size_t kHead = 8;
    if (size < kHead) return 0;
    std::uint64_t head = 0;
    std::memcpy(&head, data, kHead);
    // Seconds from before the year 0 to after 9999.
    const WallTime start(
        std::chrono::seconds(static_cast<std::int64_t>(head & 0xFFFF'FFFF'FFFFULL) % 320'000'000'000 - 62'200'000'000));
    const auto skip = head >> 48U;
    const auto rule = parse_rule({reinterpret_cast<const char*>(data) + kHead, size - kHead});
    if (!rule) {
        require(!rule.error().message().empty());
        return 0;
    }
    const auto until = rule->until ? std::optional(rule->until->at) : std::nullopt;
    const auto series = Series::make(*rule, start, until);
    if (!series) {
        require(!series.error().message().empty());
        return 0;
    }
    const auto found = walk(*series, start, 50);
    require(!found.empty() && found.front() >= start && (!until || found.back() <= *until));
    require(rule->count == 0 || found.size() <= rule->count);
    // From any of them on, and from just after, it is the same.
    const auto place = skip % found.size();
    require(walk(*series, found[place], 50 - place) ==
            std::vector(found.begin() + static_cast<std::ptrdiff_t>(place), found.end()));
    const auto after = walk(*series, found[place] + std::chrono::seconds(1), 1);
    if (place + 1 < found.size()) require(after.size() == 1 && after.front() == found[place + 1]);
    // Far away it is asked for without harm.
    walk(*series, start + std::chrono::seconds(skip * 50'000'000), 3);
    return 0;
}
