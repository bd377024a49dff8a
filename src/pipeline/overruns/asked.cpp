#include "pipeline/overruns/asked.hpp"

#include <algorithm>
#include <unordered_map>
#include <vector>

namespace winnow::pipeline {

namespace {

using domain::JudgeKind;
using domain::SetAside;

template <typename Thing>
std::vector<Thing> asked(const std::vector<Thing>& all, JudgeKind kind,
                         const std::unordered_map<Uuid, const SetAside*>& aside)
{
    std::vector<Thing> rest;
    rest.reserve(all.size());
    for (const auto& thing : all) {
        const auto at = aside.find(thing.id.value());
        const bool is_aside =
            at != aside.end() && at->second->judge.kind == kind && at->second->version == thing.version;
        if (!is_aside) rest.push_back(thing);
    }
    return rest;
}

}  // namespace

domain::TenantConfig asked_of(const domain::TenantConfig& config)
{
    std::unordered_map<Uuid, const SetAside*> aside;
    for (const auto& each : config.set_asides) aside.emplace(each.judge.id, &each);
    domain::TenantConfig rest;
    rest.rules = asked(config.rules, JudgeKind::rule, aside);
    rest.silences = asked(config.silences, JudgeKind::silence, aside);
    rest.windows = asked(config.windows, JudgeKind::maintenance_window, aside);
    rest.inhibitions = asked(config.inhibitions, JudgeKind::inhibition, aside);
    return rest;
}

std::optional<std::chrono::milliseconds> first_asked_again(const domain::TenantConfig& config)
{
    std::optional<std::chrono::milliseconds> first;
    for (const auto& each : config.set_asides) {
        if (each.left && (!first || *each.left < *first)) first = each.left;
    }
    return first;
}

}  // namespace winnow::pipeline
