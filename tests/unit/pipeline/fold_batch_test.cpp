#include "pipeline/fold_batch.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>

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

}  // namespace
}  // namespace winnow::pipeline
