#include "winnow/pipeline/config_cache.hpp"

#include "pipeline/overruns/asked.hpp"
#include "pipeline/watch/round.hpp"
#include "winnow/observe/log.hpp"
#include "winnow/observe/thread_name.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
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
std::shared_ptr<const TenantPolicy> policy_of(domain::TenantConfig config, const TenantPolicy* before,
                                              const domain::TenantIds& ids)
{
    const auto outdated_after = first_asked_again(config);
    std::optional<std::chrono::steady_clock::time_point> outdated_at;
    if (outdated_after) outdated_at = std::chrono::steady_clock::now() + *outdated_after;
    const auto rest = config.set_asides.empty() ? domain::TenantConfig() : asked_of(config);
    const auto& asked = config.set_asides.empty() ? config : rest;
    auto rules = rules::RuleSet::compile(asked.rules, before != nullptr ? before->rules.get() : nullptr);
    for (const auto& broken : rules->broken()) {
        observe::error("a stored rule does not compile and is left out",
                       {{"tenant", config.tenant.service_code}, {"rule", broken.rule_id.str()}});
    }
    auto suppressions = suppression::Suppressions::compile(asked);
    for (const auto& broken : suppressions->broken()) {
        observe::error(
            "a stored silence, window or inhibition does not compile and is left out",
            {{"tenant", config.tenant.service_code}, {"kind", to_string(broken.kind)}, {"id", broken.id.str()}});
    }
    return std::make_shared<const TenantPolicy>(TenantPolicy{.config = std::move(config),
                                                             .rules = std::move(rules),
                                                             .suppressions = std::move(suppressions),
                                                             .ids = ids,
                                                             .outdated_at = outdated_at});
}

}  // namespace

class ConfigCache::Impl {
    using Policy = std::shared_ptr<const TenantPolicy>;

public:
    Impl(ports::ConfigStore& store, std::string public_url, ports::TenantChanged changed, const domain::AlertIds& ids,
         std::chrono::milliseconds poll_every)
        : store_(store),
          changed_(std::move(changed)),
          ids_(ids),
          poll_every_(poll_every),
          public_url_(std::move(public_url))
    {
        listener_ = std::jthread([this](const std::stop_token& stop) { listen(stop); });
        poller_ = std::jthread([this](const std::stop_token& stop) { poll(stop); });
    }

    Result<Policy> get(TenantId tenant)
    {
        std::shared_ptr<Flight> flight;
        {
            std::unique_lock lock(mutex_);
            while (!flight) {
                if (const auto found = policies_.find(tenant); found != policies_.end()) return found->second;
                const auto others = flights_.find(tenant);
                if (others == flights_.end()) {
                    flight = flights_[tenant] = std::make_shared<Flight>();
                    break;
                }
                // One reads and compiles for all. What changed while it did is asked for anew.
                const auto other = others->second;
                landed_.wait(lock, [&] { return other->landed; });
                if (other->outcome && (other->current || !*other->outcome)) return *other->outcome;
            }
        }
        try {
            return land(tenant, *flight, load(tenant, *flight));
        } catch (...) {
            crash(tenant, *flight);
            throw;
        }
    }

    /// Takes no harm where memory is short: the notice comes, too.
    void note(const ports::TenantChange& change) noexcept
    {
        round("configuration", [&] { pass_on(change); });
    }

    void compare() noexcept
    {
        {
            const std::lock_guard lock(mutex_);
            told_ = true;
        }
        wake_.notify_all();
    }

    [[nodiscard]] std::optional<ports::VersionsSum> compared() const
    {
        const std::lock_guard lock(mutex_);
        return compared_;
    }

private:
    /// A load in progress: a change meanwhile must not be covered up by what the load brings.
    struct Flight {
        std::uint64_t changes = 0;
        bool landed = false;
        std::optional<Result<Policy>> outcome;  ///< None where something was thrown: each of the others tries itself.
        bool current = false;                   ///< Nothing changed while it was read.
    };

    Result<Policy> load(TenantId tenant, Flight& flight)
    {
        Policy policy;
        for (int load = 0; load < kLoads && !flight.current; ++load) {
            Policy before;
            std::uint64_t since = 0;
            {
                const std::lock_guard lock(mutex_);
                if (const auto found = outdated_.find(tenant); found != outdated_.end()) before = found->second;
                since = flight.changes;
            }
            auto read = policy == nullptr ? load_anew(tenant, before) : renewed(tenant, policy);
            if (!read) return read;
            policy = *std::move(read);
            const std::lock_guard lock(mutex_);
            if (flight.changes != since) continue;
            flight.current = true;
            policies_[tenant] = policy;
            outdated_.erase(tenant);
        }
        return policy;  // at worst one that changed while it was read: as if it had been asked for a moment earlier
    }

    Result<Policy> load_anew(TenantId tenant, const Policy& before)
    {
        auto config = store_.load(tenant);
        if (!config) return config.error();
        config->public_url = public_url_;
        return policy_of(*std::move(config), before.get(), ids_.of(tenant));
    }

    /// Told of a change while it read, it may have read that already: a node hears twice of what it did itself.
    Result<Policy> renewed(TenantId tenant, const Policy& read)
    {
        const auto version = store_.policy_version(tenant);
        if (!version) return version.error();
        return *version == read->config.tenant.config_version ? read : load_anew(tenant, read);
    }

    Result<Policy> land(TenantId tenant, Flight& flight, Result<Policy> outcome)
    {
        {
            const std::lock_guard lock(mutex_);
            flight.outcome = outcome;
            flight.landed = true;
            flights_.erase(tenant);
        }
        landed_.notify_all();
        return outcome;
    }

