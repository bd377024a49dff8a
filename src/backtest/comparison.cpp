#include "winnow/backtest/comparison.hpp"

#include "winnow/base/text.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>
#include <variant>

namespace winnow::backtest {

namespace {

using domain::Rule;
using std::chrono::milliseconds;

/// The actions after which an alert is what it was before.
template <typename Action>
inline constexpr bool kLeavesTheAlert =
    std::is_same_v<Action, domain::DropAction> || std::is_same_v<Action, domain::SuppressAction> ||
    std::is_same_v<Action, domain::RouteAction> || std::is_same_v<Action, domain::PriorityAction> ||
    std::is_same_v<Action, domain::NoteAction> || std::is_same_v<Action, domain::ThresholdAction> ||
    std::is_same_v<Action, domain::PauseAction> || std::is_same_v<Action, domain::FlapAction>;

bool mutates(const Rule& rule)
{
    return std::ranges::any_of(rule.actions, [](const domain::Action& action) {
        return std::visit([]<typename Action>(const Action&) { return !kLeavesTheAlert<Action>; }, action);
    });
}

using Versions = std::unordered_map<RuleId, std::int64_t>;

Versions versions(const std::vector<Rule>& rules)
{
    Versions found;
    for (const auto& rule : rules) found.emplace(rule.id, rule.version);
    return found;
}

bool has(const Versions& versions, const Rule& rule)
{
    const auto it = versions.find(rule.id);
    return it != versions.end() && it->second == rule.version;
}

/// The rules that both sets have, in the order of `rules`.
std::vector<RuleId> common(const std::vector<Rule>& rules, const Versions& other)
{
    std::vector<RuleId> ids;
    for (const auto& rule : rules) {
        if (has(other, rule)) ids.push_back(rule.id);
    }
    return ids;
}

milliseconds width_for(milliseconds range)
{
    using namespace std::chrono_literals;
    for (const milliseconds width : {milliseconds(1min), milliseconds(5min), milliseconds(15min), milliseconds(1h),
                                     milliseconds(6h), milliseconds(24h), milliseconds(168h)}) {
        if (range <= width * static_cast<std::int64_t>(kMaxBuckets)) return width;
    }
    return range / static_cast<std::int64_t>(kMaxBuckets) + milliseconds(1);
}

}  // namespace

std::string_view to_string(Difference difference) noexcept
{
    switch (difference) {
        case Difference::newly_dropped: return "newly_dropped";
        case Difference::no_longer_dropped: return "no_longer_dropped";
        case Difference::newly_suppressed: return "newly_suppressed";
        case Difference::no_longer_suppressed: return "no_longer_suppressed";
        case Difference::newly_held: return "newly_held";
        case Difference::no_longer_held: return "no_longer_held";
        case Difference::newly_told: return "newly_told";
        case Difference::no_longer_told: return "no_longer_told";
        case Difference::severity_changed: return "severity_changed";
        case Difference::route_changed: return "route_changed";
    }
    return "";
}

std::string_view to_string(RuleChange change) noexcept
{
    switch (change) {
        case RuleChange::unchanged: return "unchanged";
        case RuleChange::added: return "added";
        case RuleChange::changed: return "changed";
        case RuleChange::removed: return "removed";
    }
    return "";
}

Comparison::Comparison(Question question) : default_route_(std::move(question.default_route))
{
    std::ranges::sort(default_route_);
    report_.from = question.from;
    const auto range = std::max(question.until - question.from, milliseconds(1));
    report_.bucket_width = width_for(range);
    const auto buckets = (range + report_.bucket_width - milliseconds(1)) / report_.bucket_width;
    report_.buckets.resize(static_cast<std::size_t>(buckets));
    index_rules(question);
    compile(question);
}

void Comparison::index_rules(const Question& question)
{
    const auto live = versions(question.live);
    const auto draft = versions(question.draft);
    std::size_t series = 0;
    const auto add = [&](const Rule& rule, RuleChange change) {
        RuleCount entry;
        entry.id = rule.id;
        entry.name = rule.name;
        entry.change = change;
        const bool follow = change == RuleChange::added || change == RuleChange::changed;
        if (follow && series++ < kMaxSeries) entry.over_time.resize(report_.buckets.size());
        auto& known = known_[rule.id];
        known = {.index = static_cast<std::uint32_t>(report_.rules.size()),
                 .differs = change != RuleChange::unchanged,
                 .mutates = mutates(rule)};
        report_.rules.push_back(std::move(entry));
    };
    for (const auto& rule : question.draft) {
        add(rule, has(live, rule)          ? RuleChange::unchanged
                  : live.contains(rule.id) ? RuleChange::changed
                                           : RuleChange::added);
    }
    for (const auto& rule : question.live) {
        if (!draft.contains(rule.id)) add(rule, RuleChange::removed);
    }
    draft_mutates_ = std::ranges::any_of(question.draft, mutates);
}

/// Where the draft is the live set but for a few rules, most alerts are judged alike: neither a rule that only the
/// draft has nor one that only the live set has matches. Then one evaluation and a look at the few does for two.
void Comparison::compile(const Question& question)
{
    live_ = question.live_set ? question.live_set : rules::RuleSet::compile(question.live);
    draft_ = rules::RuleSet::compile(question.draft, live_.get());
    const auto live = versions(question.live);
    const auto draft = versions(question.draft);
    if (common(question.draft, live) != common(question.live, draft)) return;
    std::vector<Rule> gone;
    for (const auto& rule : question.live) {
        if (has(draft, rule)) continue;
        gone.push_back(rule);
        gone.back().stop = false;  // each is asked, and none may change the alert for the next
        gone.back().actions = {domain::SuppressAction{}};
    }
    same_ = gone.empty() && question.draft.size() == question.live.size();
    if (gone.size() <= question.live.size() / 4) gone_ = rules::RuleSet::compile(gone);
}

/// False only where the live set certainly did the same, `gone_` having found nothing in the alert as it came. After
/// a rule that changed the alert, the live set's own rules would have seen another one than `gone_`.
bool Comparison::may_differ(const rules::Evaluation& draft) const
{
    if (!draft.failures.empty()) return true;
    return std::ranges::any_of(draft.matches, [&](const domain::RuleMatch& match) {
        const auto& known = known_.find(match.rule_id)->second;
        return known.differs || (known.mutates && gone_->size() > 0);
    });
}

Outcome Comparison::outcome(const rules::Evaluation& evaluation, const domain::Alert& alert) const
{
    Outcome out;
    out.dropped = evaluation.dropped;
    out.suppressed = !evaluation.dropped && evaluation.suppressed;
    out.severity = alert.severity;
    if (alert.status != domain::AlertStatus::firing || out.dropped || out.suppressed) return out;
    out.held = !evaluation.holds.empty();
    if (out.held) return out;
    out.told = !evaluation.route.empty() || !default_route_.empty();
    out.route = evaluation.route;
    std::ranges::sort(out.route);
    return out;
}

void Comparison::count(const Outcome& outcome, bool matched, Tally& total, Tally& bucket) const
{
    for (auto* tally : {&total, &bucket}) {
        tally->matched += matched ? 1 : 0;
        tally->dropped += outcome.dropped ? 1 : 0;
        tally->suppressed += outcome.suppressed ? 1 : 0;
        tally->held += outcome.held ? 1 : 0;
        tally->told += outcome.told ? 1 : 0;
    }
}

void Comparison::count_matches(const rules::Evaluation& draft, const rules::Evaluation& live, std::size_t bucket)
{
    for (const auto& match : draft.matches) {
        auto& rule = report_.rules[known_.find(match.rule_id)->second.index];
        ++rule.draft_matches;
        if (!rule.over_time.empty()) ++rule.over_time[bucket];
    }
    for (const auto& match : live.matches) ++report_.rules[known_.find(match.rule_id)->second.index].live_matches;
}

std::vector<std::string> Comparison::names(const rules::Evaluation& evaluation) const
{
    constexpr std::size_t kMaxNames = 8;
    std::vector<std::string> out;
    for (const auto& match : evaluation.matches) {
        if (out.size() >= kMaxNames) break;
        out.push_back(report_.rules[known_.find(match.rule_id)->second.index].name);
    }
    return out;
}

void Comparison::note(Difference difference, const Sample& facts)
{
    const auto index = static_cast<std::size_t>(difference);
    ++report_.differences[index];
    if (report_.samples[index].size() < kMaxSamples) report_.samples[index].push_back(facts);
}

void Comparison::add(AlertId id, domain::Alert& alert)
{
    const auto now = alert.received_at;
    ++report_.read;
    report_.read_until = std::max(report_.read_until.value_or(now), now);
    const auto passed = std::max(now - report_.from, milliseconds(0)) / report_.bucket_width;
    const auto at = std::min(static_cast<std::size_t>(passed), report_.buckets.size() - 1);
    auto& bucket = report_.buckets[at];
    ++bucket.read;

    bool alike = same_;
    if (!same_ && gone_) {
        const auto gone = gone_->size() == 0 ? rules::Evaluation() : gone_->evaluate(alert, now);
        alike = gone.matches.empty() && gone.failures.empty();
    }
    const bool keep = !same_ && draft_mutates_;
    if (keep) original_ = alert;
    const auto draft = draft_->evaluate(alert, now);
    report_.draft_failures += draft.failures.size();
    auto after_draft = outcome(draft, alert);
    count(after_draft, !draft.matches.empty(), report_.draft, bucket.draft);
    if (same_ || (alike && !may_differ(draft))) {
        count(after_draft, !draft.matches.empty(), report_.live, bucket.live);
        count_matches(draft, draft, at);
        return;
    }

    auto& untouched = keep ? original_ : alert;
    const auto live = live_->evaluate(untouched, now);
    auto after_live = outcome(live, untouched);
    count(after_live, !live.matches.empty(), report_.live, bucket.live);
    count_matches(draft, live, at);
    if (after_draft == after_live) return;
    for (auto* outcome : {&after_draft, &after_live}) {
        if (outcome->told && outcome->route.empty()) outcome->route = default_route_;
    }
    after_draft.rules = names(draft);
    after_live.rules = names(live);
    compare({.alert = id,
             .received_at = now,
             .title = std::string(truncate_utf8(alert.title, kMaxSampleTitle)),
             .draft = std::move(after_draft),
             .live = std::move(after_live)});
}

void Comparison::compare(const Sample& facts)
{
    const auto& draft = facts.draft;
    const auto& live = facts.live;
    const bool severity = !draft.dropped && !live.dropped && draft.severity != live.severity;
    const bool route = draft.told && live.told && draft.route != live.route;
    const std::array<bool, kDifferences> differs{draft.dropped && !live.dropped,
                                                 !draft.dropped && live.dropped,
                                                 draft.suppressed && !live.suppressed,
                                                 !draft.suppressed && live.suppressed,
                                                 draft.held && !live.held,
                                                 !draft.held && live.held,
                                                 draft.told && !live.told,
                                                 !draft.told && live.told,
                                                 severity,
                                                 route};
    for (std::size_t i = 0; i < kDifferences; ++i) {
        if (differs[i]) note(static_cast<Difference>(i), facts);
    }
}

}  // namespace winnow::backtest
