#pragma once

/// @file
/// Stored history, drafts to try on it, and nodes that do so, on a real database.

#include "integration/pg/fixture.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/connection.hpp"
#include "pg/session/noun_stores.hpp"
#include "winnow/intake/canonical.hpp"
#include "winnow/journal/codec.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/pg/backtest_jobs.hpp"
#include "winnow/pg/config_store.hpp"
#include "winnow/pipeline/backtest_runner.hpp"
#include "winnow/ports/backtest_store.hpp"

#include <nlohmann/json.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace winnow::pipeline {

using namespace std::chrono_literals;
using nlohmann::json;
using ports::Backtest;
using ports::BacktestState;

/// A node whose runner waits for leave before each page, once it is told to.
struct Node {
    Node(const pg::PgOptions& database, const std::string& name, std::atomic<bool>& held)
        : jobs(pg::make_backtest_jobs(database)),
          configs(pg::make_config_store(database)),
          policies(*configs, ""),
          runner(std::in_place, *jobs, policies,
                 BacktestOptions{
                     .node = name, .busy = [&held] { return held.load(); }, .page = 10, .look = 5ms, .report = 0ms},
                 metrics)
    {
        runner->start();
    }

    void stop() { runner.reset(); }

    observe::Metrics metrics;
    std::unique_ptr<ports::BacktestJobs> jobs;
    std::unique_ptr<ports::ConfigStore> configs;
    ConfigCache policies;
    std::optional<BacktestRunner> runner;
};

class BacktestFlow : public pg::PgTest {
protected:
    void SetUp() override
    {
        sql("select make_day_partitions((now() - interval '1 day')::date, 3)");
        sql("insert into contact_groups (tenant_id, contact_group_id, name) values (" + t() + ", '" + group_ +
            "', 'g'); insert into default_route values (" + t() + ", '" + group_ + "', 1)");
        sql("insert into rules (tenant_id, rule_id, name, position, condition, syntax, actions, updated_by) values (" +
            t() + ", gen_random_uuid(), 'live', 1, '{env=\"dev\"}', 'matchers', '[{\"type\":\"drop\"}]', 'x')");
    }

    std::string t() const { return "'" + tenant_.str() + "'"; }

    /// One journal row of as many alerts, a gap after the first one.
    void history(std::size_t alerts, const std::string& env = "prod")
    {
        std::string lines;
        for (std::size_t i = 0; i < alerts; ++i) {
            domain::Alert alert;
            alert.title = alert.dedup_key = env + std::to_string(i);
            alert.labels.set("env", env);
            intake::append_canonical(alert, lines);
            lines += i == 0 ? "\n\n" : "\n";
        }
        store(journal::encode_rows(lines), alerts);
    }

    void store(const std::string& payload, std::size_t alerts)
    {
        const auto seq = std::to_string(++seq_);
        sql("insert into journal values (" + t() + ", '" + format_rfc3339(now_ - 1h) + "', 1, " + seq + ", " +
            std::to_string(alerts) + ", '" + pg::hex_bytes(payload) + "')");
    }

    static domain::Rule rule_of(const std::string& condition)
    {
        domain::Rule rule;
        rule.name = "draft";
        rule.condition = condition;
        rule.actions = {domain::DropAction{}};
        return rule;
    }

    BacktestId ask(const std::string& condition, std::uint64_t max_alerts = 1'000'000)
    {
        return ask(domain::RuleDraft{.whole_set = false, .rules = {rule_of(condition)}}, max_alerts);
    }

    BacktestId ask(const domain::RuleDraft& draft, std::uint64_t max_alerts = 1'000'000)
    {
        Backtest backtest;
        backtest.id = BacktestId(pg::new_uuid());
        backtest.from = now_ - 2h;
        backtest.until = now_;
        backtest.max_alerts = max_alerts;
        backtest.created_at = now_;
        with_store([&](ports::BacktestStore& store) { EXPECT_TRUE(store.insert(backtest, draft)); });
        return backtest.id;
    }

    /// What `work` does it does as another tenant.
    template <typename Work>
    auto as_tenant(TenantId other, Work work)
    {
        const auto own = std::exchange(tenant_, other);
        auto made = work();
        tenant_ = own;
        return made;
    }

    template <typename Work>
    void with_store(Work work)
    {
        pqxx::nontransaction tx(session_.connection());
        test::begin_as(tx, database_, tenant_.str());
        work(*pg::make_backtest_store(tx, tenant_));
        tx.exec("commit");
    }

    Backtest seen(BacktestId id)
    {
        Backtest backtest;
        with_store([&](ports::BacktestStore& store) { backtest = store.find(id).value(); });
        return backtest;
    }

    void cancel(BacktestId id)
    {
        with_store([&](ports::BacktestStore& store) { EXPECT_TRUE(store.cancel_or_remove(id)); });
    }

    json result(BacktestId id) { return json::parse(seen(id).result); }

    bool ends(BacktestId id, BacktestState state)
    {
        return pg::eventually([&] { return seen(id).state == state; });
    }

    /// Runs it to its end on a node of its own.
    json run(BacktestId id)
    {
        std::atomic<bool> held = false;
        const Node node(pipeline(), "n", held);
        EXPECT_TRUE(ends(id, BacktestState::done)) << seen(id).error;
        return result(id);
    }

    Timestamp now_ = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    TenantId tenant_ = new_tenant();
    const std::string group_ = pg::new_uuid().str();
    std::uint64_t seq_ = 0;
    pg::Session session_{as(database_.api)};
};

}  // namespace winnow::pipeline
