#include "triage/holds.hpp"
#include "winnow/triage/fold.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace winnow::triage {

namespace {

std::vector<std::string> sorted(const std::unordered_set<std::string_view>& keys)
{
    std::vector<std::string> list(keys.begin(), keys.end());
    std::ranges::sort(list);
    return list;
}

}  // namespace

void evaluate(const rules::RuleSet& rules, std::vector<Evaluated>& batch)
{
    if (rules.size() == 0) return;
    for (auto& each : batch) each.evaluation = rules.evaluate(each.alert, each.alert.received_at);
}

StateKeys keys_of(const std::vector<Evaluated>& batch)
{
    // Sets first: a flood repeats few keys often, and sorting the repeats would cost more than the fold.
    std::unordered_set<std::string_view> dedup_keys;
    std::unordered_set<std::string_view> instance_keys;
    std::set<MachineKey> machines;
    for (const auto& [position, alert, evaluation, cover, sides, names] : batch) {
        if (evaluation.dropped) continue;
        dedup_keys.insert(alert.dedup_key);
        if (!alert.instance_key.empty()) instance_keys.insert(alert.instance_key);
        for (const auto& hold : evaluation.holds) {
            if (auto key = machine_key(hold, alert)) machines.insert(*std::move(key));
        }
    }
    return {.dedup_keys = sorted(dedup_keys),
            .instance_keys = sorted(instance_keys),
            .sources = {},
            .machines = {machines.begin(), machines.end()}};
}

}  // namespace winnow::triage
