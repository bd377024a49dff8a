#include "winnow/dispatch/dispatcher.hpp"

#include "winnow/observe/metrics.hpp"

#include <gmock/gmock.h>

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

namespace winnow::dispatch {
namespace {

using namespace std::chrono_literals;
using Outcome = ports::SendReport::Outcome;

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

DeliveryId delivery(std::uint64_t number)
{
    return DeliveryId(Uuid::from_words(1, number));
}
ContactId contact(std::uint64_t number)
{
    return ContactId(Uuid::from_words(8, number));
}

/// The outbox in memory. What is `sending` stays so until a result with its token comes: leases do not run out here.
class FakeOutbox final : public ports::Outbox {
public:
    struct Row {
        ContactId contact;
        domain::DeliveryState state = domain::DeliveryState::pending;
        std::int64_t token = 0;
        int attempts = 0;
        bool due = true;
        std::chrono::milliseconds retry_after{0};
    };

    Result<ports::Claim> claim(const std::string& /*node*/, const ports::ClaimShare& share,
                               std::chrono::milliseconds lease) override
    {
        const std::lock_guard lock(mutex_);
        ++claims_;
        if (claim_errors_ > 0) {
            --claim_errors_;
            return Error(ErrorCode::unavailable, "away");
        }
        ports::Claim claim;
        std::map<ContactId, std::size_t> of_contact;
        // All are of one tenant.
        const auto room = share.tenants.empty() ? share.per_tenant : share.tenants.front().room;
        for (auto& [id, row] : rows_) {
            const bool is_busy = !careless_ && std::ranges::find(share.busy, row.contact) != share.busy.end();
            if (row.state != domain::DeliveryState::pending || !row.due || is_busy) continue;
            if (share.retries != (row.attempts > 0) || claim.deliveries.size() >= share.limit) continue;
            if (!careless_ && claim.deliveries.size() >= room) continue;
            if (!careless_ && of_contact[row.contact]++ >= share.per_contact) continue;
            row.state = domain::DeliveryState::sending;
            ++row.attempts;
            auto& made = claim.deliveries.emplace_back();
            made.delivery.id = id;
            made.delivery.attempts = row.attempts;
            made.contact.id = row.contact;
            made.receiver = row.contact.str();
            made.lease_token = ++row.token;
            made.lease_until = Timestamp{} + lease;
        }
        return claim;
    }

    Result<std::size_t> free_leases(domain::StreamId stream, const std::string& own) override
    {
        const std::lock_guard lock(mutex_);
        freed_.emplace_back(stream, own);
        if (free_errors_ > 0) {
            --free_errors_;
            return Error(ErrorCode::unavailable, "away");
        }
        std::size_t freed = 0;
        for (auto& [id, row] : rows_) {
            if (row.state != domain::DeliveryState::sending) continue;
            row.state = domain::DeliveryState::pending;
            row.due = true;
            ++freed;
        }
        return freed;
    }

    Result<Done> record(const std::vector<ports::AttemptResult>& results) override
    {
        const std::lock_guard lock(mutex_);
        ++records_;
        if (!record_errors_.empty()) {
            const auto error = record_errors_.front();
            record_errors_.pop_front();
            return error;
        }
        for (const auto& result : results) {
            auto& row = rows_.at(result.id);
            if (row.state != domain::DeliveryState::sending || row.token != result.lease_token) continue;
            row.state = result.state;
            row.retry_after = result.retry_after;
            row.due = result.retry_after.count() == 0 || !result.attempted;  // handed back: due again soon
            if (!result.attempted) --row.attempts;
        }
        return Done{};
    }

    Result<std::optional<std::chrono::milliseconds>> next_due() override
    {
        const std::lock_guard lock(mutex_);
        if (due_errors_ > 0) {
            --due_errors_;
            return Error(ErrorCode::unavailable, "away");
        }
        return std::optional<std::chrono::milliseconds>();
    }

    template <typename Change>
    auto with(Change change)
    {
        const std::lock_guard lock(mutex_);
        return change(*this);
    }
    [[nodiscard]] Row row(DeliveryId id)
    {
        return with([&](auto& outbox) { return outbox.rows_.at(id); });
    }

    // Set through with().
    std::map<DeliveryId, Row> rows_;
    std::deque<Error> record_errors_;
    int claim_errors_ = 0;
    int due_errors_ = 0;
    int claims_ = 0;
    int records_ = 0;
    int free_errors_ = 0;
    std::vector<std::pair<domain::StreamId, std::string>> freed_;
    bool careless_ = false;  ///< Claims without regard to what was asked for.

private:
    std::mutex mutex_;
};

/// Answers from another thread, as the real one does, with what the test says, or not at all.
class FakeChannel final : public ports::Channel {
public:
    void send(const ports::ClaimedDelivery& message, std::function<void(ports::SendReport)> done) override
    {
        const std::lock_guard lock(mutex_);
        sent_.push_back(message.delivery.id);
        if (!answers_) {
            held_.push_back(std::move(done));
            return;
        }
        threads_.emplace_back([done = std::move(done), outcome = outcome_] {
            ports::SendReport report;
            report.outcome = outcome;
            done(report);
        });
    }

