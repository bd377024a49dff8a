#include "winnow/suppression/inhibition.hpp"

#include "suppression/equal_values.hpp"

#include <algorithm>
#include <tuple>
#include <unordered_set>
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

/// What the values of its labels, the keys made of them and looking these up take for one side, in steps.
std::size_t price_of_side(const std::string& text)
{
    constexpr std::size_t kLookUps = 24;
    constexpr std::size_t kBlock = 4;  // it is copied four times, and a digest is made of it three times
    return kLookUps + text.size() / kBlock;
}

}  // namespace

std::string source_key(const domain::Alert& alert)
{
    return alert.instance_key.empty() ? 'k' + alert.dedup_key : 'i' + alert.instance_key;
}

Sides sides_of(const Suppressions& suppressions, const domain::Alert& alert, Timestamp now, domain::AlertBudget& budget)
{
    Sides sides;
    Asked asked(alert, now, budget);
    std::uint32_t place = 0;
    for (const auto& inhibition : suppressions.inhibitions()) {
        if (budget.left == 0) {
            budget.over = true;
            break;
        }
        const auto judge = judge_of(inhibition);
        domain::InhibitionSide side{.inhibition = place++,
                                    .source = inhibition.source.finds(asked, judge),
                                    .target = inhibition.target.finds(asked, judge)};
        if (!side.source && !side.target) continue;
        const auto price = price_of_side(equal_text(inhibition, alert));
        if (price > budget.left) budget.over = true;
        side.source = side.source && price <= budget.left;
        side.target = side.target && price <= budget.left;
        budget.pay(judge, price, nullptr);
        if (side.source || side.target) sides.push_back(side);
    }
    return sides;
}

void SourceKeys::add(const domain::Alert& alert, Timestamp now)
{
    domain::AlertBudget budget;
    add(alert, alert.status == AlertStatus::firing ? sides_of(suppressions_, alert, now, budget) : Sides());
}

void SourceKeys::add(const domain::Alert& alert, const Sides& sides)
{
    if (suppressions_.inhibitions().empty()) return;
    keys_.keys.push_back(source_key(alert));
    for (const auto& side : sides) {
        if (!side.target) continue;
        const auto& inhibition = suppressions_.inhibitions()[side.inhibition];
        keys_.equals.emplace_back(inhibition.id, equal_key(inhibition, alert));
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
    std::unordered_set<InhibitionId> in_force;
    for (const auto& inhibition : suppressions.inhibitions()) in_force.insert(inhibition.id);
    for (std::size_t place = 0; place < sources_.size(); ++place) {
        if (!in_force.contains(sources_[place].inhibition)) continue;
        auto& own = by_key_[sources_[place].key];
        own.insert(place_of(sources_[place].inhibition, own), place);
        begin(place);
    }
}

void Inhibitor::learn(const domain::Alert& alert, const Sides& sides)
{
    if (alert.status == AlertStatus::acknowledged || suppressions_.inhibitions().empty()) return;
    const auto key = source_key(alert);
    auto known = by_key_.find(key);
    const bool is_source = std::ranges::any_of(sides, &domain::InhibitionSide::source);
    if (known == by_key_.end()) {
        if (!is_source) return;
        known = by_key_.try_emplace(key).first;
    }
    auto& own = known->second;
    if (alert.status != AlertStatus::firing) {
        // The store asks tickets and instances whether a source fires; only this batch must be told.
        for (const auto place : own) end(place);
        return;
    }
    std::unordered_set<InhibitionId> finding;
    for (const auto& side : sides) {
        if (!side.source) continue;
        const auto& inhibition = suppressions_.inhibitions()[side.inhibition];
        finding.insert(inhibition.id);
        learn(inhibition, side, alert, own);
    }
    for (const auto place : own) {
        if (finding.contains(sources_[place].inhibition)) continue;
        end(place);
        changed_[place] = true;
    }
}

std::optional<domain::Cover> Inhibitor::take(const domain::Alert& alert, Timestamp now)
{
    domain::AlertBudget budget;
    const auto sides = alert.status == AlertStatus::firing ? sides_of(suppressions_, alert, now, budget) : Sides();
    learn(alert, sides);
    return covering(alert, sides);
}

std::optional<domain::Cover> Inhibitor::covering(const domain::Alert& alert, Timestamp now) const
{
    domain::AlertBudget budget;
    return covering(alert, sides_of(suppressions_, alert, now, budget));
}

std::optional<domain::Cover> Inhibitor::covering(const domain::Alert& alert, const Sides& sides) const
{
    for (const auto& side : sides) {
        if (!side.target) continue;
        const auto& inhibition = suppressions_.inhibitions()[side.inhibition];
        const auto* source = explaining(inhibition, alert, side.source);
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

Inhibitor::Places::iterator Inhibitor::place_of(InhibitionId inhibition, Places& own) const
{
    return std::ranges::lower_bound(own, inhibition, {},
                                    [this](std::size_t place) { return sources_[place].inhibition; });
}

std::set<std::size_t>& Inhibitor::firing_like(std::size_t place)
{
    const auto& source = sources_[place];
    auto& firing = by_values_[joined(source.inhibition, source.equal)];
    return source.two_sided ? firing.two_sided : firing.one_sided;
}

void Inhibitor::begin(std::size_t place)
{
    if (sources_[place].firing) firing_like(place).insert(place);
}

void Inhibitor::end(std::size_t place)
{
    if (std::exchange(sources_[place].firing, false)) firing_like(place).erase(place);
}

void Inhibitor::learn(const Inhibition& inhibition, const domain::InhibitionSide& side, const domain::Alert& alert,
                      Places& own)
{
    InhibitionSource source{.inhibition = inhibition.id,
                            .key = source_key(alert),
                            .equal = equal_key(inhibition, alert),
                            .two_sided = side.target,
                            .firing = true};
    const auto known = place_of(inhibition.id, own);
    if (known == own.end() || sources_[*known].inhibition != inhibition.id) {
        const auto place = sources_.size();
        sources_.push_back(std::move(source));
        changed_.push_back(true);
        own.insert(known, place);
        begin(place);
        return;
    }
    if (sources_[*known] == source) return;
    end(*known);
    sources_[*known] = std::move(source);
    changed_[*known] = true;
    begin(*known);
}

const InhibitionSource* Inhibitor::explaining(const Inhibition& inhibition, const domain::Alert& alert,
                                              bool is_source) const
{
    const auto found = by_values_.find(joined(inhibition.id, equal_key(inhibition, alert)));
    if (found == by_values_.end()) return nullptr;
    const auto& [one_sided, two_sided] = found->second;
    if (!one_sided.empty()) return &sources_[*one_sided.begin()];
    if (!is_source && !two_sided.empty()) return &sources_[*two_sided.begin()];
    return nullptr;
}

}  // namespace winnow::suppression
