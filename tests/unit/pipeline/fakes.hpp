#pragma once

/// @file
/// The pipeline's ports in memory, with faults on demand.

#include "unit/pipeline/fold/fake_triage_store.hpp"
#include "unit/triage/store_model.hpp"
#include "winnow/journal/codec.hpp"
#include "winnow/journal/writer.hpp"
#include "winnow/ports/triage_store.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
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
        std::this_thread::sleep_for(1ms);  // polls for the condition
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
        if (failing_loads_ > 0 && failing_for_ == tenant) {
            --failing_loads_;
            return Error(ErrorCode::not_found, "none");
        }
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
    void fail_loads_of(TenantId tenant, int times)
    {
        change([&] {
            failing_for_ = tenant;
            failing_loads_ = times;
        });
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
    std::optional<TenantId> failing_for_;
    int failing_loads_ = 0;
    bool held_ = false;
    int listen_errors_ = 0;
    int loads_ = 0;
};

}  // namespace winnow::pipeline
