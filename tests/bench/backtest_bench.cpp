/// ./dev bench backtest: draft rules over a long history in a PostgreSQL of its own, by the runner that serves use.

#include "bench/rules_workload.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/connection.hpp"
#include "pg/session/noun_stores.hpp"
#include "support/postgres.hpp"
#include "winnow/intake/canonical.hpp"
#include "winnow/journal/codec.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/pg/backtest_jobs.hpp"
#include "winnow/pg/config_store.hpp"
#include "winnow/pipeline/backtest_runner.hpp"
#include "winnow/ports/backtest_store.hpp"
#include "winnow/ports/rule_store.hpp"

#include <nlohmann/json.hpp>
#include <pqxx/connection>
#include <pqxx/nontransaction>
#include <pqxx/transaction>

#include <sys/resource.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace winnow::bench {

namespace {

using namespace std::chrono_literals;
using domain::Rule;
using domain::RuleDraft;
using nlohmann::json;
using ports::Backtest;
using Clock = std::chrono::steady_clock;

struct Options {
    std::size_t alerts = 1'000'000;
    std::size_t rules = 10'000;
    std::size_t runs = 3;  ///< The best one counts: what else the machine does is not ours.
    bool json = false;
};

/// What of this process has taken of a processor: all of it, or the thread that asks.
double processor_seconds(int who)
{
    rusage used{};
    getrusage(who, &used);
    const auto seconds = [](const timeval& time) {
        constexpr double kMicro = 1e-6;
        return static_cast<double>(time.tv_sec) + kMicro * static_cast<double>(time.tv_usec);
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

/// The runner's threads: not the one that looks how far they are.
double runner_seconds()
{
    return processor_seconds(RUSAGE_SELF) - processor_seconds(RUSAGE_THREAD);
}

double peak_mib()
{
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
        if (word != "VmHWM:") continue;
        double kib = 0;
        status >> kib;
        constexpr double kKibInMib = 1024;
        return kib / kKibInMib;
    }
    return 0;
}

/// From here on the peak is counted anew.
void forget_peak()
{
    std::ofstream("/proc/self/clear_refs") << "5";
}

class World {
public:
    explicit World(const Options& options) : options_(options), tenant_(Uuid::from_words(7, 1))
    {
        superuser("insert into tenants (tenant_id, service_code, name) values ('" + tenant_.str() +
                  "', 'bench', 'Bench'); insert into tenant_settings (tenant_id) values ('" + tenant_.str() +
                  "'); insert into contact_groups (tenant_id, contact_group_id, name) values ('" + tenant_.str() +
                  "', '" + tenant_.str() + "', 'g'); insert into default_route values ('" + tenant_.str() + "', '" +
                  tenant_.str() + "', 1); select make_day_partitions((now() - interval '8 day')::date, 10)");
        rules_ = Workload(options.rules, 0, Shape::realistic).rules();
        int position = 0;
        for (auto& rule : rules_) {
            rule.position = ++position;
            rule.updated_by = "bench";
        }
        in_tenant([&](pqxx::transaction_base& tx) {
            ports::RuleChanges changes;
            changes.created = rules_;
            changes.actor = "bench";
            if (const auto stored = pg::make_rule_store(tx, tenant_)->apply(changes); !stored) {
                throw std::runtime_error(stored.error().message());
            }
        });
        fill();
    }

    [[nodiscard]] const std::vector<Rule>& rules() const noexcept { return rules_; }
    [[nodiscard]] pg::PgOptions pipeline() const { return {.conninfo = database_.pipeline}; }
    [[nodiscard]] TenantId tenant() const noexcept { return tenant_; }

    BacktestId ask(const RuleDraft& draft)
    {
        Backtest backtest;
        backtest.id = BacktestId(Uuid::from_words(9, ++asked_));
        backtest.from = now_ - 24h * 7;
        backtest.until = now_;
        backtest.max_alerts = 50'000'000;
        backtest.created_at = now_;
        in_tenant([&](pqxx::transaction_base& tx) {
            if (!pg::make_backtest_store(tx, tenant_)->insert(backtest, draft)) throw std::runtime_error("not stored");
        });
        return backtest.id;
    }

    Backtest seen(BacktestId id)
    {
        Backtest found;
        in_tenant([&](pqxx::transaction_base& tx) { found = pg::make_backtest_store(tx, tenant_)->find(id).value(); });
        return found;
    }

private:
    void superuser(const std::string& sql)
    {
        pqxx::connection connection(database_.superuser);
        pqxx::nontransaction(connection).exec(sql);
    }

    template <typename Work>
    void in_tenant(Work work)
    {
        pqxx::connection connection(database_.api);
        pqxx::nontransaction tx(connection);
        tx.exec("set datestyle = 'ISO'; set time zone 'UTC'");
        test::begin_as(tx, database_, tenant_.str());
        work(tx);
        tx.exec("commit");
    }

    /// Rows as a busy node writes them, over the last six days.
    void fill()
    {
        constexpr std::size_t kAtOnce = 20'000;
        constexpr std::size_t kRow = 500;
        const auto step = std::chrono::milliseconds(24h * 6) / static_cast<std::int64_t>(options_.alerts / kRow + 1);
        pqxx::connection connection(database_.superuser);
        std::size_t row = 0;
        for (std::size_t made = 0; made < options_.alerts; made += kAtOnce) {
            Workload workload(options_.rules, kAtOnce, Shape::realistic, 1'000 + made);
            std::string values;
            std::string lines;
            std::size_t count = 0;
            for (const auto& alert : workload.alerts()) {
                intake::append_canonical(alert, lines);
                lines += '\n';
                if (++count % kRow != 0) continue;
                const auto at = now_ - 24h * 6 + step * static_cast<std::int64_t>(row++);
                values += (values.empty() ? "('" : ", ('") + tenant_.str() + "', '" + format_rfc3339(at) + "', 1, " +
                          std::to_string(row) + ", " + std::to_string(kRow) + ", '" +
                          pg::hex_bytes(journal::encode_rows(lines)) + "')";
                lines.clear();
            }
            pqxx::nontransaction(connection).exec("insert into journal values " + values);
        }
        pqxx::nontransaction(connection).exec("vacuum analyze journal");
    }

    const Options options_;
    const test::TestDatabase database_ = test::PostgresCluster::instance().fresh_database();
    const TenantId tenant_;
    const Timestamp now_ = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    std::vector<Rule> rules_;
    std::uint64_t asked_ = 0;
};

/// What a draft is made of, by name.
std::vector<std::pair<std::string, RuleDraft>> drafts(const std::vector<Rule>& live)
{
    Rule added;
    added.name = "informational alerts are no news";
    added.syntax = domain::RuleSyntax::matchers;
    added.condition = R"({severity="info", env=~"dev|qa"})";
    added.actions = {domain::DropAction{}};
    auto edited = live[live.size() / 2];
    edited.position = 0;
    edited.syntax = domain::RuleSyntax::matchers;
    edited.condition = R"({team="team-7"})";
    edited.actions = {domain::SuppressAction{"team 7 looks for itself"}};
    auto first = added;
    first.position = 1;
    first.condition = R"({env="dev"})";
    first.actions = {domain::SeverityAction{domain::Severity::info}};
    RuleDraft set{.whole_set = true, .rules = live};
    for (std::size_t i = 0; i < set.rules.size(); i += 10) set.rules[i].actions = {domain::SuppressAction{"less"}};
    return {{"as it is", {.whole_set = true, .rules = live}},
            {"one rule more", {.whole_set = false, .rules = {added}}},
            {"one rule edited", {.whole_set = false, .rules = {edited}}},
            {"one more that changes alerts", {.whole_set = false, .rules = {first}}},
            {"a tenth of the rules edited", set}};
}

struct Row {
    std::string draft;
    Backtest seen;
    double wall = 0;
    double processor = 0;
    double before_mib = 0;
    double peak_mib = 0;
};

Row measure(World& world, const std::string& name, const RuleDraft& draft)
{
    Row row{.draft = name, .seen = {}};
    observe::Metrics metrics;
    const auto jobs = pg::make_backtest_jobs(world.pipeline());
    const auto configs = pg::make_config_store(world.pipeline());
    pipeline::ConfigCache policies(*configs, "");
    if (!policies.get(world.tenant())) throw std::runtime_error("the tenant's rules cannot be read");
    const auto id = world.ask(draft);
    forget_peak();
    row.before_mib = peak_mib();
    const auto processor = runner_seconds();
    const auto start = Clock::now();
    pipeline::BacktestOptions options;
    options.node = "bench";
    pipeline::BacktestRunner runner(*jobs, policies, std::move(options), metrics);
    runner.start();
    const auto unfinished = [&] {
        return row.seen.state == ports::BacktestState::queued || row.seen.state == ports::BacktestState::running;
    };
    while (unfinished()) {
        std::this_thread::sleep_for(10ms);
        row.seen = world.seen(id);
    }
    row.wall = std::chrono::duration<double>(Clock::now() - start).count();
    row.processor = runner_seconds() - processor;
    row.peak_mib = peak_mib();
    if (row.seen.state != ports::BacktestState::done) throw std::runtime_error("it failed: " + row.seen.error);
    return row;
}

void print(const Row& row, const Options& options)
{
    const auto result = json::parse(row.seen.result);
    json difference = json::object();
    std::string words;
    for (const auto& [kind, found] : result["difference"].items()) {
        if (found["count"] == 0) continue;
        difference[kind] = found["count"];
        words += (words.empty() ? "" : ", ") + kind + ' ' + found["count"].dump();
    }
    const auto read = static_cast<double>(row.seen.progress.alerts_read);
    if (options.json) {
        const json line{{"draft", row.draft},
                        {"rules", options.rules},
                        {"alerts", row.seen.progress.alerts_read},
                        {"alerts_per_second_a_core", read / row.processor},
                        {"alerts_per_second", read / row.wall},
                        {"before_mib", row.before_mib},
                        {"peak_mib", row.peak_mib},
                        {"difference", difference}};
        std::puts(line.dump().c_str());
        return;
    }
    std::printf("%-30s %10.0f %14.0f %12.0f %10.0f %10.0f  %s\n", row.draft.c_str(), read, read / row.processor,
                read / row.wall, row.before_mib, row.peak_mib, words.empty() ? "none" : words.c_str());
    std::fflush(stdout);
}

bool read_number(std::string_view text, std::size_t& out)
{
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), out);
    return failure == std::errc() && end == text.data() + text.size() && out > 0;
}

int usage(int status)
{
    std::puts(
        "Usage: ./dev bench backtest [--alerts N] [--rules N] [--runs N] [--quick] [--json]\n"
        "Stores N alerts (default 1,000,000) in a PostgreSQL of its own and back-tests drafts beside N rules (default\n"
        "10,000), each so many times (default 3) of which the fastest counts. A core is what the runner's thread "
        "takes;\n"
        "PostgreSQL takes another one a part of the time.");
    return status;
}

}  // namespace

