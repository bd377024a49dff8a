/// @file
/// Trials in processes of the operating system: the process's own part.

#include "pipeline/orphan_replay.hpp"
#include "pipeline/takeover/trial_lines.hpp"
#include "winnow/observe/log.hpp"
#include "winnow/observe/metrics.hpp"
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
#include <thread>

namespace winnow::pipeline {

namespace {

constexpr std::size_t kPage = 16;
constexpr std::chrono::seconds kLongest{60};  ///< For a row to be stored, or for the database to answer.
constexpr std::chrono::milliseconds kPause{100};

/// Whatever this process is doing, it does not outlive its owner, whose end closes standard input.
void end_with_owner()
{
    std::thread([] {
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

[[noreturn]] void say_and_end(std::string_view word)
{
    say(std::string(word) + "\n");
    std::_Exit(EXIT_SUCCESS);  // a worker may still be at a row
}

class RowByRow {
public:
    RowByRow(TrialOrder order, ports::JournalStreams& streams, TriageService& triage)
        : order_(std::move(order)), streams_(streams), triage_(triage)
    {
    }

    void run()
    {
        while (order_.rows > 0) {
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
                if (order_.rows == 0) return;
                --order_.rows;
                try_one(row);
            }
            if (!any) after_ = page.back().position.seq;
        }
    }

private:
    std::vector<ports::JournalRow> next_page()
    {
        const auto until = std::chrono::steady_clock::now() + kLongest;
        while (true) {
            auto page = streams_.unapplied(order_.stream, after_, kPage);
            if (page) return *std::move(page);
            if (std::chrono::steady_clock::now() > until) say_and_end(kSlow);
            std::this_thread::sleep_for(kPause);  // the database is away
        }
    }

    void try_one(const ports::JournalRow& row)
    {
        const TriedRow name{.tenant = row.tenant, .seq = row.position.seq};
        const auto aside = std::ranges::find(order_.aside, name, &TrialOrder::SetAside::row);
        const bool guilty = aside != order_.aside.end();
        say(row_line(kReading, name));
        auto read = guilty && aside->unread ? journal::CommittedRow{.tenant = row.tenant,
                                                                    .position = row.position,
                                                                    .alerts = {},
                                                                    .bytes = sizeof(row)}
                                            : read_row(row);
        if (guilty) read.quarantined = std::max<std::uint32_t>(1, row.alert_count);
        const auto alerts = read.alerts.size();
        say(row_line(kFolding, name));
        std::vector<journal::CommittedRow> rows;
        rows.push_back(std::move(read));
        triage_.submit(std::move(rows));
        if (!triage_.settled(order_.stream, kLongest)) say_and_end(kSlow);
        say(guilty ? count_line(kSetAside, 1) : count_line(kApplied, alerts));
    }

    TrialOrder order_;
    ports::JournalStreams& streams_;
    TriageService& triage_;
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
              const domain::AlertIds& ids, std::chrono::milliseconds hung_turn)
{
    std::signal(SIGPIPE, SIG_IGN);  // as in its owner
    auto order = order_of(next_trial_line());
    end_with_owner();
    observe::Metrics metrics;
    ConfigCache policies(configs, {}, ids);
    TriageService triage(store, policies, {.workers = 1, .hung_turn = hung_turn}, {}, metrics);
    RowByRow(std::move(order), streams, triage).run();
    say_and_end(kPassed);
}

}  // namespace winnow::pipeline
