/// What a batch adds to the noise statistics.

#include "pipeline/noise/noise.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace winnow::pipeline {
namespace {

using domain::NoiseKind;
using domain::NoiseRow;
using testing::SizeIs;

std::vector<NoiseRow> count(const std::vector<triage::Evaluated>& alerts, domain::Disposition disposition)
{
    triage::Outcome outcome;
    outcome.verdicts.resize(alerts.size());
    for (auto& verdict : outcome.verdicts) verdict.disposition = disposition;
    return count_noise(alerts, {}, outcome, {});
}

std::vector<NoiseRow> of_kind(const std::vector<NoiseRow>& rows, NoiseKind kind)
{
    std::vector<NoiseRow> found;
    std::ranges::copy_if(rows, std::back_inserter(found), [&](const NoiseRow& row) { return row.kind == kind; });
    return found;
}

triage::Evaluated alert_from(const std::string& source, Timestamp when = Timestamp{})
{
    triage::Evaluated one;
    one.alert.source = source;
    one.alert.service = "shop";
    one.alert.received_at = when;
    return one;
}

TEST(CountNoise, AnAlertCountsInAllForItsSourceItsServiceAndEachRule)
{
    auto one = alert_from("db-1", Timestamp(std::chrono::minutes(61)));
    const RuleId rule(Uuid::from_words(0, 1));
    const RuleId shadow(Uuid::from_words(0, 2));
    one.evaluation.matches.push_back({rule, 3});
    one.evaluation.shadows.push_back({.rule_id = shadow, .drops = true, .suppresses = false});
    const auto rows = count({one}, domain::Disposition::ticketed);
    ASSERT_THAT(rows, SizeIs(5));
    for (const auto& row : rows) {
        EXPECT_EQ(row.hour, Timestamp(std::chrono::hours(1)));
        EXPECT_EQ(row.counts.received, 1);
        EXPECT_EQ(row.counts.ticketed, 1);
        EXPECT_EQ(row.counts.would_drop, row.key == rule.str() ? 0 : 1) << row.key;
    }
    EXPECT_EQ(of_kind(rows, NoiseKind::service)[0].key, "shop");
}

TEST(CountNoise, OfMoreSourcesThanAnHourKeepsTheRestCountTogether)
{
    std::vector<triage::Evaluated> alerts;
    for (std::size_t i = 0; i < domain::kMaxNoiseKeys + 5; ++i) {
        for (std::size_t times = i < 5 ? 1 : 2; times > 0; --times)
            alerts.push_back(alert_from("h" + std::to_string(i)));
    }
    const auto sources = of_kind(count(alerts, domain::Disposition::dropped), NoiseKind::source);
    ASSERT_THAT(sources, SizeIs(domain::kMaxNoiseKeys + 1));
    const auto others = std::ranges::find(sources, std::string(domain::kOtherKeys), &NoiseRow::key);
    ASSERT_NE(others, sources.end());
    EXPECT_EQ(others->counts.dropped, 5) << "the five that came once";
    EXPECT_EQ(others->counts.received, 5);
    alerts.resize(5);
    EXPECT_THAT(of_kind(count(alerts, domain::Disposition::dropped), NoiseKind::source), SizeIs(5));
}

}  // namespace
}  // namespace winnow::pipeline
