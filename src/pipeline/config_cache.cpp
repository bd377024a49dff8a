#include "winnow/pipeline/config_cache.hpp"

#include "winnow/observe/log.hpp"

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

namespace winnow::pipeline {

namespace {

constexpr std::chrono::milliseconds kListen{500};  // bounds how long the destructor waits
constexpr std::chrono::milliseconds kAfterError{250};
constexpr std::chrono::seconds kPoll{3};
constexpr int kLoads = 3;

/// `before`, if there is one, is the tenant's policy up to now: what did not change is not compiled again.
std::shared_ptr<const TenantPolicy> policy_of(domain::TenantConfig config, const TenantPolicy* before)
{
    auto rules = rules::RuleSet::compile(config.rules, before != nullptr ? before->rules.get() : nullptr);
    for (const auto& broken : rules->broken()) {
        observe::error("a stored rule does not compile and is left out",
                       {{"tenant", config.tenant.service_code}, {"rule", broken.rule_id.str()}});
    }
    auto suppressions = suppression::Suppressions::compile(config);
    if (suppressions->broken() > 0) {
        observe::error("stored silences, windows or inhibitions do not compile and are left out",
                       {{"tenant", config.tenant.service_code}, {"count", suppressions->broken()}});
    }
    return std::make_shared<const TenantPolicy>(
        TenantPolicy{.config = std::move(config), .rules = std::move(rules), .suppressions = std::move(suppressions)});
}

}  // namespace

class ConfigCache::Impl {
public:
    Impl(ports::ConfigStore& store, Changed changed) : store_(store), changed_(std::move(changed))
    {
        listener_ = std::jthread([this](const std::stop_token& stop) { listen(stop); });
        poller_ = std::jthread([this](const std::stop_token& stop) { poll(stop); });
    }

    Result<std::shared_ptr<const TenantPolicy>> get(TenantId tenant)
    {
        std::shared_ptr<const TenantPolicy> policy;
        for (int load = 0; load < kLoads; ++load) {
            std::shared_ptr<const TenantPolicy> before;
            const auto since = begin_load(tenant, policy, before);
            if (!since) return policy;
            auto config = store_.load(tenant);
            if (config) policy = policy_of(*std::move(config), before.get());
            const bool current = end_load(tenant, *since, config ? policy : nullptr);
            if (!config) return config.error();
            if (current) break;
        }
        return policy;  // at worst one that changed while it was read: as if it had been asked for a moment earlier
    }

private:
    /// A load in progress: a change meanwhile must not be covered up by what the load brings.
    struct Loading {
        int loaders = 0;
        std::uint64_t changes = 0;
    };

    /// The number of changes so far, and the policy `before` them if it is still known; or nullopt with `policy` set to
    /// what is cached.
    std::optional<std::uint64_t> begin_load(TenantId tenant, std::shared_ptr<const TenantPolicy>& policy,
                                            std::shared_ptr<const TenantPolicy>& before)
    {
        const std::lock_guard lock(mutex_);
        if (const auto found = policies_.find(tenant); found != policies_.end()) {
            policy = found->second;
            return std::nullopt;
        }
        if (const auto found = outdated_.find(tenant); found != outdated_.end()) before = found->second;
        auto& loading = loading_[tenant];
        ++loading.loaders;
        return loading.changes;
    }

    bool end_load(TenantId tenant, std::uint64_t since, std::shared_ptr<const TenantPolicy> policy)
    {
        const std::lock_guard lock(mutex_);
        const auto loading = loading_.find(tenant);
        const bool current = loading->second.changes == since;
        if (--loading->second.loaders == 0) loading_.erase(loading);
        if (current && policy) {
            policies_[tenant] = std::move(policy);
            outdated_.erase(tenant);
        }
        return current;
    }

    /// What was read of the policy is out of date; of credentials nothing is kept here.
    void pass_on(const ports::TenantChange& change)
    {
        if (change.policy) {
            const auto tenant = change.tenant;
            const std::lock_guard lock(mutex_);
            if (auto known = policies_.extract(tenant)) outdated_.insert_or_assign(tenant, std::move(known.mapped()));
            if (const auto loading = loading_.find(tenant); loading != loading_.end()) ++loading->second.changes;
        }
        if (changed_) changed_(change);
    }

    /// Waits; true where it is time to stop.
    bool pause(const std::stop_token& stop, std::chrono::milliseconds time)
    {
        std::unique_lock lock(mutex_);
        wake_.wait_for(lock, stop, time, [] { return false; });
        return stop.stop_requested();
    }

    void listen(const std::stop_token& stop)
    {
        bool heard = true;
        while (!stop.stop_requested()) {
            const auto changes = store_.wait_for_changes(kListen);
            if (!changes) {
                if (heard) observe::warn("cannot listen for changes", {{"error", changes.error().message()}});
                heard = false;
                if (pause(stop, kAfterError)) return;
                continue;
            }
            if (!std::exchange(heard, true)) observe::info("listening for changes again");
            for (const auto& change : *changes) pass_on(change);
        }
    }

    void poll(const std::stop_token& stop)
    {
        while (!pause(stop, kPoll)) {
            const auto versions = store_.versions();
            if (!versions) continue;  // the listener says so already
            for (const auto& change : changed_since(*versions)) pass_on(change);
        }
    }

    /// Tenants whose versions differ from the cached one or from the last poll's, and cached ones that are gone.
    std::vector<ports::TenantChange> changed_since(
        const std::vector<std::pair<TenantId, ports::TenantVersions>>& versions)
    {
        std::unordered_map<TenantId, ports::TenantVersions> listed(versions.begin(), versions.end());
        std::vector<ports::TenantChange> changed;
        const std::lock_guard lock(mutex_);
        for (const auto& [tenant, now] : listed) {
            const auto cached = policies_.find(tenant);
            const auto before = polled_.find(tenant);
            const bool outdated =
                cached != policies_.end() && cached->second->config.tenant.config_version < now.policy;
            const ports::TenantChange change{
                .tenant = tenant,
                .policy = outdated || (before != polled_.end() && before->second.policy != now.policy),
                .credentials = before != polled_.end() && before->second.credentials != now.credentials};
            if (change.policy || change.credentials) changed.push_back(change);
        }
        for (const auto& [tenant, policy] : policies_) {
            if (!listed.contains(tenant)) changed.push_back({.tenant = tenant, .policy = true, .credentials = true});
        }
        std::erase_if(outdated_, [&](const auto& known) { return !listed.contains(known.first); });
        polled_ = std::move(listed);
        return changed;
    }

    ports::ConfigStore& store_;
    const Changed changed_;

    std::mutex mutex_;  // guards everything below
    std::condition_variable_any wake_;
    std::unordered_map<TenantId, std::shared_ptr<const TenantPolicy>> policies_;
    std::unordered_map<TenantId, std::shared_ptr<const TenantPolicy>> outdated_;  ///< Until the next load of theirs.
    std::unordered_map<TenantId, Loading> loading_;
    std::unordered_map<TenantId, ports::TenantVersions> polled_;

    std::jthread listener_;  // last: they end before what they use
    std::jthread poller_;
};

ConfigCache::ConfigCache(ports::ConfigStore& store, Changed changed)
    : impl_(std::make_unique<Impl>(store, std::move(changed)))
{
}

ConfigCache::~ConfigCache() = default;

Result<std::shared_ptr<const TenantPolicy>> ConfigCache::get(TenantId tenant)
{
    return impl_->get(tenant);
}

}  // namespace winnow::pipeline
