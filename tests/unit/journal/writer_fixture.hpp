#pragma once

/// @file
/// A writer over a store in memory.

#include "fake_streams.hpp"
#include "winnow/journal/writer.hpp"
#include "winnow/observe/metrics.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace winnow::journal {

using namespace std::chrono_literals;

/// Polls until `condition` holds; false after a generous deadline.
template <typename Condition>
bool eventually(Condition condition)
{
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(1ms);  // polls for the condition
    }
    return true;
}

/// A writer over a fake store, and what its submitters and triage are told.
class WriterTest : public testing::Test {
protected:
    using Answer = Result<Committed>;

    void make(FakeStreams::Faults faults = {}, std::size_t threads = 1)
    {
        streams_.set_faults(std::move(faults));
        auto options = options_;
        options.transactions_in_flight = threads;
        options.answer_within = 50ms;
        const auto released = [this](std::vector<CommittedRow> rows) {
            blocked_ = gathering_.load();
            gathering_.wait(true);  // until the test has submitted what belongs together
            blocked_ = false;
            const std::lock_guard lock(mutex_);
            for (const auto& row : rows) {
                if (row.position.stream == stream_ && row.position.seq <= seq_) ++out_of_order_;
                stream_ = row.position.stream;
                seq_ = row.position.seq;
                for (const auto& [index, alert] : row.alerts) ++released_[alert.title];
            }
        };
        writer_ = std::make_unique<Writer>(streams_, "node", options, released, metrics_);
        writer_->start();
    }

    /// One request with one alert; `key` is its Idempotency-Key.
    void submit(const std::string& title, const std::string& key = "", std::uint64_t tenant = 1,
                const std::string& description = "")
    {
        Submission submission;
        submission.tenant = TenantId(Uuid::from_words(7, tenant));
        auto& alert = submission.alerts.emplace_back();
        alert.title = alert.dedup_key = title;
        alert.description = description;
        if (!key.empty()) {
            auto& once = submission.once.emplace();
            once.key = key;
            once.body_sha256 = std::string(32, 'a');
            once.answer = [](const domain::ReceiptId&) {
                return std::string("{}");
            };
        }
        ++submitted_;
        writer_->submit(std::move(submission), [this, title](Answer answer) {
            const std::lock_guard lock(mutex_);
            ++answered_;
            answers_.insert_or_assign(title, std::move(answer));
        });
    }

    static TenantId tenant(std::uint64_t number) { return TenantId(Uuid::from_words(7, number)); }

    /// One request, known as "many".
    void submit_many(int alerts, std::uint64_t of)
    {
        Submission large;
        large.tenant = tenant(of);
        large.alerts.resize(static_cast<std::size_t>(alerts));
        ++submitted_;
        writer_->submit(std::move(large), [this](Answer answer) {
            const std::lock_guard lock(mutex_);
            ++answered_;
            answers_.insert_or_assign("many", std::move(answer));
        });
    }

    /// The writer, which has one thread, is stopped behind a request of its own: what is submitted until go() is
    /// written together.
    void gather()
    {
        gathering_ = true;
        submit("before all");
        ASSERT_TRUE(eventually([&] { return blocked_.load(); }));
    }
    void go()
    {
        gathering_ = false;
        gathering_.notify_all();
    }

    bool all_answered()
    {
        return eventually([this] {
            const std::lock_guard lock(mutex_);
            return answered_ >= submitted_;
        });
    }
    bool eventually_answered(const std::string& title)
    {
        return eventually([&] {
            const std::lock_guard lock(mutex_);
            return answers_.contains(title);
        });
    }
    Answer answer_to(const std::string& title)
    {
        const std::lock_guard lock(mutex_);
        return answers_.at(title);
    }

    /// The promise: each answered once; what was acknowledged is stored and handed on exactly once, what was refused is
    /// not.
    void expect_the_promise_kept()
    {
        ASSERT_TRUE(all_answered());
        writer_->stop();
        auto stored = streams_.stored();
        const std::lock_guard lock(mutex_);
        EXPECT_EQ(answered_, submitted_) << "somebody was answered twice";
        EXPECT_EQ(out_of_order_, 0);
        EXPECT_EQ(streams_.misused(), 0) << "a claim was open for longer than its call";
        for (const auto& [title, answer] : answers_) {
            if (answer) {
                EXPECT_EQ(stored[title], 1) << title << " was acknowledged";
                EXPECT_EQ(released_[title], 1) << title << " was acknowledged";
            } else if (answer.error().code() != ErrorCode::timeout) {
                EXPECT_EQ(stored[title], 0) << title << " was refused: " << answer.error().message();
                EXPECT_EQ(released_[title], 0) << title << " was refused: " << answer.error().message();
            } else {
                EXPECT_EQ(stored[title], released_[title]) << title << " was in doubt";
            }
        }
    }

    FakeStreams streams_;
    observe::Metrics metrics_;
    WriterOptions options_;
    std::atomic<bool> gathering_ = false;
    std::atomic<bool> blocked_ = false;
    std::atomic<bool> away_ = false;  // for the faults: what they refer to must outlive the writer
    std::atomic<int> struck_ = 0;
    std::mutex mutex_;  // guards what follows
    int submitted_ = 0;
    int answered_ = 0;
    int out_of_order_ = 0;
    std::map<std::string, Answer> answers_;
    std::map<std::string, int> released_;
    domain::StreamId stream_ = 0;
    std::uint64_t seq_ = 0;
    std::unique_ptr<Writer> writer_;  // last: it ends before what its threads tell
};

}  // namespace winnow::journal