    void hold()
    {
        const std::lock_guard lock(mutex_);
        answers_ = false;
    }
    void answer(Outcome outcome)
    {
        const std::lock_guard lock(mutex_);
        outcome_ = outcome;
    }
    [[nodiscard]] std::size_t sent()
    {
        const std::lock_guard lock(mutex_);
        return sent_.size();
    }
    /// Answers what is held, perhaps when nobody waits any more.
    void let_go()
    {
        const std::lock_guard lock(mutex_);
        for (auto& done : std::exchange(held_, {})) done({});
    }

private:
    std::mutex mutex_;
    bool answers_ = true;
    Outcome outcome_ = Outcome::delivered;
    std::vector<DeliveryId> sent_;
    std::vector<std::function<void(ports::SendReport)>> held_;
    std::vector<std::jthread> threads_;
};

class DispatcherTest : public testing::Test {
protected:
    void owe(std::uint64_t count, std::uint64_t contacts = 1)
    {
        outbox_.with([&](auto& outbox) {
            for (std::uint64_t i = 0; i < count; ++i) outbox.rows_[delivery(i)].contact = contact(i % contacts);
        });
    }
    void start()
    {
        DispatcherOptions options;
        options.node = "node";
        options.poll = 5ms;
        dispatcher_.emplace(outbox_, channel_, options, metrics_);
        dispatcher_->start();
    }
    [[nodiscard]] std::size_t in_state(domain::DeliveryState state)
    {
        return outbox_.with([&](auto& outbox) {
            return static_cast<std::size_t>(
                std::ranges::count_if(outbox.rows_, [&](const auto& item) { return item.second.state == state; }));
        });
    }

