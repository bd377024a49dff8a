#include "winnow/domain/cost_ladder.hpp"

#include <algorithm>
#include <utility>

namespace winnow::domain {

std::string_view to_string(CostState state) noexcept
{
    switch (state) {
        case CostState::fine: return "fine";
        case CostState::warned: return "warned";
        case CostState::set_aside: return "set_aside";
        case CostState::until_edited: return "until_edited";
    }
    return "fine";
}

CostState state_of(const CostRecord& record, Timestamp now)
{
    if (record.for_good) return CostState::until_edited;
    if (record.until && now < *record.until) return CostState::set_aside;
    const auto is_recent = [&](const CostRecord::Overrun& overrun) {
        return overrun.at + CostLadder::kWindow > now;
    };
    const bool warned =
        std::ranges::any_of(record.recent, is_recent) || (record.until && *record.until + CostLadder::kWindow > now);
    return warned ? CostState::warned : CostState::fine;
}

CostRecord after_overrun(CostRecord record, CostRecord::Overrun overrun)
{
    if (is_set_aside(state_of(record, overrun.at))) return record;
    ++record.overruns;
    record.sum += overrun.cost;
    record.most = std::max(record.most, overrun.cost);
    record.recent.insert(std::ranges::upper_bound(record.recent, overrun.at, {}, &CostRecord::Overrun::at), overrun);
    const auto latest = record.recent.back().at;
    std::erase_if(record.recent, [&](const auto& each) { return each.at + CostLadder::kWindow <= latest; });
    std::erase_if(record.set_aside, [&](Timestamp at) { return at + CostLadder::kDay <= latest; });
    std::chrono::nanoseconds cost{0};
    for (const auto& each : record.recent) cost += each.cost;
    if (record.recent.size() < CostLadder::kOverruns && cost < CostLadder::kCost) return record;
    record.recent.clear();
    record.set_aside.push_back(latest);
    record.until = latest + CostLadder::kSetAside;
    record.for_good = record.set_aside.size() >= CostLadder::kTimes;
    return record;
}

}  // namespace winnow::domain
