#pragma once

/// @file
/// What the handlers of single rules and of the rule set share.

#include "api/rest/route.hpp"
#include "api/rules/rule_bill.hpp"
#include "api/rules/rule_json.hpp"
#include "winnow/domain/rule.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

namespace winnow::api {

/// A rule whose routes are to be looked at, and its place in the document.
struct RoutedRule {
    const domain::Rule* rule;
    std::string pointer;
};

/// Contact groups that a tenant has.
using Groups = std::unordered_set<ContactGroupId>;

/// Those that a list of rules names anywhere, without reading the rules: what an analysis needs of the database.
[[nodiscard]] Result<Groups> named_groups(ports::TenantSession& session, const nlohmann::json& list);

/// An error for each contact group that a route names and the tenant does not have.
[[nodiscard]] std::vector<FieldError> missing_groups(const Groups& existing, const std::vector<RoutedRule>& rules);
[[nodiscard]] Result<std::vector<FieldError>> missing_groups(ports::TenantSession& session,
                                                             const std::vector<RoutedRule>& rules);

/// Reads and checks a list of rules, which costs what its conditions do, within bounds; `pointer` stands before the
/// pointers of errors.
[[nodiscard]] Result<std::vector<RuleInput>> sound_rules(const Groups& existing, const nlohmann::json& list,
                                                         const std::string& pointer, const ReadingBounds& bounds);

/// Bounds that let a tenant keep what it has stored, whatever the limits are by now.
[[nodiscard]] ReadingBounds bounds_beside_stored(const Call& call, ports::TenantSession& session);

/// What the whole rule set is to be.
struct RulesetChange {
    std::vector<RuleInput> wanted;
    std::string comment;
};

/// Under the configuration's lock: makes the set `change.wanted`, and answers what changed.
[[nodiscard]] Result<http::Response> change_ruleset(const Call& call, ports::TenantSession& session,
                                                    const RulesetChange& change);

/// Whether a tenant may have these rules, all of them: what they cost together. What it has already it may keep.
[[nodiscard]] Result<Done> check_allowance(const std::vector<domain::Rule>& all, const domain::TenantLimits& limits,
                                           const std::vector<domain::Rule>& stored);

/// Of rules in position order, which are stored, the one from which on they are more than is taken by now, as a
/// finding.
[[nodiscard]] nlohmann::json over_limit_json(const std::vector<domain::Rule>& rules,
                                             const domain::TenantLimits& limits);

/// What lint finds in rules that are in position order, or in one of them, as JSON. Trying conditions out costs no more
/// for many rules than for a few: the finding `untried` says where not all were.
[[nodiscard]] nlohmann::json findings_json(const std::vector<domain::Rule>& rules, Timestamp now,
                                           std::optional<RuleId> only = std::nullopt);

/// Puts them into an answer as `findings`. Where there are more than 200, `untried` and warnings come first, advice
/// after them, and `findings_left_out` says how many are missing.
void put_findings(nlohmann::json& document, nlohmann::json findings);

/// Of rules in position order those that have the name of one before them, as findings in JSON.
[[nodiscard]] nlohmann::json shared_names_json(const std::vector<domain::Rule>& rules);

/// What lint finds in each of the rules by itself, as JSON: what whoever saves them is to hear.
[[nodiscard]] nlohmann::json own_findings_json(const std::vector<domain::Rule>& rules, Timestamp now);

[[nodiscard]] Result<http::Response> get_ruleset(const Call& call, ports::TenantSession& session);
[[nodiscard]] Result<Answer> put_ruleset(const Call& call, ports::TenantSession& session);
[[nodiscard]] Result<http::Response> list_ruleset_versions(const Call& call, ports::TenantSession& session);
[[nodiscard]] Result<http::Response> get_ruleset_version(const Call& call, ports::TenantSession& session);
[[nodiscard]] Result<http::Response> roll_back_ruleset(const Call& call, ports::TenantSession& session);
[[nodiscard]] Result<Answer> lint_rules(const Call& call, ports::TenantSession& session);
[[nodiscard]] Result<Answer> test_rule(const Call& call, ports::TenantSession& session);

}  // namespace winnow::api
