#pragma once

/// @file
/// StreamKeeper over fake streams of dead writers.

#include "unit/pipeline/fake_chores.hpp"
#include "unit/pipeline/fakes.hpp"
#include "winnow/intake/canonical.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/pipeline/chore_kinds.hpp"
#include "winnow/pipeline/due_kinds.hpp"
#include "winnow/pipeline/row_trial.hpp"
#include "winnow/pipeline/stream_keeper.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <new>
#include <vector>

namespace winnow::pipeline {

/// Streams of dead writers; what is unapplied follows from the triage store.
class FakeStreams final : public ports::JournalStreams {
public:
    explicit FakeStreams(FakeTriageStore& store) : store_(store) {}

    Result<domain::StreamId> open(const std::string& /*node*/) override { return 1; }
    Result<std::unique_ptr<ports::JournalSession>> session(domain::StreamId /*stream*/) override
    {
        return Error(ErrorCode::internal, "not for the keeper of streams");
    }
    Result<Done> renew(domain::StreamId stream, std::uint64_t applied_seq, bool serves) override
    {
        const std::lock_guard lock(mutex_);
        renewed_.emplace_back(stream, applied_seq);
        serves_ = serves;
        return answer();
    }
    Result<std::vector<domain::StreamId>> claim_orphans() override
    {
        const std::lock_guard lock(mutex_);
        ++claims_;
        if (errors_ > 0) return answer().error();
        auto owned = orphans_;
        std::erase_if(owned, [&](auto stream) { return std::ranges::find(ended_, stream) != ended_.end(); });
        return owned;
    }
    Result<std::vector<ports::JournalRow>> unapplied(domain::StreamId stream, std::uint64_t after_seq,
                                                     std::size_t limit) override
    {
        if (on_read_) on_read_();
        std::unique_lock lock(mutex_);
        if (held_) {
            ++held_reads_;
            changed_.wait(lock, [&] { return !held_; });
        }
        if (errors_ > 0) return answer().error();
        std::vector<ports::JournalRow> rows;
        for (const auto& row : rows_) {
            if (row.position.stream != stream || row.position.seq <= after_seq || rows.size() == limit) continue;
            if (row.position.seq > store_.applied(row.tenant, stream).value()) rows.push_back(row);
        }
        return rows;
    }
    Result<std::int32_t> takeovers(domain::StreamId /*stream*/) override
    {
        const std::lock_guard lock(mutex_);
        if (errors_ > 0) return answer().error();
        return takeovers_;
    }
    Result<Done> begin_takeover(domain::StreamId /*stream*/) override
    {
        const std::lock_guard lock(mutex_);
        if (errors_ > 0) return answer();
        ++takeovers_;
        return Done{};
    }
    Result<bool> release_row() override { return false; }
    Result<Done> end(domain::StreamId stream) override
    {
        const std::lock_guard lock(mutex_);
        if (errors_ > 0) return answer();
        ended_.push_back(stream);
        return Done{};
    }
    Result<Done> maintain_partitions() override { return Done{}; }

    void hold_reads(bool held)
    {
        {
            const std::lock_guard lock(mutex_);
            held_ = held;
        }
        changed_.notify_all();
    }
    [[nodiscard]] int held_reads()
    {
        const std::lock_guard lock(mutex_);
        return held_reads_;
    }

    template <typename Change>
    auto with(Change change)
    {
        const std::lock_guard lock(mutex_);
        return change(*this);
    }
    [[nodiscard]] std::vector<domain::StreamId> ended()
    {
        return with([](auto& streams) { return streams.ended_; });
    }

