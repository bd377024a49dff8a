/// @file
/// One journal row that owes a great deal, on a real database.

#include "integration/pg/fixture.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/pg/config_store.hpp"
#include "winnow/pg/triage_store.hpp"
#include "winnow/pipeline/config_cache.hpp"
#include "winnow/pipeline/triage_service.hpp"

#include <memory>
#include <string>
#include <utility>

namespace winnow::pipeline {
namespace {

using namespace std::chrono_literals;

class LargeRow : public pg::PgTest {
protected:
    void SetUp() override
    {
        const auto streams = pg::make_journal_streams(pipeline());
        ASSERT_TRUE(streams->maintain_partitions());
        streams_ = pg::make_journal_streams(pipeline());
        stream_ = streams_->open("n").value();
    }

    /// Contacts who are told of everything.
    void tell(int contacts)
    {
        const auto tenant = "'" + tenant_.str() + "'";
        const auto group = "'" + pg::new_uuid().str() + "'";
        sql("insert into contacts (tenant_id, contact_id, name, type, url) select " + tenant +
            ", gen_random_uuid(), 'c' || n, 'webhook', 'https://example.org/' from generate_series(1, " +
            std::to_string(contacts) + ") n");
        sql("insert into contact_groups (tenant_id, contact_group_id, name) values (" + tenant + ", " + group +
            ", 'all'); insert into contact_group_members select tenant_id, " + group +
            ", contact_id, row_number() over () from contacts; insert into default_route values (" + tenant + ", " +
            group + ", 1)");
    }

    [[nodiscard]] journal::CommittedRow row(int alerts) const
    {
        journal::CommittedRow made{.tenant = tenant_,
                                   .position = {.received_at = now_, .stream = stream_, .seq = 1},
                                   .alerts = {},
                                   .bytes = 100};
        for (int i = 0; i < alerts; ++i) {
            domain::Alert alert;
            alert.title = alert.dedup_key = "disk " + std::to_string(i);
            alert.description = std::string(300, 'd');
            alert.received_at = now_;
            made.alerts.emplace_back(static_cast<std::uint16_t>(i), std::move(alert));
        }
        return made;
    }

    Timestamp now_ = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    TenantId tenant_ = new_tenant();
    std::unique_ptr<ports::JournalStreams> streams_;
    domain::StreamId stream_ = 0;
    observe::Metrics metrics_;
    std::unique_ptr<ports::ConfigStore> configs_ = pg::make_config_store(pipeline());
    ConfigCache policies_{*configs_, ""};
};

TEST_F(LargeRow, WhatTakesLongerThanTheUsualDeadlineIsStoredWithMorePatience)
{
    tell(30);
    // Each statement takes longer than the deadline of statements, and all of them longer than the transaction's.
    sql("create function slow() returns trigger language plpgsql as 'begin perform pg_sleep(0.4); return null; end'; "
        "create trigger slow before insert on deliveries for each statement execute function slow()");
    auto impatient = pipeline();
    impatient.statement_timeout = 200ms;
    impatient.deadline = 600ms;
    const auto store = pg::make_triage_store(impatient);
    TriageService triage(*store, policies_, {}, {}, metrics_);
    triage.submit({row(40)});
    ASSERT_TRUE(triage.flush(30s));
    EXPECT_EQ(number("select count(*) from deliveries"), 1'200);
    EXPECT_EQ(number("select count(*) from tickets"), 40);
    EXPECT_TRUE(metrics_.exposition().contains("winnow_triage_poisoned_rows_total 0"));
}

}  // namespace
}  // namespace winnow::pipeline
