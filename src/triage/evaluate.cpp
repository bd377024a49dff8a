#include "triage/holds.hpp"
#include "winnow/base/ordered_text.hpp"
#include "winnow/triage/fold.hpp"

#include <boost/unordered/unordered_flat_set.hpp>

#include <algorithm>
#include <functional>
#include <set>
#include <string_view>
#include <utility>

namespace winnow::triage {

namespace {

using Keys = boost::unordered_flat_set<std::string_view, std::hash<std::string_view>>;

std::vector<std::string> sorted(const Keys& keys)
{
    std::vector<OrderedText> order;
    order.reserve(keys.size());
    for (const auto key : keys) order.emplace_back(key);
    std::ranges::sort(order);
    std::vector<std::string> list;
    list.reserve(order.size());
    for (const auto& key : order) list.emplace_back(key.text());
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
    Keys dedup_keys;
    Keys instance_keys;
    std::set<MachineKey> machines;
    for (const auto& each : batch) {
        const auto& alert = each.alert;
        const auto& evaluation = each.evaluation;
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
