#include "api/rules/rule_order.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <unordered_map>
#include <unordered_set>

namespace winnow::api {

bool reaches_beyond(const RuleOrder& moved, std::int32_t last)
{
    return std::ranges::any_of(moved, [last](const auto& each) { return each.second > last; });
}

std::int32_t position_at_end(const RuleOrder& order)
{
    return order.empty() ? 1 : order.back().second + 1;
}

RuleOrder make_room(const RuleOrder& order, std::int32_t position, RuleId rule)
{
    RuleOrder moved;
    auto wanted = position;
    for (const auto& [id, taken] : order) {
        if (taken < wanted || id == rule) continue;
        if (taken > wanted) break;
        moved.emplace_back(id, taken + 1);
        wanted = taken + 1;
    }
    return moved;
}

std::vector<FieldError> reorder_errors(const RuleOrder& order, const std::vector<RuleId>& wanted)
{
    std::vector<FieldError> errors;
    std::unordered_set<RuleId> missing;
    for (const auto& [id, position] : order) missing.insert(id);
    const auto known = missing;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (missing.erase(wanted[i]) > 0) continue;
        errors.push_back({.pointer = "/ids/" + std::to_string(i),
                          .detail = known.contains(wanted[i]) ? "stands in the list twice" : "there is no such rule"});
    }
    for (const auto& [id, position] : order) {
        if (!missing.contains(id)) continue;
        errors.push_back({.pointer = "/ids",
                          .detail = "must name every rule; " + std::to_string(missing.size()) +
                                    " are missing, the first of them " + id.str()});
        break;
    }
    return errors;
}

RuleOrder renumbered(const RuleOrder& order, const std::vector<RuleId>& wanted)
{
    const std::unordered_map<RuleId, std::int32_t> positions(order.begin(), order.end());
    RuleOrder moved;
    std::int32_t position = 0;
    for (const auto& id : wanted) {
        ++position;
        const auto it = positions.find(id);
        if (it != positions.end() && it->second != position) moved.emplace_back(id, position);
    }
    return moved;
}

}  // namespace winnow::api
