#include "winnow/backtest/comparison.hpp"

#include "winnow/base/text.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <optional>
#include <type_traits>
#include <unordered_set>
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

/// The most rules that both sets have in the same order.
std::unordered_set<RuleId> kept_rules(const std::vector<Rule>& draft, const std::vector<Rule>& live)
{
    std::unordered_map<RuleId, std::size_t> places;
    for (std::size_t i = 0; i < live.size(); ++i) places.emplace(live[i].id, i);
    // The longest rising row of live places, by what each row of a length ends with at best.
    struct End {
        std::size_t place = 0;
        std::size_t rule = 0;  // in the draft
    };
    std::vector<End> ends;
    std::vector<std::optional<std::size_t>> before(draft.size());
    for (std::size_t i = 0; i < draft.size(); ++i) {
        const auto found = places.find(draft[i].id);
        if (found == places.end() || live[found->second].version != draft[i].version) continue;
        const auto at = std::ranges::lower_bound(ends, found->second, {}, &End::place);
        if (at != ends.begin()) before[i] = std::prev(at)->rule;
        if (at == ends.end()) {
            ends.push_back({found->second, i});
        } else {
            *at = {found->second, i};
        }
    }
    std::unordered_set<RuleId> kept;
    auto rule = ends.empty() ? std::nullopt : std::optional(ends.back().rule);
    for (; rule; rule = before[*rule]) kept.insert(draft[*rule].id);
    return kept;
}

bool differs(Difference kind, const Outcome& draft, const Outcome& live)
{
    switch (kind) {
        case Difference::newly_dropped: return draft.dropped && !live.dropped;
        case Difference::no_longer_dropped: return !draft.dropped && live.dropped;
        case Difference::newly_suppressed: return draft.suppressed && !live.suppressed;
        case Difference::no_longer_suppressed: return !draft.suppressed && live.suppressed;
        case Difference::newly_held: return draft.held && !live.held;
        case Difference::no_longer_held: return !draft.held && live.held;
        case Difference::newly_told: return draft.told && !live.told;
        case Difference::no_longer_told: return !draft.told && live.told;
        case Difference::severity_changed: return !draft.dropped && !live.dropped && draft.severity != live.severity;
        case Difference::route_changed: return draft.told && live.told && draft.route != live.route;
    }
    return false;
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
    list_rules(question);
    compile(question);
}

void Comparison::list_rules(const Question& question)
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
        known_[rule.id] = {.index = static_cast<std::uint32_t>(report_.rules.size()), .mutates = mutates(rule)};
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
}

/// Where the draft is the live set but for a few rules, most alerts are judged alike: neither a rule that only the
/// draft has nor one that only the live set has matches. Then one evaluation does for two.
void Comparison::compile(const Question& question)
{
    live_ = question.live_set ? question.live_set : rules::RuleSet::compile(question.live, nullptr, question.given_up);
    if (live_ == nullptr) return;
    const auto kept = kept_rules(question.draft, question.live);
    for (const auto& rule : question.draft) known_[rule.id].differs = !kept.contains(rule.id);
    std::vector<Rule> gone;
    for (const auto& rule : question.live) {
        if (!kept.contains(rule.id)) gone.push_back(rule);
    }
    short_cut_ = gone.size() <= question.live.size() / 4;
    draft_ = rules::RuleSet::compile(short_cut_ ? with_lookouts(question.draft, std::move(gone)) : question.draft,
                                     live_.get(), question.given_up);
}

std::vector<Rule> Comparison::with_lookouts(std::vector<Rule> draft, std::vector<Rule> gone)
{
    lookouts_ = !gone.empty();
    std::uint64_t number = 0;
    for (auto& rule : gone) {
        rule.id = RuleId(Uuid::from_words(~std::uint64_t{0}, ++number));
        rule.position = std::numeric_limits<std::int32_t>::min();
        rule.stop = false;
        rule.actions = {domain::NoteAction{"-"}};  // of which nobody takes notice here
        known_[rule.id].lookout = true;
    }
    draft.insert(draft.begin(), std::make_move_iterator(gone.begin()), std::make_move_iterator(gone.end()));
    return draft;
}

/// After a rule that changed the alert, the live set's own rules would have seen another one than their lookouts did.
Comparison::Look Comparison::look(const rules::Evaluation& draft)
{
    Look look{.may_differ = !short_cut_ || !draft.failures.empty()};
    matched_.clear();
    for (const auto& match : draft.matches) {
        const auto& rule = known(match.rule_id);
        look.may_differ = look.may_differ || rule.lookout || rule.differs || (rule.mutates && lookouts_);
        look.mutated = look.mutated || rule.mutates;
        if (!rule.lookout) matched_.push_back(rule.index);
    }
    for (const auto& failure : draft.failures) report_.draft_failures += known(failure.rule_id).lookout ? 0 : 1;
    return look;
}

