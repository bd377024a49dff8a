#pragma once

/// @file
/// The triage store in memory, with faults on demand.

#include "unit/triage/store_model.hpp"
#include "winnow/journal/codec.hpp"
#include "winnow/ports/triage_store.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace winnow::pipeline {

using namespace std::chrono_literals;

class FakeTriageStore final : public ports::TriageStore {
public:
    struct Transaction {
        TenantId tenant;
        std::uint64_t from = 0;
        domain::RowPosition to;
        std::vector<std::pair<domain::RowPosition, std::vector<std::optional<domain::Verdict>>>> verdicts;
        std::size_t deliveries = 0;
        std::string public_url = {};  ///< Of what it owes, the last.
    };

    Result<std::unique_ptr<ports::FoldTransaction>> lock(TenantId tenant, std::uint64_t from,
                                                         const domain::RowPosition& to,
                                                         const ports::Patience& patience) override
    {
        if (is_the_callers()) return has_one();
        std::unique_lock lock(mutex_);
        ++attempts_;
        given_.push_back(patience.time);
        changed_.notify_all();
        changed_.wait(lock, [&] { return !held_ && !held_for_.contains(tenant); });
        while (patient_held_ && patience.time > 0ms) {
            if (patience.stop.stop_requested()) return Error(ErrorCode::unavailable, "given up");
            changed_.wait_for(lock, 5ms);
        }
        if (!errors_.empty()) {
            const auto error = errors_.front();
            errors_.pop_front();
            return error;
        }
        if (out_of_memory_ > 0) {
            --out_of_memory_;
            throw std::bad_alloc();
        }
        const auto& position = positions_[{tenant, to.stream}];
        if (ended_.contains(to.stream) || position != from) return Error(ErrorCode::conflict, "fenced");
        return std::make_unique<Fold>(
            *this, std::move(lock), patience.time,
            Transaction{.tenant = tenant, .from = from, .to = to, .verdicts = {}, .deliveries = 0});
    }

    Result<std::uint64_t> applied(TenantId tenant, domain::StreamId stream) override
    {
        if (is_the_callers()) return has_one();
        const std::lock_guard lock(mutex_);
        return positions_[{tenant, stream}];
    }

    Result<std::vector<TenantId>> tenants_with_expired_instances() override
    {
        if (is_the_callers()) return has_one();
        const std::lock_guard lock(mutex_);
        std::vector<TenantId> tenants;
        for (const auto& [tenant, count] : expired_) {
            if (count > 0) tenants.push_back(tenant);
        }
        return tenants;
    }

    Result<ports::Due<ports::ExpiredInstances>> lock_expired(TenantId tenant, ports::Turn turn) override
    {
        if (is_the_callers()) return has_one();
        std::unique_lock lock(mutex_);
        ++expiries_begun_;
        changed_.wait(lock, [&] { return !expire_held_; });
        if (busy_.contains(tenant)) {
            if (turn.patience.count() > 0) ++waits_[tenant];
            return Error(ErrorCode::conflict, "somebody else is folding the tenant");
        }
        ports::Due<ports::ExpiredInstances> due;
        due.rows.instances.resize(std::min(expired_[tenant], turn.limit));
        due.rows.now = triage::kNoon;
        if (due.rows.instances.empty()) return due;
        due.fold = std::make_unique<Expiry>(*this, std::move(lock), tenant, due.rows.instances.size());
        return due;
    }

    /// Runs `change` where nothing else happens.
    template <typename Change>
    auto with(Change change)
    {
        const std::lock_guard lock(mutex_);
        changed_.notify_all();
        return change(*this);
    }
    [[nodiscard]] std::vector<Transaction> done()
    {
        return with([](auto& store) { return store.done_; });
    }
    [[nodiscard]] int attempts()
    {
        return with([](auto& store) { return store.attempts_; });
    }
    /// Of all tickets with that dedup key.
    [[nodiscard]] std::int64_t occurrences(TenantId tenant, const std::string& key)
    {
        return with([&](auto& store) {
            std::int64_t sum = 0;
            for (const auto& [id, ticket] : store.models_[tenant].tickets) {
                if (ticket.dedup_key == key) sum += ticket.occurrences;
            }
            return sum;
        });
    }

    // Set through with().
    std::map<std::pair<TenantId, domain::StreamId>, std::uint64_t> positions_;
    std::map<TenantId, triage::StoreModel> models_;
    std::vector<Transaction> done_;
    std::deque<Error> errors_;  ///< Answers to the next calls of lock().
    std::set<domain::StreamId> ended_;
    std::map<TenantId, std::size_t> expired_;
    bool held_ = false;            ///< lock() waits.
    std::set<TenantId> held_for_;  ///< As above, for these tenants.
    bool patient_held_ = false;    ///< As above, where it is given more time than usual.
    bool lose_answer_ = false;     ///< The next commit() does so and says `timeout`.
    bool refuse_verdicts_ = false;
    std::size_t patience_ = SIZE_MAX;               ///< More alerts than this cannot be stored in time.
    std::size_t most_owed_ = SIZE_MAX;              ///< More deliveries than this cannot be stored in time either, …
    std::chrono::milliseconds needed_ = 24h;        ///< … unless there is so much of it.
    std::vector<std::chrono::milliseconds> given_;  ///< Patience, call by call.
    int out_of_memory_ = 0;                         ///< So many calls of lock() find no memory.
    int attempts_ = 0;
    int expiries_ = 0;
    int expiries_begun_ = 0;
    bool expire_held_ = false;       ///< lock_expired() waits.
    std::set<TenantId> busy_;        ///< Tenants that somebody else folds all the time: lock_expired() is refused.
    std::map<TenantId, int> waits_;  ///< How often it waited for each of them.

