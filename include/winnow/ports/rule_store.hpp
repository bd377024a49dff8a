#pragma once

/// @file
/// A tenant's rules, inside one of its transactions.

#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/cost_ladder.hpp"
#include "winnow/domain/rule.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace winnow::ports {

/// How a rule has fared, over all its versions.
struct RuleStats {
    std::int64_t matched = 0;
    std::optional<Timestamp> last_matched_at;
    std::int64_t failed = 0;
    std::string last_error;  ///< "" where it never failed.
    std::optional<Timestamp> last_failed_at;
};

struct StoredRule {
    domain::Rule rule;
    RuleStats stats;
    std::optional<domain::JudgeCost> cost = {};  ///< Where this version was an alert's dearest over its budget.
};

/// Changes to several rules that come about together or not at all.
struct RuleChanges {
    std::vector<domain::Rule> created;
    std::vector<domain::Rule> updated;  ///< Whole rules, their versions raised already.
    std::vector<RuleId> deleted;
    /// Places in the order, of rules that are in neither list above. Leaves their versions alone.
    std::vector<std::pair<RuleId, std::int32_t>> moved;
    std::string actor;    ///< Who did it.
    std::string comment;  ///< Why, in the rule set's history; at most 1,000 characters.

    [[nodiscard]] bool empty() const noexcept
    {
        return created.empty() && updated.empty() && deleted.empty() && moved.empty();
    }
};

/// Not thread-safe: lives and dies with its transaction. Writers hold SettingsStore::lock_configuration().
class RuleStore {
public:
    RuleStore() = default;
    RuleStore(const RuleStore&) = delete;
    RuleStore& operator=(const RuleStore&) = delete;
    virtual ~RuleStore() = default;

    /// At most `limit` rules, in order, behind that position.
    [[nodiscard]] virtual Result<std::vector<StoredRule>> page(std::optional<std::int32_t> after_position,
                                                               std::size_t limit) = 0;

    /// Every rule, in order.
    [[nodiscard]] virtual Result<std::vector<domain::Rule>> all() = 0;

    /// `not_found` where the tenant has no such rule.
    [[nodiscard]] virtual Result<StoredRule> find(RuleId id) = 0;

    /// The ids in order, with their positions.
    [[nodiscard]] virtual Result<std::vector<std::pair<RuleId, std::int32_t>>> order() = 0;

    /// Stores all of it, a line of `rule_versions` for each rule created, updated and deleted, and a new version of the
    /// rule set (RulesetHistory) where anything changes. The positions that result must be unique.
    [[nodiscard]] virtual Result<Done> apply(const RuleChanges& changes) = 0;
};

}  // namespace winnow::ports
