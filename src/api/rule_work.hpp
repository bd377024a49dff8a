#pragma once

/// @file
/// What the handlers of single rules and of the rule set share.

#include "api/route.hpp"
#include "winnow/domain/rule.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
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

[[nodiscard]] Result<http::Response> get_ruleset(const Call& call, ports::TenantSession& session);
[[nodiscard]] Result<http::Response> put_ruleset(const Call& call, ports::TenantSession& session);
[[nodiscard]] Result<http::Response> test_rule(const Call& call, ports::TenantSession& session);

}  // namespace winnow::api