    std::map<TenantId, std::map<Uuid, domain::JudgeCost>> costs_;  ///< By the judge's id.

private:
    /// Nobody else is at the store while it lives, and who has it asks the store for nothing else.
    class Alone {
    public:
        Alone(FakeTriageStore& store, std::unique_lock<std::mutex> lock) : lock_(std::move(lock)), store_(store)
        {
            store_.has_it_ = std::this_thread::get_id();
        }
        ~Alone() { store_.has_it_ = std::thread::id(); }
        Alone(const Alone&) = delete;
        Alone& operator=(const Alone&) = delete;

    private:
        const std::unique_lock<std::mutex> lock_;
        FakeTriageStore& store_;
    };

    /// Nothing is kept before it is committed.
    class Fold final : public ports::FoldTransaction {
    public:
        Fold(FakeTriageStore& store, std::unique_lock<std::mutex> lock, std::chrono::milliseconds patience,
             Transaction transaction)
            : alone_(store, std::move(lock)), store_(store), patience_(patience), transaction_(std::move(transaction))
        {
        }

        Result<triage::States> load(const triage::StateKeys& keys) override
        {
            for (const auto& key : keys.dedup_keys) {
                if (key == "poison") return Error(ErrorCode::internal, "poison");
            }
            return model().load(keys);
        }

        Result<std::optional<ports::KnownCosts>> load_costs(const std::vector<domain::Judge>& judges,
                                                            const triage::StateKeys& keys) override
        {
            auto after = model();
            for (const auto& writes : stored_) after.keep(writes.outcome);
            ports::KnownCosts known{.states = after.load(keys), .costs = {}, .now = triage::kNoon};  // always noon
            const auto& costs = store_.costs_[transaction_.tenant];
            for (const auto& judge : judges) {
                if (const auto found = costs.find(judge.id); found != costs.end()) known.costs.push_back(found->second);
            }
            return known;
        }

        Result<Done> store(const ports::TriageWrites& writes) override
        {
            std::size_t owed = 0;
            for (const auto& message : writes.deliveries) owed += message.to.size();
            if ((owed > store_.most_owed_ && patience_ < store_.needed_) ||
                writes.outcome.verdicts.size() > store_.patience_) {
                return Error(ErrorCode::timeout, "took too long");
            }
            if (store_.refuse_verdicts_ && !writes.verdict_rows.empty()) {
                return Error(ErrorCode::internal, "no partition");
            }
            transaction_.deliveries += owed;
            if (!writes.deliveries.empty()) transaction_.public_url = writes.deliveries.back().public_url;
            stored_.push_back(writes);
            return Done{};
        }

        Result<Done> commit() override
        {
            const auto tenant = transaction_.tenant;
            for (const auto& writes : stored_) {
                model().keep(writes.outcome);
                for (const auto& cost : writes.costs) store_.costs_[tenant][cost.judge.id] = cost;
                for (const auto& [at, payload] : writes.verdict_rows) {
                    transaction_.verdicts.emplace_back(at, journal::decode_verdicts(payload).value());
                }
            }
            store_.positions_[{tenant, transaction_.to.stream}] = transaction_.to.seq;
            store_.done_.push_back(std::move(transaction_));
            if (std::exchange(store_.lose_answer_, false)) return Error(ErrorCode::timeout, "lost");
            return Done{};
        }

    private:
        triage::StoreModel& model() { return store_.models_[transaction_.tenant]; }

        const Alone alone_;
        FakeTriageStore& store_;
        const std::chrono::milliseconds patience_;
        Transaction transaction_;
        std::vector<ports::TriageWrites> stored_;
    };

    /// The same, of so many instances that nobody knows anything about.
    class Expiry final : public ports::FoldTransaction {
    public:
        Expiry(FakeTriageStore& store, std::unique_lock<std::mutex> lock, TenantId tenant, std::size_t instances)
            : alone_(store, std::move(lock)), store_(store), tenant_(tenant), instances_(instances)
        {
        }

        Result<triage::States> load(const triage::StateKeys& /*keys*/) override { return triage::States{}; }
        Result<std::optional<ports::KnownCosts>> load_costs(const std::vector<domain::Judge>& /*judges*/,
                                                            const triage::StateKeys& /*keys*/) override
        {
            return Error(ErrorCode::internal, "no fold");
        }
        Result<Done> store(const ports::TriageWrites& /*writes*/) override { return Done{}; }
        Result<Done> commit() override
        {
            store_.expired_[tenant_] -= instances_;
            ++store_.expiries_;
            return Done{};
        }

    private:
        const Alone alone_;
        FakeTriageStore& store_;
        const TenantId tenant_;
        const std::size_t instances_;
    };

    [[nodiscard]] bool is_the_callers() const { return has_it_ == std::this_thread::get_id(); }
    static Error has_one() { return {ErrorCode::internal, "who has a transaction asks for another one"}; }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::atomic<std::thread::id> has_it_;  ///< Whose thread has a transaction.
};

}  // namespace winnow::pipeline
