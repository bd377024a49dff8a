#pragma once

/// @file
/// The pipeline's ports in memory, with faults on demand.

#include "unit/triage/store_model.hpp"
#include "winnow/journal/codec.hpp"
#include "winnow/journal/writer.hpp"
#include "winnow/ports/triage_store.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <new>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace winnow::pipeline {

using namespace std::chrono_literals;

inline constexpr auto kDeadline = 10s;

inline TenantId tenant_id(std::uint64_t n)
{
    return TenantId(Uuid::from_words(7, n));
}

/// Polls until `condition` holds; false after the deadline.
template <typename Condition>
bool eventually(Condition condition)
{
    const auto deadline = std::chrono::steady_clock::now() + kDeadline;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(1ms);
    }
    return true;
}

inline domain::Alert alert(const std::string& key)
{
    domain::Alert made;
    made.title = made.dedup_key = key;
    made.received_at = triage::kNoon;
    return made;
}

/// A row with the keys' alerts; "" leaves a gap at its index.
inline journal::CommittedRow row(TenantId tenant, domain::StreamId stream, std::uint64_t seq,
                                 const std::vector<std::string>& keys)
{
    journal::CommittedRow made{.tenant = tenant,
                               .position = {.received_at = triage::kNoon, .stream = stream, .seq = seq},
                               .alerts = {},
                               .bytes = 100};
    for (std::size_t i = 0; i < keys.size(); ++i) {
        if (!keys[i].empty()) made.alerts.emplace_back(static_cast<std::uint16_t>(i), alert(keys[i]));
    }
    return made;
}

/// One group with one contact, who is told of everything.
inline domain::TenantConfig config(TenantId tenant)
{
    domain::TenantConfig made;
    made.tenant.id = tenant;
    made.tenant.service_code = "code";
    domain::Contact contact;
    contact.id = ContactId(Uuid::from_words(8, 1));
    domain::ContactGroup group;
    group.id = ContactGroupId(Uuid::from_words(9, 1));
    group.contact_ids = {contact.id};
    made.settings.default_route = {group.id};
    made.contacts = {contact};
    made.groups = {group};
    return made;
}

class FakeConfigStore final : public ports::ConfigStore {
public:
    Result<domain::TenantConfig> load(TenantId tenant) override
    {
        std::unique_lock lock(mutex_);
        ++loads_;
        if (thrown_for_ == tenant) throw std::runtime_error("on demand");
        if (error_) return *error_;
        const auto found = configs_.find(tenant);
        auto read = found == configs_.end() ? Result<domain::TenantConfig>(Error(ErrorCode::not_found, "none"))
                                            : Result<domain::TenantConfig>(found->second);
        changed_.wait(lock, [&] { return !held_; });
        return read;
    }

    Result<std::int64_t> policy_version(TenantId tenant) override
    {
        const std::lock_guard lock(mutex_);
        if (error_) return *error_;
        const auto found = configs_.find(tenant);
        if (found == configs_.end()) return Error(ErrorCode::not_found, "none");
        return found->second.tenant.config_version;
    }

    Result<std::vector<std::pair<TenantId, ports::TenantVersions>>> versions() override
    {
        const std::lock_guard lock(mutex_);
        std::vector<std::pair<TenantId, ports::TenantVersions>> versions;
        ++polls_;
        for (const auto& [tenant, config] : configs_) {
            versions.emplace_back(tenant, ports::TenantVersions{.policy = config.tenant.config_version,
                                                                .credentials = credentials_[tenant]});
        }
        return versions;
    }

    Result<std::vector<ports::TenantChange>> wait_for_changes(std::chrono::milliseconds timeout) override
    {
        std::unique_lock lock(mutex_);
        if (listen_errors_ > 0) {
            --listen_errors_;
            return Error(ErrorCode::unavailable, "away");
        }
        changed_.wait_for(lock, std::min<std::chrono::milliseconds>(timeout, 20ms), [&] { return !notices_.empty(); });
        return std::exchange(notices_, {});
    }

    void put(domain::TenantConfig config, bool notify = true)
    {
        change([&] {
            if (notify) notices_.push_back({.tenant = config.tenant.id, .policy = true});
            configs_[config.tenant.id] = std::move(config);
        });
    }
    void change_credentials(TenantId tenant, bool notify = true)
    {
        change([&] {
            if (notify) notices_.push_back({.tenant = tenant, .credentials = true});
            ++credentials_[tenant];
        });
    }
    void hold(bool held)
    {
        change([&] { held_ = held; });
    }
    void fail(std::optional<Error> error)
    {
        change([&] { error_ = std::move(error); });
    }
    void throw_for(std::optional<TenantId> tenant)
    {
        change([&] { thrown_for_ = tenant; });
    }
    void fail_to_listen(int times)
    {
        change([&] { listen_errors_ = times; });
    }
    [[nodiscard]] int polls()
    {
        const std::lock_guard lock(mutex_);
        return polls_;
    }
    [[nodiscard]] int loads()
    {
        const std::lock_guard lock(mutex_);
        return loads_;
    }

private:
    template <typename Change>
    void change(Change change)
    {
        {
            const std::lock_guard lock(mutex_);
            change();
        }
        changed_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<TenantId, domain::TenantConfig> configs_;
    std::map<TenantId, std::int64_t> credentials_;
    int polls_ = 0;
    std::vector<ports::TenantChange> notices_;
    std::optional<Error> error_;
    std::optional<TenantId> thrown_for_;
    bool held_ = false;
    int listen_errors_ = 0;
    int loads_ = 0;
};

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

