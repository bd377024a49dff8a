#pragma once

/// @file
/// A tenant's rule set as it was after each of its changes, inside one of its transactions.

#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/verdict.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace winnow::ports {

struct RulesetVersion {
    std::int64_t version = 0;
    Timestamp made_at;
    std::string made_by;  ///< "user:<id>".
    std::string comment;
    std::int32_t created = 0;
    std::int32_t updated = 0;
    std::int32_t deleted = 0;
    std::int32_t moved = 0;
    std::size_t rules = 0;  ///< How many there were then.
};

struct RulesetSnapshot {
    RulesetVersion about;
    std::string rules;  ///< A JSON array: the rules as the API showed them, in order.
};

/// Not thread-safe: lives and dies with its transaction. RuleStore::apply writes what this reads; a chore forgets the
/// old ones (domain::Kept::rule_history), save the newest, and thins those between (docs/operations.md).
class RulesetHistory {
public:
    RulesetHistory() = default;
    RulesetHistory(const RulesetHistory&) = delete;
    RulesetHistory& operator=(const RulesetHistory&) = delete;
    virtual ~RulesetHistory() = default;

    /// The current version; 0 before the first change.
    [[nodiscard]] virtual Result<std::int64_t> version() = 0;

    /// Newest first, those before `before`.
    [[nodiscard]] virtual Result<std::vector<RulesetVersion>> page(std::optional<std::int64_t> before,
                                                                   std::size_t limit) = 0;

    /// `not_found` where there is no such version, or none any more.
    [[nodiscard]] virtual Result<RulesetSnapshot> find(std::int64_t version) = 0;

    /// Each rule at that version, as the API showed it then (a JSON object), in the order asked; "" where that version
    /// is not known.
    [[nodiscard]] virtual Result<std::vector<std::string>> rules_at(const std::vector<domain::RuleMatch>& versions) = 0;

    /// The latest version that each of these rules ever had, deleted ones too; those that never were are left out.
    [[nodiscard]] virtual Result<std::vector<std::pair<RuleId, std::int64_t>>> last_versions(
        const std::vector<RuleId>& rules) = 0;
};

}  // namespace winnow::ports
