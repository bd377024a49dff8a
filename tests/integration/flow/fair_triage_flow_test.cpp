/// @file
/// One tenant whose alerts are dear to judge, and another, on a real database.

#include "integration/pg/fixture.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/pg/config_store.hpp"
#include "winnow/pg/triage_store.hpp"
#include "winnow/pipeline/config_cache.hpp"
#include "winnow/pipeline/triage_service.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace winnow::pipeline {
namespace {

using namespace std::chrono_literals;

class FairTriageFlow : public pg::PgTest, public testing::WithParamInterface<std::size_t> {
protected:
    void SetUp() override
    {
        const auto streams = pg::make_journal_streams(pipeline());
        ASSERT_TRUE(streams->maintain_partitions());
        stream_ = streams_->open("n").value();
        for (int i = 1; i <= kRules; ++i) add_rule(i);
    }

    /// Takes most of what one condition may cost, and is never true.
    void add_rule(int position)
    {
        std::string numbers = "[0";
        for (int i = 1; i < 45; ++i) numbers += "," + std::to_string(i);
        numbers += "]";
        const auto condition = numbers + ".exists(i, " + numbers + ".exists(j, i * 100 + j == -1))";
        sql("insert into rules (tenant_id, rule_id, name, position, condition, syntax, actions, updated_by) values ('" +
            dear_.str() + "', gen_random_uuid(), 'r" + std::to_string(position) + "', " + std::to_string(position) +
            ", '" + condition + R"(', 'cel', '[{"type":"drop"}]', 'x'))");
    }

    journal::CommittedRow row(TenantId tenant, std::size_t alerts)
    {
        journal::CommittedRow made{.tenant = tenant,
                                   .position = {.received_at = now_, .stream = stream_, .seq = ++seq_},
                                   .alerts = {},
                                   .bytes = 100 * alerts};
        for (std::size_t i = 0; i < alerts; ++i) {
            domain::Alert alert;
            alert.title = alert.dedup_key = "disk";
            alert.received_at = now_;
            made.alerts.emplace_back(static_cast<std::uint16_t>(i), std::move(alert));
        }
        return made;
    }

    std::int64_t occurrences(TenantId tenant)
    {
        return number("select coalesce(sum(occurrences), 0)::int8 from tickets where tenant_id = '" + tenant.str() +
                      "'");
    }

    static constexpr int kRules = 20;
    /// Alerts: seconds of a processor, many times what the other's take, however busy the machine is.
    static constexpr std::size_t kDear = 8'000;

    Timestamp now_ = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    TenantId dear_ = new_tenant();
    TenantId quiet_ = new_tenant();
    std::unique_ptr<ports::JournalStreams> streams_ = pg::make_journal_streams(pipeline());
    domain::StreamId stream_ = 0;
    std::uint64_t seq_ = 0;
    observe::Metrics metrics_;
    std::unique_ptr<ports::TriageStore> store_ = pg::make_triage_store(pipeline());
    std::unique_ptr<ports::ConfigStore> configs_ = pg::make_config_store(pipeline());
    ConfigCache policies_{*configs_, ""};
};

TEST_P(FairTriageFlow, AnothersAlertsAreTicketsWhileOneRowOfDearOnesIsStillBeingJudged)
{
    TriageService triage(*store_, policies_, {.workers = GetParam()}, {}, metrics_);
    triage.submit({row(dear_, kDear), row(dear_, 1)});
    for (int i = 1; i <= 5; ++i) {
        triage.submit({row(quiet_, 1)});
        ASSERT_TRUE(pg::eventually([&] { return occurrences(quiet_) == i; }));
        ASSERT_EQ(occurrences(dear_), 0) << "it waited until the other's row was judged";
    }
    ASSERT_TRUE(triage.flush(120s));
    EXPECT_EQ(occurrences(dear_), static_cast<std::int64_t>(kDear + 1));
    EXPECT_EQ(occurrences(quiet_), 5);
    EXPECT_TRUE(metrics_.exposition().contains("winnow_triage_fold_failures_total 0"));
}

INSTANTIATE_TEST_SUITE_P(Workers, FairTriageFlow, testing::Values(1, 2));

}  // namespace
}  // namespace winnow::pipeline
