#pragma once

/// @file
/// A dead writer's rows, of which one may have ended its process. Private to pipeline.

#include "winnow/domain/position.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/pipeline/row_trial.hpp"
#include "winnow/ports/journal_store.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

namespace winnow::pipeline {

/// How a stream's rows are tried.
struct TrialOptions {
    std::uint64_t rows = 256;                  ///< That are tried; 16 times as many with each further takeover.
    int deaths = 2;                            ///< Of processes that tried the row alone, until it is set aside.
    std::size_t in_a_row = 16;                 ///< Rows of several tenants that are blamed where none passes.
    std::chrono::milliseconds stands{60'000};  ///< The stream, when one more is, until its rows are tried anew.
    int slow = 3;                              ///< Rows that are not stored, while none is, until no more is tried.
    int refusals = 3;                          ///< Of processes that told nothing, until the stream is folded untried.
    std::chrono::milliseconds again{1'000};    ///< After such a one.
    std::chrono::milliseconds silence{150'000};  ///< Of a process, until it is ended.
    std::chrono::milliseconds ahead{5'000};      ///< So long the rows of later streams wait for it.
};

/// What the trials of a node share: one stream at a time is tried. Not thread-safe.
class Trials {
public:
    /// `bench` nullptr: nothing is tried.
    Trials(TrialBench* bench, observe::Counter quarantined, observe::Counter standing, TrialOptions options)
        : bench_(bench), quarantined_(quarantined), standing_(standing), options_(options)
    {
    }

private:
    friend class Trial;
    TrialBench* const bench_;
    const observe::Counter quarantined_;
    const observe::Counter standing_;
    const TrialOptions options_;
    const void* at_work_ = nullptr;  ///< The trial that has the bench.
};

/// One stream's: whether its first rows are folded in a process of their own before the others are folded here. A row
/// at which that process ends by itself, twice, is set aside; how this process ends tells nothing about any row. The
/// rows of a tenant at which a process has ended are tried after all others'; where one is not stored in time its
/// tenant's are left. Where those of several tenants end processes and none passes at all it is no row's fault, and
/// this process would end, too: the stream stands, and is tried anew, until one does.
class Trial {
public:
    Trial(Trials& trials, ports::JournalStreams& streams, domain::StreamId stream)
        : trials_(trials), streams_(streams), stream_(stream)
    {
    }
    ~Trial();
    Trial(const Trial&) = delete;
    Trial& operator=(const Trial&) = delete;

    /// Goes on, without waiting. True once the stream's rows may be folded here.
    [[nodiscard]] bool step();
    [[nodiscard]] bool is_over() const noexcept { return over_; }
    /// It has begun, and is neither over nor so long under way that others should not wait for it.
    [[nodiscard]] bool goes_first() const { return order_ && !over_ && Clock::now() - begun_ < trials_.options_.ahead; }
    /// Whether rows may have been folded, and how many alerts.
    [[nodiscard]] bool has_folded() const noexcept { return has_folded_; }
    [[nodiscard]] std::uint64_t alerts() const noexcept { return alerts_; }

private:
    using Clock = std::chrono::steady_clock;

    [[nodiscard]] bool begin();
    [[nodiscard]] bool start();
    [[nodiscard]] bool follow();
    void note(const TrialReport& report);
    [[nodiscard]] bool silent(const TrialReport& report);
    [[nodiscard]] bool refused();
    [[nodiscard]] bool leave(const TrialReport& report, std::string_view why);
    [[nodiscard]] bool died(const TrialReport& report);
    [[nodiscard]] bool is_general(TenantId tenant) const;
    [[nodiscard]] bool stand(const TriedRow& row);
    [[nodiscard]] bool end();
    void release();
    [[nodiscard]] bool conclude();

    Trials& trials_;
    ports::JournalStreams& streams_;
    const domain::StreamId stream_;
    bool tried_ = false;  ///< No process works at it, or will.
    bool over_ = false;
    bool has_folded_ = false;
    std::optional<TrialOrder> order_;  ///< None: it is not known yet whether there is one.
    Clock::time_point begun_;
    bool running_ = false;
    int refusals_ = 0;
    Clock::time_point again_ = Clock::time_point::min();
    Clock::time_point heard_;  ///< When the process last got on.
    TrialReport seen_;         ///< As of then.
    std::uint64_t alerts_ = 0;
    std::map<TriedRow, int> deaths_;
    std::vector<TenantId> blamed_;  ///< The tenants of rows that were blamed.
    int slow_ = 0;                  ///< Rows that were not stored since one passed.
};

}  // namespace winnow::pipeline
