#pragma once

/// @file
/// A tenant's rule as an admin wrote it. Compiled form: winnow/rules/rule_set.hpp.

#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/severity.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace winnow::domain {

/// Stored by name: do not rename.
enum class RuleSyntax : std::uint8_t { cel, matchers, keywords };
enum class RuleMode : std::uint8_t { live, shadow };

[[nodiscard]] std::string_view to_string(RuleSyntax syntax) noexcept;
[[nodiscard]] std::optional<RuleSyntax> parse_rule_syntax(std::string_view word) noexcept;
[[nodiscard]] std::string_view to_string(RuleMode mode) noexcept;
[[nodiscard]] std::optional<RuleMode> parse_rule_mode(std::string_view word) noexcept;

/// The alert ends here: journalled, explained, and nothing else.
struct DropAction {
    friend bool operator==(const DropAction&, const DropAction&) = default;
};
/// The ticket is kept, nobody is told.
struct SuppressAction {
    std::string reason;
    friend bool operator==(const SuppressAction&, const SuppressAction&) = default;
};
struct SeverityAction {
    Severity severity = Severity::warning;
    friend bool operator==(const SeverityAction&, const SeverityAction&) = default;
};
/// Sets a field ("title", "service", "labels.env") from a template such as `{{labels.env}}/{{source}}`.
struct SetAction {
    std::string field;
    std::string value;
    friend bool operator==(const SetAction&, const SetAction&) = default;
};
/// Identity from fields (type-tagged, length-prefixed, so that no two sets of values collide) or from a template.
struct DedupKeyAction {
    std::vector<std::string> fields;  ///< Exactly one of the two is set.
    std::string key_template;
    friend bool operator==(const DedupKeyAction&, const DedupKeyAction&) = default;
};
/// Who is told. Later matching routes add to earlier ones.
struct RouteAction {
    std::vector<ContactGroupId> contact_group_ids;
    friend bool operator==(const RouteAction&, const RouteAction&) = default;
};

using Action = std::variant<DropAction, SuppressAction, SetAction, SeverityAction, DedupKeyAction, RouteAction>;

struct Rule {
    RuleId id;
    std::string name;
    std::string description;
    std::int32_t position = 0;  ///< Evaluation order, ascending, unique per tenant.
    bool enabled = true;
    std::optional<Timestamp> effective_from;
    std::optional<Timestamp> effective_until;
    std::string condition;
    RuleSyntax syntax = RuleSyntax::matchers;
    std::vector<Action> actions;
    bool stop = false;
    RuleMode mode = RuleMode::live;
    std::int64_t version = 1;
    Timestamp updated_at;
    std::string updated_by;
};

}  // namespace winnow::domain
