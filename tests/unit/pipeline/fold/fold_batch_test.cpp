#include "pipeline/fold/fold_batch.hpp"

#include "unit/pipeline/fakes.hpp"
#include "winnow/journal/codec.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <vector>

namespace winnow::pipeline {
namespace {

TEST(FoldBatch, EachAlertIsNamedAfterItsOwnRowAlsoWhereATurnEndsWithinOne)
{
    const auto tenant = *TenantId::parse("0199c0de-0000-7000-8000-00000000000a");
    const auto ids = domain::AlertIds(domain::AlertIds::Root{5}).of(tenant);
    domain::TenantConfig config;
    auto suppressions = suppression::Suppressions::compile(config);
    FoldBatch batch;
    batch.tenant = tenant;
    batch.policy = batch.current = std::make_shared<const TenantPolicy>(TenantPolicy{
        .config = config, .rules = rules::RuleSet::compile({}), .suppressions = std::move(suppressions), .ids = ids});
    constexpr std::size_t kRows = 3;
    constexpr std::uint16_t kAlerts = 3;
    for (std::size_t row = 1; row <= kRows; ++row) {
        PendingRow pending;
        pending.row.tenant = tenant;
        pending.row.position = {
            .received_at = Timestamp(std::chrono::milliseconds(7)), .stream = domain::kFirstMaskedStream, .seq = row};
        for (std::uint16_t i = 0; i < kAlerts; ++i) pending.row.alerts.emplace_back(i, domain::Alert());
        batch.rows.push_back(mark_of(pending));
        batch.alerts.reserve(kRows * kAlerts);
        take_alerts(batch, pending);
    }
    const auto always = [] {
        return true;
    };
    while (!judge(batch, always)) {
    }
    ASSERT_EQ(batch.alerts.size(), kRows * kAlerts);
    for (const auto& each : batch.alerts) {
        EXPECT_EQ(each.alert_id(), ids.alert(each.position));
        EXPECT_EQ(each.ticket_id(), ids.ticket(each.position));
        EXPECT_NE(each.alert_id(), domain::alert_id_at(each.position));
    }
}

/// A row that is set aside, of which alerts were read at these indices.
FoldBatch set_aside(std::uint32_t alerts, const std::vector<std::uint16_t>& read)
{
    FoldBatch batch;
    batch.policy = batch.current = std::make_shared<const TenantPolicy>(
        TenantPolicy{.config = {}, .rules = rules::RuleSet::compile({}), .suppressions = nullptr});
    const domain::RowPosition position{.received_at = triage::kNoon, .stream = 1, .seq = 7};
    batch.rows.push_back({.tenant = {}, .position = position, .alerts = read.size()});
    for (const auto index : read) {
        batch.alerts.emplace_back(domain::AlertPosition{position, index}, domain::Alert());
        batch.alerts.back().alert.received_at = position.received_at;
    }
    batch.quarantined = alerts;
    batch.mode = batch.first_mode();
    return batch;
}

TEST(FoldBatch, EachAlertOfARowThatIsSetAsideHasItsVerdictAndIsCountedReadOrNot)
{
    struct Case {
        std::uint32_t alerts;
        std::vector<std::uint16_t> read;
        std::size_t verdicts;
    };
    const std::vector<Case> cases{{3, {}, domain::kRowAlerts},  // it may have gaps, which nobody has seen
                                  {3, {2}, domain::kRowAlerts},
                                  {2'001, {}, domain::kMaxIndex + 1U},  // an earlier version's
                                  {3, {7'999}, domain::kMaxIndex + 1U},
                                  {3, {0, 1, 2}, 3},
                                  {2, {0, 2}, 3}};
    for (const auto& [alerts, read, end] : cases) {
        const auto writes = decide(set_aside(alerts, read), {}, SIZE_MAX).writes;
        ASSERT_EQ(writes.verdict_rows.size(), 1U);
        const auto verdicts = journal::decode_verdicts(writes.verdict_rows[0].second);
        ASSERT_TRUE(verdicts);
        ASSERT_EQ(verdicts->size(), end);
        for (std::size_t index = 0; index < end; ++index) {
            const bool is_gap = end < domain::kRowAlerts && std::ranges::find(read, index) == read.end();
            ASSERT_EQ((*verdicts)[index].has_value(), !is_gap) << index;
            if (is_gap) continue;
            EXPECT_EQ((*verdicts)[index]->disposition, domain::Disposition::quarantined);
            EXPECT_EQ((*verdicts)[index]->ticket_id, verdicts->front()->ticket_id);
        }
        EXPECT_EQ(verdicts->front()->effect, domain::TicketEffect::opened);
        EXPECT_EQ(verdicts->back()->effect, domain::TicketEffect::joined);
        EXPECT_EQ(writes.outcome.verdicts.size(), alerts) << "which are counted";
        const auto total = std::ranges::find(writes.noise, domain::NoiseKind::total, &domain::NoiseRow::kind);
        ASSERT_NE(total, writes.noise.end());
        EXPECT_EQ(total->counts.received, alerts);
        EXPECT_EQ(total->counts.ticketed, alerts);
        ASSERT_EQ(writes.quarantined.size(), 1U);
        EXPECT_EQ(writes.quarantined[0].second, alerts);
    }
}

}  // namespace
}  // namespace winnow::pipeline
