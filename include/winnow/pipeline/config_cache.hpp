#pragma once

/// @file
/// Every tenant's configuration and compiled rules on this node, as immutable snapshots.

#include "winnow/base/result.hpp"
#include "winnow/domain/alert_ids.hpp"
#include "winnow/domain/tenant.hpp"
#include "winnow/ports/triage_store.hpp"
#include "winnow/rules/rule_set.hpp"
#include "winnow/suppression/suppressions.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace winnow::pipeline {

/// What triage needs of one tenant. Immutable.
struct TenantPolicy {
    domain::TenantConfig config;
    // Compiled, without what is set aside for its cost.
    std::shared_ptr<const rules::RuleSet> rules;
    std::shared_ptr<const suppression::Suppressions> suppressions;
    domain::TenantIds ids = {};  ///< What names its alerts and tickets.
    /// When something of that is to be asked again.
    std::optional<std::chrono::steady_clock::time_point> outdated_at = {};
};

/// Thread-safe. Two threads of its own: one waits for change notices, one compares versions in case a notice was
/// missed, every `poll` and when it is told that some have changed, and looks every 3 seconds whether what was set
/// aside is to be asked again. `store` must outlive it.
class ConfigCache {
public:
    /// `changed` is called with each tenant whose policy or credentials changed, also by note(). `public_url` goes into
    /// each configuration, and so into what is owed: nobody folds without saying where links lead.
    ConfigCache(ports::ConfigStore& store, std::string public_url, ports::TenantChanged changed = {},
                domain::AlertIds ids = {}, std::chrono::milliseconds poll = std::chrono::seconds{3});
    ~ConfigCache();
    ConfigCache(const ConfigCache&) = delete;
    ConfigCache& operator=(const ConfigCache&) = delete;

    /// The tenant's policy; read from the store (blocking) where it is not cached, by one caller for all who ask
    /// meanwhile. `not_found`, `unavailable`.
    [[nodiscard]] Result<std::shared_ptr<const TenantPolicy>> get(TenantId tenant);

    /// For who made a change, or knows of it before its notice comes: what is asked for from here on has it, where it
    /// is committed. The notice may follow, and be of something else.
    void note(const ports::TenantChange& change) noexcept;

    /// Somebody's versions have changed: compare them now. Thread-safe, and quick.
    void compare() noexcept;

    /// The versions that were compared last, and of which everybody was told; nullopt: none yet. Whoever reads others
    /// calls compare(), until these are they. Thread-safe, and quick.
    [[nodiscard]] std::optional<ports::VersionsSum> compared() const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace winnow::pipeline
