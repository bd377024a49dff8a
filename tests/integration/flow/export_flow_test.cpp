/// @file
/// Exports from the queue to the archive's parts, on a real database.

#include "integration/pg/fixture.hpp"
#include "winnow/journal/codec.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/pg/export_jobs.hpp"
#include "winnow/pipeline/export_runner.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace winnow::pipeline {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// The store, whose first answers to each question are that the database is away: once what was asked is done, as where
/// a commit is in doubt.
class AwayForAMoment final : public ports::ExportJobs {
public:
    explicit AwayForAMoment(ports::ExportJobs& jobs) : jobs_(jobs) {}

    Result<std::optional<ports::ExportJob>> claim(const std::string& runner) override { return jobs_.claim(runner); }
    Result<bool> clear(const ports::ExportJob& job, const std::stop_token& stop) override
    {
        return once(clears_, jobs_.clear(job, stop));
    }
    Result<std::unique_ptr<ports::ExportSource>> open(const ports::ExportJob& job) override { return jobs_.open(job); }
    Result<bool> keep(const ports::ExportJob& job) override { return jobs_.keep(job); }
    Result<bool> append(const ports::ExportJob& job, std::int32_t number, const std::string& bytes) override
    {
        return once(appends_, jobs_.append(job, number, bytes));
    }
    Result<bool> finish(const ports::ExportJob& job, const ports::ExportTotals& totals) override
    {
        return jobs_.finish(job, totals);
    }
    Result<bool> fail(const ports::ExportJob& job, const std::string& error) override { return jobs_.fail(job, error); }
    Result<bool> release(const ports::ExportJob& job) override { return jobs_.release(job); }

private:
    static Result<bool> once(int& asked, Result<bool> answer)
    {
        if (asked++ == 0) return Error(ErrorCode::timeout, "the outcome of the write is unknown");
        return answer;
    }

    ports::ExportJobs& jobs_;
    int clears_ = 0;
    int appends_ = 0;
};

class ExportFlow : public pg::PgTest {
protected:
    [[nodiscard]] std::string t() const { return "'" + tenant_.str() + "'"; }
    std::string queue()
    {
        const auto id = pg::new_uuid().str();
        sql("insert into exports (tenant_id, export_id, state, created_at, created_by) values (" + t() + ", '" + id +
            "', 'queued', now(), 'user:x')");
        return id;
    }
    void run(std::int64_t max_bytes = std::int64_t{1} << 30U) { run(*jobs_, max_bytes); }
    void run(ports::ExportJobs& jobs, std::int64_t max_bytes)
    {
        runner_ = std::make_unique<ExportRunner>(
            jobs, domain::AlertIds(), ExportOptions{.node = "n", .max_bytes = max_bytes, .look = 20ms}, metrics_);
        runner_->start();
    }
    [[nodiscard]] std::string state(const std::string& id)
    {
        return text("select state from exports where export_id = '" + id + "'");
    }

    const TenantId tenant_ = new_tenant();
    observe::Metrics metrics_;
    std::unique_ptr<ports::ExportJobs> jobs_ = pg::make_export_jobs(pipeline(), as(database_.api));
    std::unique_ptr<ExportRunner> runner_;
};

TEST_F(ExportFlow, WhatIsQueuedBecomesReadyWithAllItsParts)
{
    const auto lines = journal::encode_rows("{\"title\":\"one\"}\n\n{\"title\":\"two\"}\n");
    sql("select make_day_partitions((now() at time zone 'UTC')::date, 1)");
    sql("insert into journal select " + t() + ", now(), 1, 1, 3, decode('" +
        [&] {
            std::string hex;
            for (const char byte : lines) {
                constexpr std::string_view kDigits = "0123456789abcdef";
                hex += kDigits[static_cast<unsigned char>(byte) >> 4U];
                hex += kDigits[static_cast<unsigned char>(byte) & 15U];
            }
            return hex;
        }() +
        "', 'hex')");
    const auto first = queue();
    run();
    ASSERT_TRUE(pg::eventually([&] { return state(first) == "ready"; })) << text("select error from exports");
    EXPECT_EQ(number("select parts - (select count(*) from export_parts) from exports"), 0);
    EXPECT_EQ(number("select bytes - (select sum(octet_length(bytes)) from export_parts) from exports"), 0);
    EXPECT_EQ(text("select encode(substr(bytes, 1, 4), 'hex') from export_parts where number = 0"), "28b52ffd");
    EXPECT_GE(number("select rows from exports"), 2 + 3) << "two alerts, a user, a key, a tenant";
    const auto second = queue();
    runner_->poke();
    EXPECT_TRUE(pg::eventually([&] { return state(second) == "ready"; })) << "the next one follows";
    EXPECT_TRUE(pg::eventually([&] {  // counted once it is committed
        return metrics_.exposition().contains("winnow_exports_total{state=\"ready\"} 2");
    }));
}

TEST_F(ExportFlow, OneWhoseDatabaseIsAwayForAMomentIsNotBegunAnew)
{
    AwayForAMoment away(*jobs_);
    const auto id = queue();
    run(away, std::int64_t{1} << 30U);
    EXPECT_TRUE(pg::eventually([&] { return state(id) == "ready"; })) << state(id);
    runner_.reset();  // before what it asks
    EXPECT_EQ(number("select attempt from exports"), 1);
    EXPECT_EQ(number("select bytes - (select sum(octet_length(bytes)) from export_parts) from exports"), 0);
}

TEST_F(ExportFlow, OneThatIsTooLongFailsAndSaysSo)
{
    const auto id = queue();
    run(1);
    ASSERT_TRUE(pg::eventually([&] { return state(id) == "failed"; }));
    EXPECT_THAT(text("select error from exports"), HasSubstr("tenants.max_export_bytes"));
    EXPECT_EQ(number("select attempt from exports"), 1) << "trying again would not help";
}

TEST_F(ExportFlow, OneWhoseAlertsAreDamagedFailsAndTheNextIsMade)
{
    sql("select make_day_partitions((now() at time zone 'UTC')::date, 1)");
    sql("insert into journal values (" + t() + ", now(), 1, 1, 1, 'no frame')");
    const auto damaged = queue();
    run();
    ASSERT_TRUE(pg::eventually([&] { return state(damaged) == "failed"; }));
    sql("delete from journal");
    const auto next = queue();
    runner_->poke();
    EXPECT_TRUE(pg::eventually([&] { return state(next) == "ready"; }));
}

}  // namespace
}  // namespace winnow::pipeline