    // Set through with().
    std::vector<ports::JournalRow> rows_;
    std::vector<domain::StreamId> orphans_;
    std::vector<domain::StreamId> ended_;
    std::vector<std::pair<domain::StreamId, std::uint64_t>> renewed_;
    std::int32_t takeovers_ = 0;     ///< That have begun.
    int claims_ = 0;                 ///< How often it was asked for orphans.
    bool serves_ = true;             ///< What the last heartbeat said.
    std::function<void()> on_read_;  ///< Called by each unapplied(), without a lock. Set before any.
    int errors_ = 0;                 ///< That many calls fail.
    bool throws_ = false;            ///< … by throwing.

private:
    Result<Done> answer()
    {
        if (errors_ > 0 && throws_) {
            --errors_;
            throw std::bad_alloc();
        }
        if (errors_ == 0) return Done{};
        --errors_;
        return Error(ErrorCode::unavailable, "away");
    }

    FakeTriageStore& store_;
    bool held_ = false;
    int held_reads_ = 0;
    std::mutex mutex_;
    std::condition_variable changed_;
};

/// A journal row of the keys' alerts; "" is a gap, "?" a line that cannot be read.
inline ports::JournalRow stored(TenantId tenant, domain::StreamId stream, std::uint64_t seq,
                                const std::vector<std::string>& keys)
{
    std::string lines;
    for (const auto& key : keys) {
        if (key == "?") {
            lines += "{broken";
        } else if (!key.empty()) {
            intake::append_canonical(alert(key), lines);
        }
        lines += '\n';
    }
    return {.tenant = tenant,
            .position = {.received_at = triage::kNoon, .stream = stream, .seq = seq},
            .alert_count = static_cast<std::uint32_t>(keys.size()),
            .payload = journal::encode_rows(lines)};
}

/// Processes that end as they are told to.
class FakeBench final : public TrialBench {
public:
    Result<Done> start(const TrialOrder& order) override
    {
        const std::lock_guard lock(mutex_);
        orders_.push_back(order);
        if (refused_) return Error(ErrorCode::unavailable, "none is to be had");
        if (on_start_) on_start_(order);
        return Done{};
    }
    TrialReport look() override
    {
        const std::lock_guard lock(mutex_);
        if (reports_.empty()) return {};
        auto report = reports_.front();
        if (report.state != TrialReport::State::running) reports_.pop_front();
        return report;
    }
    void stop() override
    {
        const std::lock_guard lock(mutex_);
        ++stops_;
    }

    template <typename Look>
    auto with(Look look)
    {
        const std::lock_guard lock(mutex_);
        return look(*this);
    }

    bool refused_ = false;
    std::function<void(const TrialOrder&)> on_start_;
    std::deque<TrialReport> reports_;  ///< How each process ends; `running` where there is none.
    std::vector<TrialOrder> orders_;
    int stops_ = 0;

private:
    std::mutex mutex_;
};

class StreamKeeperTest : public testing::Test {
protected:
    StreamKeeperTest()
    {
        for (const auto tenant : {one_, two_}) configs_.put(config(tenant), false);
    }

    void start(StreamKeeperOptions options)
    {
        stream_keeper_ = std::make_unique<StreamKeeper>(streams_, triage_, [this] { return own(); }, options, metrics_);
        stream_keeper_->start();
    }

    [[nodiscard]] std::optional<StreamKeeper::OwnStream> own() const
    {
        auto own = own_;
        if (own) own->serves = writable_;
        return own;
    }

    const TenantId one_ = tenant_id(1);
    const TenantId two_ = tenant_id(2);
    const StreamKeeperOptions quick_{.heartbeat = 5ms, .takeover = 5ms, .before_serving = 0ms};
    std::optional<StreamKeeper::OwnStream> own_;
    std::atomic<bool> writable_ = true;
    observe::Metrics metrics_;
    FakeConfigStore configs_;
    FakeTriageStore store_;
    FakeStreams streams_{store_};
    ConfigCache policies_{configs_, ""};
    TriageService triage_{store_, policies_, {.coalesce = 1ms}, {}, metrics_};
    std::unique_ptr<StreamKeeper> stream_keeper_;
};

}  // namespace winnow::pipeline
