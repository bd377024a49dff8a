/// @file
/// Trials in processes of the operating system: the process's own part.

#include "pipeline/takeover/bare_configs.hpp"
#include "pipeline/takeover/orphan_replay.hpp"
#include "pipeline/takeover/trial_lines.hpp"
#include "pipeline/watch/turn_watch.hpp"
#include "winnow/observe/log.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/observe/thread_name.hpp"
#include "winnow/pipeline/config_cache.hpp"
#include "winnow/ports/journal_store.hpp"
#include "winnow/ports/triage_store.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace winnow::pipeline {

namespace {

constexpr std::size_t kPage = 16;
constexpr std::chrono::milliseconds kPause{100};
constexpr std::chrono::seconds kPulse{10};
constexpr int kLeast = 50;  ///< Who spends this part of the time on a processor works: a loaded machine gives no more.

using Clock = std::chrono::steady_clock;

/// What this process has spent on processors.
std::chrono::nanoseconds spent()
{
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

/// Whatever this process is doing, it does not outlive its owner, whose end closes standard input.
void end_with_owner()
{
    std::thread([] {
        observe::name_thread("trial-owner");
        std::array<char, 1> some{};
        while (read(STDIN_FILENO, some.data(), 1) != 0) {  // nothing more is said to it
        }
        std::_Exit(EXIT_SUCCESS);
    }).detach();
}

void say(std::string_view line)
{
    // Short enough to be written whole.
    while (write(kReportsTo, line.data(), line.size()) < 0 && errno == EINTR) {
    }
}

/// Its owner takes the silence of who works for no silence.
void say_that_it_works()
{
    std::thread([] {
        observe::name_thread("trial-pulse");
        for (auto before = spent();; before = spent()) {
            std::this_thread::sleep_for(kPulse);
            if (spent() - before >= std::chrono::nanoseconds{kPulse} / kLeast) say(std::string(kWorking) + "\n");
        }
    }).detach();
}

[[noreturn]] void say_and_end(std::string_view word)
{
    say(std::string(word) + "\n");
    std::_Exit(EXIT_SUCCESS);  // a worker may still be at a row
}

/// What folds one row at a time.
struct Folder {
    Folder(ports::TriageStore& store, ports::ConfigStore& configs, const domain::AlertIds& ids,
           const std::string& public_url, TrialLimits limits, observe::Metrics& metrics)
        : policies(configs, public_url, {}, ids),
          triage(store, policies, {.workers = 1, .hung_turn = limits.hung_turn}, {}, metrics)
    {
    }

    ConfigCache policies;
    TriageService triage;
};

class RowByRow {
public:
    RowByRow(TrialOrder order, TrialLimits limits, ports::JournalStreams& streams, ports::TriageStore& store,
             ports::ConfigStore& configs, const domain::AlertIds& ids, const std::string& public_url)
        : order_(std::move(order)),
          limits_(limits),
          streams_(streams),
          reading_({.long_turn = limits.hung_turn, .hung_turn = limits.hung_turn},
                   metrics_.counter("winnow_trial_long_reads_total", "Rows that took long to read.")),
          seat_(reading_),
          judges_(store, configs, ids, public_url, limits, metrics_),
          bare_(configs),
          sets_aside_(store, bare_, ids, public_url, limits, metrics_)
    {
    }

    void run()
    {
        go_through({});
        for (const auto tenant : order_.last) go_through(tenant);
    }

private:
    /// Without a tenant: all of whom nothing else is said.
    void go_through(const std::optional<TenantId>& tenant)
    {
        after_ = 0;
        done_.clear();
        auto rows = order_.rows;
        while (rows > 0) {
            auto page = next_page();
            if (page.empty()) return;
            // Two rows may share a seq, and the page end between them.
            after_ = page.back().position.seq - 1;
            const auto before = std::exchange(done_, {});
            for (const auto& row : page) done_.push_back({.tenant = row.tenant, .seq = row.position.seq});
            bool any = false;
            for (const auto& row : page) {
                if (std::ranges::find(before, TriedRow{.tenant = row.tenant, .seq = row.position.seq}) !=
                    before.end()) {
                    continue;
                }
                any = true;
                if (rows == 0) return;
                --rows;
                if (is_wanted(row.tenant, tenant)) try_one(row);
            }
            if (!any) after_ = page.back().position.seq;
        }
    }

    [[nodiscard]] bool is_wanted(TenantId whose, const std::optional<TenantId>& tenant) const
    {
        const auto is_among = [&](const std::vector<TenantId>& tenants) {
            return std::ranges::find(tenants, whose) != tenants.end();
        };
        if (is_among(order_.left)) return false;
        return tenant ? whose == *tenant : !is_among(order_.last);
    }

    std::vector<ports::JournalRow> next_page()
    {
        const auto until = Clock::now() + limits_.waiting;
        while (true) {
            auto page = streams_.unapplied(order_.stream, after_, kPage);
            if (page) return *std::move(page);
            if (Clock::now() > until) say_and_end(kSlow);
            std::this_thread::sleep_for(kPause);  // the database is away
        }
    }

    void try_one(const ports::JournalRow& row)
    {
        const TriedRow name{.tenant = row.tenant, .seq = row.position.seq};
        const auto aside = std::ranges::find(order_.aside, name, &TrialOrder::SetAside::row);
        const bool guilty = aside != order_.aside.end();
        say(row_line(kReading, name));
        seat_.begin(row.tenant);
        auto read = guilty && aside->unread ? journal::CommittedRow{.tenant = row.tenant,
                                                                    .position = row.position,
                                                                    .alerts = {},
                                                                    .bytes = sizeof(row)}
                                            : read_row(row);
        seat_.end();
        if (guilty) read.quarantined = std::max<std::uint32_t>(1, row.alert_count);
        const auto alerts = read.alerts.size();
        say(row_line(kFolding, name));
        std::vector<journal::CommittedRow> rows;
        rows.push_back(std::move(read));
        auto& triage = guilty ? sets_aside_.triage : judges_.triage;
        triage.submit(std::move(rows));
        await_stored(triage);
        say(guilty ? row_line(kSetAside, name) : count_line(kApplied, alerts));
    }

    /// Who works has time until it is done, or its turn hangs, on a machine that gives it that little.
    void await_stored(TriageService& triage) const
    {
        const auto end = Clock::now() + limits_.waiting + kLeast * limits_.hung_turn;
        auto before = spent();
        while (!triage.settled(order_.stream, limits_.waiting)) {
            const auto now = spent();
            if (now - before < std::chrono::nanoseconds{limits_.waiting} / kLeast || Clock::now() > end)
                say_and_end(kSlow);
            before = now;
        }
    }

    TrialOrder order_;
    const TrialLimits limits_;
    ports::JournalStreams& streams_;
    observe::Metrics metrics_;
    TurnWatch reading_;
    TurnWatch::Seat seat_;  ///< This thread's.
    Folder judges_;
    BareConfigs bare_;
    Folder sets_aside_;
    std::uint64_t after_ = 0;
    std::vector<TriedRow> done_;  ///< Of the last page.
};

}  // namespace

void volunteer_to_end()
{
    const int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (file < 0) return;
    constexpr std::string_view kFirst = "1000";
    if (write(file, kFirst.data(), kFirst.size()) < 0) observe::debug("the order of ends cannot be set");
    close(file);
}

std::string next_trial_line()
{
    std::string line;
    std::array<char, 1> one{};
    while (true) {
        const auto got = read(STDIN_FILENO, one.data(), 1);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0 || one[0] == '\n') return line;
        line += one[0];
    }
}

void try_rows(ports::JournalStreams& streams, ports::TriageStore& store, ports::ConfigStore& configs,
              const domain::AlertIds& ids, const std::string& public_url, TrialLimits limits)
{
    std::signal(SIGPIPE, SIG_IGN);  // as in its owner
    auto order = order_of(next_trial_line());
    end_with_owner();
    say_that_it_works();
    RowByRow rows(std::move(order), limits, streams, store, configs, ids, public_url);
    rows.run();
    say_and_end(kPassed);
}

}  // namespace winnow::pipeline