    Result<Done> apply(TenantId tenant, std::uint64_t from, const domain::RowPosition& to,
                       const triage::StateKeys& keys, const std::function<ports::TriageWrites(triage::States)>& decide,
                       const ports::Patience& patience) override
    {
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
        auto& position = positions_[{tenant, to.stream}];
        if (ended_.contains(to.stream) || position != from) return Error(ErrorCode::conflict, "fenced");
        for (const auto& key : keys.dedup_keys) {
            if (key == "poison") return Error(ErrorCode::internal, "poison");
        }
        auto& model = models_[tenant];
        const auto writes = decide(model.load(keys));
        if (writes.declined) return Error(ErrorCode::too_large, "declined");
        std::size_t owed = 0;
        for (const auto& message : writes.deliveries) owed += message.to.size();
        if (owed > most_owed_ && patience.time < needed_) return Error(ErrorCode::timeout, "took too long");
        if (writes.outcome.verdicts.size() > patience_) return Error(ErrorCode::timeout, "took too long");
        if (refuse_verdicts_ && !writes.verdict_rows.empty()) return Error(ErrorCode::internal, "no partition");
        model.keep(writes.outcome);
        if (writes.sequel) owed += follow(*writes.sequel, model, costs_[tenant]);
        position = to.seq;
        Transaction done{.tenant = tenant, .from = from, .to = to, .verdicts = {}, .deliveries = owed};
        for (const auto& [at, payload] : writes.verdict_rows) {
            done.verdicts.emplace_back(at, journal::decode_verdicts(payload).value());
        }
        if (!writes.deliveries.empty()) done.public_url = writes.deliveries.back().public_url;
        done_.push_back(std::move(done));
        if (std::exchange(lose_answer_, false)) return Error(ErrorCode::timeout, "lost");
        return Done{};
    }

    Result<std::uint64_t> applied(TenantId tenant, domain::StreamId stream) override
    {
        const std::lock_guard lock(mutex_);
        return positions_[{tenant, stream}];
    }

    Result<std::vector<TenantId>> tenants_with_expired_instances() override
    {
        const std::lock_guard lock(mutex_);
        std::vector<TenantId> tenants;
        for (const auto& [tenant, count] : expired_) {
            if (count > 0) tenants.push_back(tenant);
        }
        return tenants;
    }

    Result<std::size_t> expire(TenantId tenant, ports::Turn turn,
                               const std::function<ports::TriageWrites(std::vector<triage::InstanceState>,
                                                                       triage::States, Timestamp)>& decide) override
    {
        std::unique_lock lock(mutex_);
        ++expiries_begun_;
        changed_.wait(lock, [&] { return !expire_held_; });
        if (busy_.contains(tenant)) {
            if (turn.patience.count() > 0) ++waits_[tenant];
            return Error(ErrorCode::conflict, "somebody else is folding the tenant");
        }
        auto& left = expired_[tenant];
        const auto count = std::min(left, turn.limit);
        static_cast<void>(decide({}, {}, triage::kNoon));
        left -= count;
        ++expiries_;
        return count;
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
    std::deque<Error> errors_;  ///< Answers to the next calls of apply().
    std::set<domain::StreamId> ended_;
    std::map<TenantId, std::size_t> expired_;
    bool held_ = false;            ///< apply() waits.
    std::set<TenantId> held_for_;  ///< As above, for these tenants.
    bool patient_held_ = false;    ///< As above, where it is given more time than usual.
    bool lose_answer_ = false;     ///< The next apply() commits and says `timeout`.
    bool refuse_verdicts_ = false;
    std::size_t patience_ = SIZE_MAX;               ///< More alerts than this cannot be stored in time.
    std::size_t most_owed_ = SIZE_MAX;              ///< More deliveries than this cannot be stored in time either, …
    std::chrono::milliseconds needed_ = 24h;        ///< … unless there is so much of it.
    std::vector<std::chrono::milliseconds> given_;  ///< Patience, call by call.
    int out_of_memory_ = 0;                         ///< So many calls of apply() find no memory.
    int attempts_ = 0;
    int expiries_ = 0;
    int expiries_begun_ = 0;
    bool expire_held_ = false;       ///< expire() waits.
    std::set<TenantId> busy_;        ///< Tenants that somebody else folds all the time: expire() is refused.
    std::map<TenantId, int> waits_;  ///< How often it waited for each of them.

    std::map<TenantId, std::map<Uuid, domain::JudgeCost>> costs_;  ///< By the judge's id.

private:
    /// At noon, always. How many it tells.
    static std::size_t follow(const ports::CostSequel& sequel, triage::StoreModel& model,
                              std::map<Uuid, domain::JudgeCost>& costs)
    {
        std::vector<domain::JudgeCost> known;
        for (const auto& judge : sequel.judges) {
            if (const auto found = costs.find(judge.id); found != costs.end()) known.push_back(found->second);
        }
        const auto writes = sequel.decide(model.load(sequel.keys), known, triage::kNoon);
        model.keep(writes.outcome);
        for (const auto& cost : writes.costs) costs[cost.judge.id] = cost;
        std::size_t owed = 0;
        for (const auto& message : writes.deliveries) owed += message.to.size();
        return owed;
    }

    std::mutex mutex_;
    std::condition_variable changed_;
};

}  // namespace winnow::pipeline
