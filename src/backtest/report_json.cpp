#include "winnow/backtest/comparison.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace winnow::backtest {

namespace {

using nlohmann::json;

json tally_json(const Tally& tally)
{
    return {{"matched", tally.matched},
            {"dropped", tally.dropped},
            {"suppressed", tally.suppressed},
            {"held", tally.held},
            {"told", tally.told}};
}

std::string_view fate(const Outcome& outcome)
{
    if (outcome.dropped) return "dropped";
    if (outcome.suppressed) return "suppressed";
    if (outcome.held) return "held";
    return outcome.told ? "told" : "not_told";
}

json outcome_json(const Outcome& outcome)
{
    auto groups = json::array();
    for (const auto& group : outcome.route) groups.push_back(group.str());
    return {{"fate", fate(outcome)},
            {"severity", domain::to_string(outcome.severity)},
            {"contact_group_ids", std::move(groups)},
            {"rules", outcome.rules}};
}

json difference_json(const Report& report, std::size_t index)
{
    auto samples = json::array();
    for (const auto& sample : report.samples[index]) {
        samples.push_back({{"alert_id", sample.alert.str()},
                           {"received_at", format_rfc3339(sample.received_at)},
                           {"title", sample.title},
                           {"draft", outcome_json(sample.draft)},
                           {"live", outcome_json(sample.live)}});
    }
    return {{"count", report.differences[index]}, {"samples", std::move(samples)}};
}

/// Rules that are new, changed or gone come first, whether or not they matched; then those that matched most.
json rules_json(const Report& report)
{
    std::vector<const RuleCount*> listed;
    for (const auto& rule : report.rules) {
        if (rule.change != RuleChange::unchanged || rule.draft_matches + rule.live_matches > 0) listed.push_back(&rule);
    }
    std::ranges::stable_sort(listed, [](const RuleCount* a, const RuleCount* b) {
        const bool a_same = a->change == RuleChange::unchanged;
        const bool b_same = b->change == RuleChange::unchanged;
        if (a_same != b_same) return b_same;
        return a->draft_matches + a->live_matches > b->draft_matches + b->live_matches;
    });
    if (listed.size() > kMaxListedRules) listed.resize(kMaxListedRules);
    auto out = json::array();
    for (const auto* rule : listed) {
        json entry{{"id", rule->change == RuleChange::added ? json(nullptr) : json(rule->id.str())},
                   {"name", rule->name},
                   {"change", to_string(rule->change)},
                   {"draft_matches", rule->draft_matches},
                   {"live_matches", rule->live_matches}};
        if (!rule->over_time.empty()) entry["over_time"] = rule->over_time;
        out.push_back(std::move(entry));
    }
    return out;
}

}  // namespace

std::string to_json(const Report& report, bool complete)
{
    auto buckets = json::array();
    auto at = report.from;
    for (const auto& bucket : report.buckets) {
        buckets.push_back({{"from", format_rfc3339(at)},
                           {"read", bucket.read},
                           {"draft", tally_json(bucket.draft)},
                           {"live", tally_json(bucket.live)}});
        at += report.bucket_width;
    }
    json difference = json::object();
    for (std::size_t i = 0; i < kDifferences; ++i) {
        difference[std::string(to_string(static_cast<Difference>(i)))] = difference_json(report, i);
    }
    const json document{{"draft", tally_json(report.draft)},
                        {"live", tally_json(report.live)},
                        {"difference", std::move(difference)},
                        {"rules", rules_json(report)},
                        {"bucket_width", format_iso8601_duration(report.bucket_width)},
                        {"buckets", std::move(buckets)},
                        {"draft_failures", report.draft_failures},
                        {"unreadable", report.unreadable},
                        {"quarantined_rows", report.quarantined_rows},
                        {"read_until", report.read_until ? json(format_rfc3339(*report.read_until)) : json(nullptr)},
                        {"complete", complete}};
    return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace winnow::backtest