    /// Takes no memory: the want of it may be the reason.
    void crash(TenantId tenant, Flight& flight) noexcept
    {
        {
            const std::lock_guard lock(mutex_);
            flight.outcome.reset();
            flight.landed = true;
            flights_.erase(tenant);
        }
        landed_.notify_all();
    }

    /// What was read of the policy is out of date; of credentials nothing is kept here.
    void pass_on(const ports::TenantChange& change)
    {
        if (change.policy) {
            const auto tenant = change.tenant;
            const std::lock_guard lock(mutex_);
            if (auto known = policies_.extract(tenant)) outdated_.insert_or_assign(tenant, std::move(known.mapped()));
            if (const auto flight = flights_.find(tenant); flight != flights_.end()) ++flight->second->changes;
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
        observe::name_thread("config-notices");
        bool heard = true;
        while (!stop.stop_requested()) {
            bool listened = false;
            round("configuration", [&] { listened = listen_once(heard); });
            if (!listened && pause(stop, kAfterError)) return;
        }
    }

    bool listen_once(bool& heard)
    {
        const auto changes = store_.wait_for_changes(kListen);
        if (!changes) {
            if (heard) observe::warn("cannot listen for changes", {{"error", changes.error().message()}});
            heard = false;
            return false;
        }
        if (!std::exchange(heard, true)) observe::info("listening for changes again");
        for (const auto& change : *changes) pass_on(change);  // what is thrown in between, the poller finds
        return true;
    }

    void poll(const std::stop_token& stop)
    {
        observe::name_thread("config-versions");
        auto poll_at = std::chrono::steady_clock::time_point::min();
        while (!stop.stop_requested()) {
            {
                std::unique_lock lock(mutex_);
                wake_.wait_for(lock, stop, kPoll, [this] { return told_; });
            }
            const auto now = std::chrono::steady_clock::now();
            if (stop.stop_requested() || (!is_told(now) && now < poll_at)) continue;
            poll_at = std::chrono::steady_clock::time_point::min();
            round("configuration", [&] {
                if (poll_once()) poll_at = now + poll_every_ - kPoll / 2;
            });
        }
    }

    /// Of a change, by somebody or by what is to be asked again.
    bool is_told(std::chrono::steady_clock::time_point now)
    {
        const std::lock_guard lock(mutex_);
        return std::exchange(told_, false) || std::ranges::any_of(policies_, [now](const auto& known) {
                   return known.second->outdated_at.value_or(now + kPoll) <= now;
               });
    }

    /// False where it is to be done again.
    bool poll_once()
    {
        const auto versions = store_.versions();
        if (!versions) return false;  // the listener says so already
        std::unordered_map<TenantId, ports::TenantVersions> listed(versions->begin(), versions->end());
        for (const auto& change : changed_since(listed)) pass_on(change);
        polled_ = std::move(listed);  // last: what was not passed on is found again
        const std::lock_guard lock(mutex_);
        compared_ = ports::sum_of(*versions);
        return true;
    }

    /// Tenants whose versions differ from the cached one or from the last poll's, those of which something set aside is
    /// to be asked again, and cached ones that are gone.
    std::vector<ports::TenantChange> changed_since(const std::unordered_map<TenantId, ports::TenantVersions>& listed)
    {
        std::vector<ports::TenantChange> changed;
        const auto present = std::chrono::steady_clock::now();
        const std::lock_guard lock(mutex_);
        for (const auto& [tenant, now] : listed) {
            const auto cached = policies_.find(tenant);
            const auto before = polled_.find(tenant);
            const bool outdated =
                cached != policies_.end() && (cached->second->config.tenant.config_version < now.policy ||
                                              cached->second->outdated_at.value_or(present + kPoll) <= present);
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
        return changed;
    }

    ports::ConfigStore& store_;
    const ports::TenantChanged changed_;
    const domain::AlertIds ids_;
    const std::chrono::milliseconds poll_every_;
    const std::string public_url_;

    mutable std::mutex mutex_;  // guards everything below
    bool told_ = false;
    std::condition_variable_any wake_;
    std::unordered_map<TenantId, std::shared_ptr<const TenantPolicy>> policies_;
    std::unordered_map<TenantId, std::shared_ptr<const TenantPolicy>> outdated_;  ///< Until the next load of theirs.
    std::unordered_map<TenantId, std::shared_ptr<Flight>> flights_;
    std::condition_variable landed_;
    std::unordered_map<TenantId, ports::TenantVersions> polled_;  ///< The poller's own.
    std::optional<ports::VersionsSum> compared_;

    std::jthread listener_;  // last: they end before what they use
    std::jthread poller_;
};

ConfigCache::ConfigCache(ports::ConfigStore& store, std::string public_url, ports::TenantChanged changed,
                         domain::AlertIds ids, std::chrono::milliseconds poll)
    : impl_(std::make_unique<Impl>(store, std::move(public_url), std::move(changed), ids, poll))
{
}

ConfigCache::~ConfigCache() = default;

Result<std::shared_ptr<const TenantPolicy>> ConfigCache::get(TenantId tenant)
{
    return impl_->get(tenant);
}

void ConfigCache::note(const ports::TenantChange& change) noexcept
{
    impl_->note(change);
}

void ConfigCache::compare() noexcept
{
    impl_->compare();
}

std::optional<ports::VersionsSum> ConfigCache::compared() const
{
    return impl_->compared();
}

}  // namespace winnow::pipeline
