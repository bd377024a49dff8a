#include "winnow/suppression/inhibition.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace winnow::suppression {

namespace {

using domain::AlertStatus;
using domain::InhibitionSource;

std::string joined(InhibitionId id, const std::string& text)
{
    const auto& bytes = id.value().bytes();
    return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()) + text;
}

/// No two lists of values give the same text.
std::string equal_values(const Suppressions::CompiledInhibition& inhibition, const domain::Alert& alert)
{
    std::string text;
    for (const auto& label : inhibition.equal) {
        const auto value = label.value_in(alert);
        text += std::to_string(value.size()) + ':' + value + ';';
    }
    return text;
}

template <typename T>
void make_unique(std::vector<T>& list)
{
    std::ranges::sort(list);
    list.erase(std::ranges::unique(list).begin(), list.end());
}

domain::Judge judge_of(const Suppressions::CompiledInhibition& inhibition)
{
    return {.kind = domain::JudgeKind::inhibition, .id = inhibition.id.value()};
}

domain::Cover cover_of(const Suppressions::CompiledInhibition& inhibition, const InhibitionSource& source)
{
    return {.cause = {.kind = domain::QuietKind::inhibition, .id = inhibition.id.value()},
            .reason = inhibition.reason,
            .until = std::nullopt,
            .source_key = source.key};
}

}  // namespace

std::string source_key(const domain::Alert& alert)
{
    return alert.instance_key.empty() ? 'k' + alert.dedup_key : 'i' + alert.instance_key;
}

void SourceKeys::add(const domain::Alert& alert, Timestamp now)
{
    domain::AlertBudget budget;
    add(alert, now, budget);
}

void SourceKeys::add(const domain::Alert& alert, Timestamp now, domain::AlertBudget& budget)
{
    if (suppressions_.inhibitions().empty()) return;
    keys_.keys.push_back(source_key(alert));
    if (alert.status != AlertStatus::firing) return;
    Asked asked(alert, now, budget);
    for (const auto& inhibition : suppressions_.inhibitions()) {
        if (inhibition.target.finds(asked, judge_of(inhibition))) {
            keys_.equals.emplace_back(inhibition.id, equal_values(inhibition, alert));
        }
    }
}

domain::InhibitionSourceKeys SourceKeys::take() &&
{
    make_unique(keys_.keys);
    make_unique(keys_.equals);
    return std::move(keys_);
}

Inhibitor::Inhibitor(const Suppressions& suppressions, std::vector<InhibitionSource> firing)
    : suppressions_(suppressions), sources_(std::move(firing)), changed_(sources_.size(), false)
{
    for (std::size_t i = 0; i < sources_.size(); ++i) {
        by_values_[joined(sources_[i].inhibition, sources_[i].equal)].push_back(i);
        by_key_.emplace(joined(sources_[i].inhibition, sources_[i].key), i);
    }
}

void Inhibitor::learn(const domain::Alert& alert, Timestamp now)
{
    domain::AlertBudget budget;
    learn(alert, now, budget);
}

void Inhibitor::learn(const domain::Alert& alert, Timestamp now, domain::AlertBudget& budget)
{
    Asked asked(alert, now, budget);
    if (alert.status == AlertStatus::acknowledged) return;
    for (const auto& inhibition : suppressions_.inhibitions()) {
        if (alert.status == AlertStatus::firing) {
            learn(inhibition, asked);
        } else if (const auto* known = index_of(inhibition.id, source_key(alert))) {
            // The store asks tickets and instances whether a source fires; only this batch must be told.
            sources_[*known].firing = false;
        }
    }
}

std::optional<domain::Cover> Inhibitor::take(const domain::Alert& alert, Timestamp now)
{
    learn(alert, now);
    return alert.status == AlertStatus::firing ? covering(alert, now) : std::nullopt;
}

std::optional<domain::Cover> Inhibitor::covering(const domain::Alert& alert, Timestamp now) const
{
    domain::AlertBudget budget;
    return covering(alert, now, budget);
}

std::optional<domain::Cover> Inhibitor::covering(const domain::Alert& alert, Timestamp now,
                                                 domain::AlertBudget& budget) const
{
    Asked asked(alert, now, budget);
    for (const auto& inhibition : suppressions_.inhibitions()) {
        const auto judge = judge_of(inhibition);
        if (!inhibition.target.finds(asked, judge)) continue;
        const auto* source = explaining(inhibition, alert, inhibition.source.finds(asked, judge));
        if (source != nullptr) return cover_of(inhibition, *source);
    }
    return std::nullopt;
}

std::vector<InhibitionSource> Inhibitor::changes() &&
{
    std::vector<InhibitionSource> changes;
    for (std::size_t i = 0; i < sources_.size(); ++i) {
        if (changed_[i]) changes.push_back(std::move(sources_[i]));
    }
    std::ranges::sort(changes, {}, [](const InhibitionSource& s) { return std::tie(s.inhibition, s.key); });
    return changes;
}

std::size_t* Inhibitor::index_of(InhibitionId inhibition, const std::string& key)
{
    const auto found = by_key_.find(joined(inhibition, key));
    return found == by_key_.end() ? nullptr : &found->second;
}

void Inhibitor::learn(const Inhibition& inhibition, Asked& asked)
{
    const auto judge = judge_of(inhibition);
    const auto& alert = asked.alert();
    const auto key = source_key(alert);
    const auto* known = index_of(inhibition.id, key);
    if (!inhibition.source.finds(asked, judge)) {
        if (known == nullptr) return;
        sources_[*known].firing = false;
        changed_[*known] = true;
        return;
    }
    InhibitionSource source{.inhibition = inhibition.id,
                            .key = key,
                            .equal = equal_values(inhibition, alert),
                            .two_sided = inhibition.target.finds(asked, judge),
                            .firing = true};
    if (known == nullptr) {
        const auto index = sources_.size();
        by_values_[joined(inhibition.id, source.equal)].push_back(index);
        by_key_.emplace(joined(inhibition.id, key), index);
        sources_.push_back(std::move(source));
        changed_.push_back(true);
        return;
    }
    if (sources_[*known] == source) return;
    if (sources_[*known].equal != source.equal) by_values_[joined(inhibition.id, source.equal)].push_back(*known);
    sources_[*known] = std::move(source);
    changed_[*known] = true;
}

const InhibitionSource* Inhibitor::explaining(const Inhibition& inhibition, const domain::Alert& alert,
                                              bool is_source) const
{
    const auto equal = equal_values(inhibition, alert);
    const auto found = by_values_.find(joined(inhibition.id, equal));
    if (found == by_values_.end()) return nullptr;
    for (const auto index : found->second) {
        const auto& source = sources_[index];
        // Its values may have changed since it was put under these.
        if (!source.firing || source.equal != equal || (is_source && source.two_sided)) continue;
        return &source;
    }
    return nullptr;
}

}  // namespace winnow::suppression