int run(int argc, char** argv)
{
    Options options;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (word == "--json") {
            options.json = true;
        } else if (word == "--quick") {
            options.alerts = 100'000;
            options.runs = 1;
        } else if ((word == "--alerts" || word == "--rules" || word == "--runs") && i + 1 < argc) {
            auto& number = word == "--alerts" ? options.alerts : word == "--rules" ? options.rules : options.runs;
            if (!read_number(argv[++i], number)) return usage(2);
        } else {
            return usage(word == "-h" || word == "--help" ? 0 : 2);
        }
    }
    World world(options);
    if (!options.json) {
        std::printf("%-30s %10s %14s %12s %10s %10s  %s\n", "draft", "alerts", "alerts/s/core", "alerts/s",
                    "MiB before", "MiB peak", "difference");
    }
    for (const auto& [name, draft] : drafts(world.rules())) {
        auto best = measure(world, name, draft);
        for (std::size_t run = 1; run < options.runs; ++run) {
            auto again = measure(world, name, draft);
            again.peak_mib = std::max(again.peak_mib, best.peak_mib);
            again.before_mib = best.before_mib;
            if (again.processor < best.processor) best = std::move(again);
        }
        print(best, options);
    }
    return 0;
}

}  // namespace winnow::bench

int main(int argc, char** argv)
{
    try {
        return winnow::bench::run(argc, argv);
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "bench_backtest: %s\n", failure.what());
        return 1;
    }
}