    FakeOutbox outbox_;
    FakeChannel channel_;
    observe::Metrics metrics_;
    std::optional<Dispatcher> dispatcher_;  // last: it ends before what it refers to
};

TEST_F(DispatcherTest, EverythingOwedIsSentOnceAndRecorded)
{
    owe(20, 4);
    start();
    ASSERT_TRUE(eventually([&] { return in_state(domain::DeliveryState::delivered) == 20; }));
    EXPECT_EQ(channel_.sent(), 20U);
    for (std::uint64_t i = 0; i < 20; ++i) EXPECT_EQ(outbox_.row(delivery(i)).attempts, 1);
}

TEST_F(DispatcherTest, AnOutboxThatCannotBeAskedIsAskedAgain)
{
    owe(3);
    outbox_.with([](auto& outbox) { outbox.claim_errors_ = outbox.due_errors_ = 2; });
    start();
    ASSERT_TRUE(eventually([&] { return in_state(domain::DeliveryState::delivered) == 3; }));
    EXPECT_EQ(channel_.sent(), 3U);
}

TEST_F(DispatcherTest, AResultThatCannotBeStoredIsStoredLaterAndNothingIsSentTwice)
{
    owe(3, 3);
    outbox_.with([](auto& outbox) {
        outbox.record_errors_ = {Error(ErrorCode::unavailable, "away"), Error(ErrorCode::timeout, "lost")};
    });
    start();
    ASSERT_TRUE(eventually([&] { return in_state(domain::DeliveryState::delivered) == 3; }));
    EXPECT_EQ(channel_.sent(), 3U);
}

TEST_F(DispatcherTest, AResultThatIsRefusedIsLeftToItsLeaseAndHoldsUpNobody)
{
    owe(1);
    outbox_.with([](auto& outbox) { outbox.record_errors_ = {Error(ErrorCode::internal, "refused")}; });
    start();
    ASSERT_TRUE(eventually([&] { return outbox_.with([](auto& outbox) { return outbox.records_ >= 1; }); }));
    outbox_.with([](auto& outbox) { outbox.rows_[delivery(7)].contact = contact(7); });
    dispatcher_->poke();
    ASSERT_TRUE(eventually([&] { return outbox_.row(delivery(7)).state == domain::DeliveryState::delivered; }));
    EXPECT_EQ(outbox_.row(delivery(0)).state, domain::DeliveryState::sending);
}

TEST_F(DispatcherTest, FailuresAreRetriedAndRefusalsAreFinal)
{
    owe(1);
    channel_.answer(Outcome::retry);
    start();
    ASSERT_TRUE(eventually([&] { return outbox_.with([](auto& outbox) { return outbox.records_ >= 1; }); }));
    EXPECT_EQ(outbox_.row(delivery(0)).attempts, 1);
    EXPECT_GT(outbox_.row(delivery(0)).retry_after, 0ms);
    channel_.answer(Outcome::refused);
    outbox_.with([](auto& outbox) { outbox.rows_.at(delivery(0)).due = true; });
    dispatcher_->poke();
    ASSERT_TRUE(eventually([&] { return outbox_.row(delivery(0)).state == domain::DeliveryState::dead; }));
}

TEST_F(DispatcherTest, WhatIsHandedBackIsNoAttempt)
{
    owe(5);
    channel_.hold();
    outbox_.with([](auto& outbox) { outbox.careless_ = true; });  // more of one contact than it may have
    start();
    ASSERT_TRUE(eventually([&] { return outbox_.with([](auto& outbox) { return outbox.records_ >= 1; }); }));
    EXPECT_EQ(channel_.sent(), 2U);
    dispatcher_->stop(0ms);
    for (std::uint64_t i = 0; i < 5; ++i) {
        const auto row = outbox_.row(delivery(i));
        EXPECT_EQ(row.state, domain::DeliveryState::pending) << i;
        EXPECT_LE(row.attempts, 1) << i << ": only what was sent counts";
    }
    EXPECT_EQ(outbox_.with([](auto& outbox) {
        int attempts = 0;
        for (const auto& [id, row] : outbox.rows_) attempts += row.attempts;
        return attempts;
    }),
              2);
    channel_.let_go();
}

TEST_F(DispatcherTest, WhatADeadNodeHadUnderWayIsSentAgainAtOnce)
{
    owe(2);
    outbox_.with([](auto& outbox) {
        for (auto& [id, row] : outbox.rows_) row.state = domain::DeliveryState::sending;
        outbox.free_errors_ = 1;
    });
    start();
    dispatcher_->take_over(7);
    EXPECT_EQ(outbox_.row(delivery(0)).state, domain::DeliveryState::sending) << "its lease runs out";
    dispatcher_->take_over(8);
    ASSERT_TRUE(eventually([&] { return in_state(domain::DeliveryState::delivered) == 2; }));
    EXPECT_EQ(outbox_.freed_, (std::vector{std::pair(domain::StreamId{7}, std::string("node")),
                                           std::pair(domain::StreamId{8}, std::string("node"))}));
    EXPECT_THAT(metrics_.exposition(), testing::HasSubstr("winnow_delivery_freed_leases_total 2"));
}

TEST_F(DispatcherTest, WhatHangsLeavesPlacesAndRetriesComeAfterFirstAttempts)
{
    outbox_.with([&](auto& outbox) {
        for (std::uint64_t i = 0; i < 100; ++i) {
            outbox.rows_[delivery(i)] = {.contact = contact(i), .attempts = i < 50 ? 3 : 0};
        }
    });
    channel_.hold();
    start();
    ASSERT_TRUE(eventually([&] { return channel_.sent() == 32; }));
    EXPECT_THAT(metrics_.exposition(), testing::HasSubstr("winnow_delivery_retries_in_flight 0"));
    for (std::uint64_t i = 0; i < 50; ++i) EXPECT_EQ(outbox_.row(delivery(i)).attempts, 3) << i;
    dispatcher_->stop(0ms);
    channel_.let_go();
}

TEST_F(DispatcherTest, StoppingWaitsForWhatIsInFlightAndRecordsIt)
{
    owe(1);
    channel_.hold();
    start();
    ASSERT_TRUE(eventually([&] { return channel_.sent() == 1; }));
    std::jthread stopping([&] { dispatcher_->stop(30s); });
    channel_.let_go();  // a report without an outcome of its own: tried again later
    stopping.join();
    EXPECT_EQ(outbox_.row(delivery(0)).state, domain::DeliveryState::pending);
    EXPECT_EQ(outbox_.row(delivery(0)).attempts, 1);
}

TEST_F(DispatcherTest, AReportThatComesAfterTheEndFallsIntoNothing)
{
    owe(1);
    channel_.hold();
    start();
    ASSERT_TRUE(eventually([&] { return channel_.sent() == 1; }));
    dispatcher_.reset();
    EXPECT_EQ(outbox_.row(delivery(0)).state, domain::DeliveryState::pending) << "due again at once";
    channel_.let_go();
}

TEST_F(DispatcherTest, StoppingWhileTheDatabaseIsAwayEnds)
{
    owe(1);
    channel_.hold();
    start();
    ASSERT_TRUE(eventually([&] { return channel_.sent() == 1; }));
    outbox_.with([](auto& outbox) {
        outbox.claim_errors_ = 1'000;
        outbox.record_errors_.assign(1'000, Error(ErrorCode::unavailable, "away"));
    });
    dispatcher_->stop(0ms);
    EXPECT_EQ(outbox_.row(delivery(0)).state, domain::DeliveryState::sending) << "its lease runs out";
    channel_.let_go();
}

}  // namespace
}  // namespace winnow::dispatch