Outcome Comparison::fate(const rules::Evaluation& evaluation, const domain::Alert& alert) const
{
    Outcome out;
    out.dropped = evaluation.dropped;
    out.suppressed = !evaluation.dropped && evaluation.suppressed;
    out.severity = alert.severity;
    if (alert.status != domain::AlertStatus::firing || out.dropped || out.suppressed) return out;
    out.held = !evaluation.holds.empty();
    out.told = !out.held && !(evaluation.route.empty() && default_route_.empty());
    return out;
}

void Comparison::add_route(Outcome& outcome, rules::Evaluation& evaluation) const
{
    if (!outcome.told) return;
    outcome.route = evaluation.route.empty() ? default_route_ : std::move(evaluation.route);
    std::ranges::sort(outcome.route);
}

void Comparison::add_names(Outcome& outcome, const rules::Evaluation& evaluation) const
{
    constexpr std::size_t kMaxNames = 8;
    for (const auto& match : evaluation.matches) {
        if (outcome.rules.size() >= kMaxNames) break;
        const auto& rule = known(match.rule_id);
        if (!rule.lookout) outcome.rules.push_back(report_.rules[rule.index].name);
    }
}

void Comparison::count(const Outcome& outcome, bool matched, Tally& total, Tally& bucket)
{
    for (auto* tally : {&total, &bucket}) {
        tally->matched += matched ? 1 : 0;
        tally->dropped += outcome.dropped ? 1 : 0;
        tally->suppressed += outcome.suppressed ? 1 : 0;
        tally->held += outcome.held ? 1 : 0;
        tally->told += outcome.told ? 1 : 0;
    }
}

void Comparison::count_matches(std::size_t bucket, bool alike)
{
    for (const auto index : matched_) {
        auto& rule = report_.rules[index];
        ++rule.draft_matches;
        rule.live_matches += alike ? 1 : 0;
        if (!rule.over_time.empty()) ++rule.over_time[bucket];
    }
}

void Comparison::add(AlertId id, domain::Alert& alert, const Restore& restore)
{
    const auto now = alert.received_at;
    ++report_.read;
    report_.read_until = std::max(report_.read_until.value_or(now), now);
    const auto passed = std::max(now - report_.from, milliseconds(0)) / report_.bucket_width;
    const auto at = std::min(static_cast<std::size_t>(passed), report_.buckets.size() - 1);
    auto& bucket = report_.buckets[at];
    ++bucket.read;

    auto draft = draft_->evaluate(alert, now);
    const auto seen = look(draft);
    auto after_draft = fate(draft, alert);
    count(after_draft, !matched_.empty(), report_.draft, bucket.draft);
    count_matches(at, !seen.may_differ);
    if (!seen.may_differ) return count(after_draft, !matched_.empty(), report_.live, bucket.live);

    if (seen.mutated) restore(alert);
    title_.assign(truncate_utf8(alert.title, kMaxSampleTitle));
    auto live = live_->evaluate(alert, now);
    auto after_live = fate(live, alert);
    count(after_live, !live.matches.empty(), report_.live, bucket.live);
    for (const auto& match : live.matches) ++report_.rules[known(match.rule_id).index].live_matches;
    add_route(after_draft, draft);
    add_route(after_live, live);
    if (!count_differences(after_draft, after_live)) return;
    add_names(after_draft, draft);
    add_names(after_live, live);
    keep({.alert = id,
          .received_at = now,
          .title = title_,
          .draft = std::move(after_draft),
          .live = std::move(after_live)});
}

/// True where somebody would want to see the alert.
bool Comparison::count_differences(const Outcome& draft, const Outcome& live)
{
    bool wanted = false;
    for (std::size_t i = 0; i < kDifferences; ++i) {
        if (!differs(static_cast<Difference>(i), draft, live)) continue;
        ++report_.differences.at(i);
        wanted = wanted || report_.samples.at(i).size() < kMaxSamples;
    }
    return wanted;
}

void Comparison::keep(const Sample& sample)
{
    for (std::size_t i = 0; i < kDifferences; ++i) {
        auto& samples = report_.samples.at(i);
        const bool room = samples.size() < kMaxSamples;
        if (room && differs(static_cast<Difference>(i), sample.draft, sample.live)) samples.push_back(sample);
    }
}

}  // namespace winnow::backtest
