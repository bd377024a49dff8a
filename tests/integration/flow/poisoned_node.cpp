/// @file
/// A process that folds, and ends at the rows with an alert of the dedup key "poison" unless they are set aside.
///
///     poisoned_node PIPELINE SUPERUSER write|take|unread abort|hang|block|wait|none FILE TENANT…
///
/// `write` journals some rows of the tenants, the poison among them, and folds them; `take` takes dead writers' streams
/// over, and ends with 0 when there are none left; `unread` sets the poison aside without reading it. FILE is made when
/// the poison is met, FILE.trial when a trial's process meets it, with the process's number; FILE holds the metrics at
/// the end.

#include "winnow/intake/canonical.hpp"
#include "winnow/journal/codec.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/pg/config_store.hpp"
#include "winnow/pg/journal_streams.hpp"
#include "winnow/pg/triage_store.hpp"
#include "winnow/pipeline/config_cache.hpp"
#include "winnow/pipeline/row_trial.hpp"
#include "winnow/pipeline/stream_keeper.hpp"
#include "winnow/pipeline/triage_service.hpp"

#include <pqxx/connection>
#include <pqxx/nontransaction>
#include <pqxx/result>

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace winnow {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kHung{1'000};

std::atomic<bool> stop_asked = false;

/// What a defect in a fold would do, where a rule, the fold or a library has one.
class PoisonedStore final : public ports::TriageStore {
public:
    PoisonedStore(ports::TriageStore& real, std::string how, std::string file)
        : real_(real), how_(std::move(how)), file_(std::move(file))
    {
    }

    Result<std::unique_ptr<ports::FoldTransaction>> lock(TenantId tenant, std::uint64_t from,
                                                         const domain::RowPosition& to,
                                                         const ports::Patience& patience) override
    {
        return std::make_unique<Fold>(
            *this, [this, tenant, from, to, patience] { return real_.lock(tenant, from, to, patience); });
    }
    Result<std::uint64_t> applied(TenantId tenant, domain::StreamId stream) override
    {
        return real_.applied(tenant, stream);
    }
    Result<std::vector<TenantId>> tenants_with_expired_instances() override
    {
        return real_.tenants_with_expired_instances();
    }
    Result<ports::Due<ports::ExpiredInstances>> lock_expired(TenantId tenant, ports::Turn turn) override
    {
        return real_.lock_expired(tenant, turn);
    }

private:
    using Lock = std::function<Result<std::unique_ptr<ports::FoldTransaction>>()>;

    /// Locks when it is asked for the states, so that the poison is met before anything is locked.
    class Fold final : public ports::FoldTransaction {
    public:
        Fold(const PoisonedStore& store, Lock lock) : store_(store), lock_(std::move(lock)) {}

        Result<triage::States> load(const triage::StateKeys& keys) override
        {
            if (std::ranges::find(keys.dedup_keys, "poison") != keys.dedup_keys.end()) store_.meet_the_end();
            auto locked = lock_();
            if (!locked) return locked.error();
            real_ = *std::move(locked);
            return real_->load(keys);
        }
        Result<std::optional<ports::KnownCosts>> load_costs(const std::vector<domain::Judge>& judges,
                                                            const triage::StateKeys& keys) override
        {
            return real_->load_costs(judges, keys);
        }
        Result<Done> store(const ports::TriageWrites& writes) override { return real_->store(writes); }
        Result<Done> commit() override { return real_->commit(); }

    private:
        const PoisonedStore& store_;
        const Lock lock_;
        std::unique_ptr<ports::FoldTransaction> real_;
    };

    void meet_the_end() const
    {
        if (how_ == "none") return;
        std::ofstream(file_) << getpid() << '\n';
        if (how_ == "abort") std::abort();
        std::atomic<std::uint64_t> turns = 0;
        while (how_ == "hang") ++turns;
        while (true) std::this_thread::sleep_for(1h);  // until it is killed
    }

    ports::TriageStore& real_;
    const std::string how_;
    const std::string file_;
};

struct Node {
    Node(const std::string& conninfo, const std::string& how, const std::string& file)
        : streams(pg::make_journal_streams({.conninfo = conninfo})),
          real(pg::make_triage_store(pg::PgOptions{.conninfo = conninfo})),
          store(*real, how, file),
          configs(pg::make_config_store(pg::PgOptions{.conninfo = conninfo})),
          policies(*configs, "https://winnow.example"),
          triage(store, policies, {.long_turn = 50ms, .hung_turn = kHung}, {}, metrics)
    {
    }

    observe::Metrics metrics;
    std::unique_ptr<ports::JournalStreams> streams;
    std::unique_ptr<ports::TriageStore> real;
    PoisonedStore store;
    std::unique_ptr<ports::ConfigStore> configs;
    pipeline::ConfigCache policies;
    pipeline::TriageService triage;
};

ports::JournalRow stored(TenantId tenant, domain::StreamId stream, std::uint64_t seq, const std::string& key)
{
    std::string lines;
    for (const auto* const name : {"first", "second"}) {
        domain::Alert alert;
        alert.title = key + " " + name;
        alert.dedup_key = key;
        intake::append_canonical(alert, lines);
        lines += '\n';
    }
    return {.tenant = tenant,
            .position = {.received_at = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()),
                         .stream = stream,
                         .seq = seq},
            .alert_count = 2,
            .payload = journal::encode_rows(lines)};
}

void write(Node& node, const std::vector<TenantId>& tenants)
{
    const auto stream = node.streams->open("poisoned").value();
    const auto session = node.streams->session(stream).value();
    std::vector<ports::JournalRow> rows{
        stored(tenants.at(0), stream, 1, "before"), stored(tenants.at(0), stream, 2, "poison"),
        stored(tenants.at(0), stream, 3, "after"), stored(tenants.at(1), stream, 4, "other")};
    session->append(rows).value();
    // All of the first tenant's in one fold.
    std::vector<journal::CommittedRow> committed;
    for (const auto& row : rows) {
        journal::CommittedRow one{.tenant = row.tenant, .position = row.position, .alerts = {}, .bytes = 1'000};
        const auto lines = journal::decode_rows(row.payload).value();
        const auto end = lines.find('\n');
        one.alerts.emplace_back(0, intake::read_canonical(lines.substr(0, end)).value());
        one.alerts.emplace_back(1, intake::read_canonical(lines.substr(end + 1, lines.size() - end - 2)).value());
        for (auto& [index, alert] : one.alerts) alert.received_at = row.position.received_at;
        committed.push_back(std::move(one));
    }
    node.triage.submit(std::move(committed));
    node.triage.flush(60s);
}

/// Its own trials' process: the same arguments, but for what it is to do.
pipeline::TrialProgram trials(std::span<const char* const> arguments)
{
    pipeline::TrialProgram program;
    for (const auto* const argument : arguments) program.arguments.emplace_back(argument);
    program.arguments[3] = "try";
    return program;
}

/// As on a machine that gives what hangs less than a processor: it waits for it longer than rows are waited for.
pipeline::TrialLimits limits(std::string_view how)
{
    if (how == "hang") return {.hung_turn = 4s, .waiting = 3s};
    if (how == "wait") return {.hung_turn = kHung, .waiting = 3s};
    return {.hung_turn = kHung};
}

[[noreturn]] void try_rows(std::span<const char* const> arguments)
{
    static_cast<void>(pipeline::next_trial_line());  // it has its settings already
    const auto streams = pg::make_journal_streams({.conninfo = arguments[1]});
    const auto real = pg::make_triage_store(pg::PgOptions{.conninfo = arguments[1]});
    const auto configs = pg::make_config_store(pg::PgOptions{.conninfo = arguments[1]});
    for (const auto* const id : arguments.subspan(6)) {  // connects: of a row's time the row is to have all
        configs->load(TenantId::parse(id).value()).value();
        real->applied(TenantId::parse(id).value(), 1).value();
    }
    PoisonedStore store(*real, arguments[4], arguments[5] + std::string(".trial"));
    pipeline::try_rows(*streams, store, *configs, {}, "https://winnow.example", limits(arguments[4]));
}

/// The poison, of the only stream.
int set_aside(pipeline::TrialBench& bench, domain::StreamId stream, TenantId tenant)
{
    bench.start({.stream = stream, .rows = 256, .aside = {{.row = {.tenant = tenant, .seq = 2}, .unread = true}}})
        .value();
    auto report = bench.look();
    for (; report.state == pipeline::TrialReport::State::running; report = bench.look()) {
        std::this_thread::sleep_for(5ms);  // polls for the end
    }
    return report.state == pipeline::TrialReport::State::passed && report.set_aside.size() == 1 ? 0 : 1;
}

int run(std::span<const char* const> arguments)
{
    const std::string what = arguments[3];
    const std::string file = arguments[5];
    if (what == "try") try_rows(arguments);
    Node node(arguments[1], arguments[4], file);
    if (what == "write") {
        std::vector<TenantId> tenants;
        for (const auto* const id : arguments.subspan(6)) tenants.push_back(TenantId::parse(id).value());
        write(node, tenants);
        return 1;  // it was to end before
    }
    const auto bench = pipeline::make_trial_bench(trials(arguments));
    if (what == "unread") {
        return set_aside(*bench, node.streams->claim_orphans().value().at(0), TenantId::parse(arguments[6]).value());
    }
    auto stream_keeper = std::make_unique<pipeline::StreamKeeper>(
        *node.streams, node.triage, [] { return std::nullopt; },
        pipeline::StreamKeeperOptions{.heartbeat = 50ms, .takeover = 50ms, .trials = bench.get()}, node.metrics);
    stream_keeper->start();
    pqxx::connection connection(arguments[2]);
    const auto left = [&] {
        return pqxx::nontransaction(connection)
                   .exec("select count(*) from journal_streams where ended_at is null")[0][0]
                   .as<int>() > 0;
    };
    while (!stop_asked && left()) std::this_thread::sleep_for(5ms);  // polls for the end
    stream_keeper.reset();
    if (!stop_asked) std::ofstream(file) << node.metrics.exposition();
    std::_Exit(0);  // a worker may still be at the row, which does not end
}

}  // namespace
}  // namespace winnow

int main(int count, char** arguments)
{
    const std::span<const char* const> words(arguments, static_cast<std::size_t>(count));
    if (std::string_view(words[3]) != "try") {  // a trial's process ends as the program's does
        std::signal(SIGTERM, [](int) { winnow::stop_asked = true; });
    }
    return winnow::run(words);
}
