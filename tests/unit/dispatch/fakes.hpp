#pragma once

/// @file
/// An outbox and a channel in memory, and a dispatcher between them.

#include "winnow/dispatch/dispatcher.hpp"
#include "winnow/observe/metrics.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace winnow::dispatch {

using namespace std::chrono_literals;
using Outcome = ports::SendReport::Outcome;

/// Polls until `condition` holds; false after a generous deadline.
template <typename Condition>
[[nodiscard]] bool eventually(Condition condition)
{
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(1ms);  // polls for the condition
    }
    return true;
}

[[nodiscard]] inline DeliveryId delivery(std::uint64_t number)
{
    return DeliveryId(Uuid::from_words(1, number));
}
[[nodiscard]] inline ContactId contact(std::uint64_t number)
{
    return ContactId(Uuid::from_words(8, number));
}

/// The outbox in memory. What is `sending` stays so until a result with its token comes: leases run out where the test
/// says so.
class FakeOutbox final : public ports::Outbox {
public:
    struct Row {
        ContactId contact;
        domain::DeliveryState state = domain::DeliveryState::pending;
        std::int64_t token = 0;
        int attempts = 0;
        bool due = true;
        std::chrono::milliseconds retry_after{0};
        bool held = false;     ///< By somebody else: no result can be stored, and so its lease runs out.
        bool run_out = false;  ///< The lease of what is sending.
        bool refused = false;  ///< The database takes no statement with its result.
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
            const bool run_out = row.run_out && row.state == domain::DeliveryState::sending &&
                                 std::ranges::find(share.unrecorded, id) == share.unrecorded.end();
            if (!run_out && (row.state != domain::DeliveryState::pending || !row.due)) continue;
            if (is_busy || share.retries != (row.attempts > 0) || claim.deliveries.size() >= share.limit) continue;
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
        claim.more = more_;
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

    Result<ports::Recorded> record(const std::vector<ports::AttemptResult>& results) override
    {
        const std::lock_guard lock(mutex_);
        ++records_;
        if (!record_errors_.empty()) {
            const auto error = record_errors_.front();
            record_errors_.pop_front();
            return error;
        }
        for (const auto& result : results) {
            if (rows_.at(result.id).refused) return Error(refusal_, "refused");
        }
        ports::Recorded recorded;
        for (const auto& result : results) {
            auto& row = rows_.at(result.id);
            if (row.held) {
                recorded.held.push_back(result.id);
                row.run_out = true;
                continue;
            }
            if (row.state != domain::DeliveryState::sending || row.token != result.lease_token) continue;
            row.state = result.state;
            row.retry_after = result.retry_after;
            row.due = result.retry_after.count() == 0 || !result.attempted;  // handed back: due again soon
            if (!result.attempted) --row.attempts;
            recorded.owes = true;
        }
        return recorded;
    }

    Result<bool> settle() override
    {
        const std::lock_guard lock(mutex_);
        ++settles_;
        if (settle_errors_ > 0) {
            --settle_errors_;
            return Error(ErrorCode::unavailable, "away");
        }
        if (left_ > 0) --left_;
        return left_ > 0;
    }

    Result<bool> is_due() override
    {
        const std::lock_guard lock(mutex_);
        if (due_errors_ > 0) {
            --due_errors_;
            return Error(ErrorCode::unavailable, "away");
        }
        return due_;
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
    int settles_ = 0;
    int settle_errors_ = 0;
    int left_ = 0;  ///< So often something is left to settle.
    ErrorCode refusal_ = ErrorCode::internal;
    std::vector<std::pair<domain::StreamId, std::string>> freed_;
    bool more_ = false;      ///< What a claim says: that it has not looked at everybody.
    bool due_ = true;        ///< What is said of all of them.
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
    void start(std::chrono::milliseconds lease = 60s)
    {
        DispatcherOptions options;
        options.node = "node";
        options.lease = lease;
        options.poll = poll_;
        options.again = again_;
        options.standstill = standstill_;
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

    std::chrono::milliseconds standstill_ = 20s;
    std::chrono::milliseconds poll_ = 5ms;
    std::chrono::milliseconds again_ = 5ms;
    FakeOutbox outbox_;
    FakeChannel channel_;
    observe::Metrics metrics_;
    std::optional<Dispatcher> dispatcher_;  // last: it ends before what it refers to
};

}  // namespace winnow::dispatch
