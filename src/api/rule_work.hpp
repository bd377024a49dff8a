#pragma once

/// @file
/// What the handlers of single rules and of the rule set share.

#include "api/route.hpp"
#include "api/rule_json.hpp"
#include "winnow/domain/rule.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace winnow::api {

/// A rule whose routes are to be looked at, and its place in the document.
struct RoutedRule {
    const domain::Rule* rule;
    std::string pointer;
};

/// An error for each contact group that a route names and the tenant does not have.
[[nodiscard]] Result<std::vector<FieldError>> missing_groups(ports::TenantSession& session,
                                                             const std::vector<RoutedRule>& rules);

/// Reads and checks a list of rules; `pointer` stands before the pointers of errors.
[[nodiscard]] Result<std::vector<RuleInput>> sound_rules(ports::TenantSession& session, const nlohmann::json& list,
                                                         const std::string& pointer);

/// What the whole rule set is to be.
struct RulesetChange {
    std::vector<RuleInput> wanted;
    std::string comment;
    bool dry_run = false;
};

/// Under the configuration's lock: makes the set `change.wanted`, and answers what changed, or would.
[[nodiscard]] Result<http::Response> change_ruleset(const Call& call, ports::TenantSession& session,
                                                    const RulesetChange& change);

/// Whether a tenant may have these rules, all of them: what they cost together.
[[nodiscard]] Result<Done> check_allowance(const std::vector<domain::Rule>& all, const domain::TenantLimits& limits);

/// What lint finds in rules that are in position order, or in one of them, as JSON. Trying conditions out costs no more
/// for many rules than for a few: the finding `untried` says where not all were.
[[nodiscard]] nlohmann::json findings_json(const std::vector<domain::Rule>& rules, Timestamp now,
                                           std::optional<RuleId> only = std::nullopt);

/// Of rules in position order those that have the name of one before them, as findings in JSON.
[[nodiscard]] nlohmann::json shared_names_json(const std::vector<domain::Rule>& rules);

/// What lint finds in each of the rules by itself, as JSON: what whoever saves them is to hear.
[[nodiscard]] nlohmann::json own_findings_json(const std::vector<domain::Rule>& rules, Timestamp now);

[[nodiscard]] Result<http::Response> get_ruleset(const Call& call, ports::TenantSession& session);
[[nodiscard]] Result<http::Response> put_ruleset(const Call& call, ports::TenantSession& session);
[[nodiscard]] Result<http::Response> list_ruleset_versions(const Call& call, ports::TenantSession& session);
[[nodiscard]] Result<http::Response> get_ruleset_version(const Call& call, ports::TenantSession& session);
[[nodiscard]] Result<http::Response> roll_back_ruleset(const Call& call, ports::TenantSession& session);
[[nodiscard]] Result<http::Response> lint_rules(const Call& call, ports::TenantSession& session);
[[nodiscard]] Result<http::Response> test_rule(const Call& call, ports::TenantSession& session);

}  // namespace winnow::api
