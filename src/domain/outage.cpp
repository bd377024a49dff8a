#include "winnow/domain/outage.hpp"

#include <algorithm>
#include <functional>
#include <vector>

namespace winnow::domain {

std::chrono::milliseconds dead_time(std::span<const Outage> outages, Timestamp from, Timestamp until)
{
    std::vector<Outage> sorted(outages.begin(), outages.end());
    std::ranges::sort(sorted, {}, &Outage::began);
    std::chrono::milliseconds dead{0};
    auto counted = from;  // up to where
    for (const auto& [began, ended] : sorted) {
        const auto begin = std::max(began, counted);
        const auto end = std::min(ended, until);
        if (end <= begin) continue;
        dead += end - begin;
        counted = end;
    }
    return dead;
}

Timestamp judged_until(std::span<const Outage> outages, Timestamp until, std::chrono::milliseconds grace)
{
    std::vector<Outage> latest_first(outages.begin(), outages.end());
    std::ranges::sort(latest_first, std::greater(), &Outage::ended);
    for (const auto& [began, ended] : latest_first) {
        if (ended + grace <= until) break;
        until = std::min(until, began);
    }
    return until;
}

}  // namespace winnow::domain
