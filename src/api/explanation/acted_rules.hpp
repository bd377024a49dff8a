#pragma once

/// @file
/// The rules' part in an explanation: what acted then, what the rules of today see, and what came close.

#include "api/alerts/alert_history.hpp"
#include "winnow/base/result.hpp"
#include "winnow/domain/alert.hpp"
#include "winnow/domain/rule.hpp"
#include "winnow/ports/tenant_session.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <vector>

namespace winnow::api {

/// The rules that acted on an alert, at the versions that were in force then.
struct ActedRules {
    nlohmann::json lines = nlohmann::json::array();  ///< In their order: what each saw, and what it did.
    std::vector<std::string> names;                  ///< Of the same rules; "" where nothing is known any more.
    std::optional<domain::Alert> after;              ///< The alert as they left it; nullopt where one is not known.
    bool are_all = true;                             ///< More acted, and are not recorded: false.
};

/// The rule of each match as it was then; nullopt where it is not known any more. `today`: the tenant's rules.
using RulesThen = std::vector<std::optional<domain::Rule>>;
[[nodiscard]] Result<RulesThen> rules_then(const PastAlert& past, const std::vector<domain::Rule>& today,
                                           ports::TenantSession& session);

[[nodiscard]] ActedRules acted_rules(const PastAlert& past, const RulesThen& then,
                                     const std::vector<domain::Rule>& today);

/// What the rules of today see in the alert.
struct RulesToday {
    nlohmann::json lines = nlohmann::json::array();
    std::size_t left_out = 0;  ///< Rules that had no part in it, beyond the first kMaxIdleRules.
    nlohmann::json near_misses = nlohmann::json::array();
};

inline constexpr std::size_t kMaxIdleRules = 200;
inline constexpr std::size_t kNearMisses = 5;

/// Near misses only where nothing acted then and nothing matches now.
[[nodiscard]] RulesToday rules_today(const PastAlert& past, const std::vector<domain::Rule>& today);

}  // namespace winnow::api
