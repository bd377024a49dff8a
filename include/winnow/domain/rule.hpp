#pragma once

/// @file
/// A tenant's rule as an admin wrote it. Compiled form: winnow/rules/rule_set.hpp.

#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/schedule.hpp"
#include "winnow/domain/severity.hpp"

#include <chrono>
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

/// Labels from the named groups of a regular expression (RE2) that is found in a field.
struct ExtractAction {
    std::string field;
    std::string pattern;
    friend bool operator==(const ExtractAction&, const ExtractAction&) = default;
};
/// The ticket's group, made as a dedup key is.
struct GroupKeyAction {
    std::vector<std::string> fields;  ///< Exactly one of the two is set.
    std::string key_template;
    friend bool operator==(const GroupKeyAction&, const GroupKeyAction&) = default;
};
/// The priority that a new ticket gets.
struct PriorityAction {
    std::string priority;
    friend bool operator==(const PriorityAction&, const PriorityAction&) = default;
};
/// A label whose value is `true`.
struct TagAction {
    std::string tag;
    friend bool operator==(const TagAction&, const TagAction&) = default;
};
/// A comment on the ticket that the alert opens or reopens.
struct NoteAction {
    std::string note;  ///< A template.
    friend bool operator==(const NoteAction&, const NoteAction&) = default;
};

/// Stored by name: do not rename.
enum class ThresholdMode : std::uint8_t { every, reset };
enum class FlapMode : std::uint8_t { transitions, weighted };

[[nodiscard]] std::string_view to_string(ThresholdMode mode) noexcept;
[[nodiscard]] std::optional<ThresholdMode> parse_threshold_mode(std::string_view word) noexcept;
[[nodiscard]] std::string_view to_string(FlapMode mode) noexcept;
[[nodiscard]] std::optional<FlapMode> parse_flap_mode(std::string_view word) noexcept;

/// Nobody is told before `count` alerts of the key came within `within`, the latest one among them.
struct ThresholdAction {
    std::int32_t count = 1;
    std::chrono::milliseconds within{0};
    ThresholdMode mode = ThresholdMode::every;  ///< reset: counts anew once it was reached.
    friend bool operator==(const ThresholdAction&, const ThresholdAction&) = default;
};
/// Nobody is told unless the trouble lasts that long.
struct PauseAction {
    std::chrono::milliseconds duration{0};
    friend bool operator==(const PauseAction&, const PauseAction&) = default;
};
/// What comes and goes is told of once when it begins to, and once when it has settled.
struct FlapAction {
    std::int32_t transitions = 5;
    std::chrono::milliseconds within = std::chrono::minutes{30};
    std::chrono::milliseconds settle = std::chrono::minutes{10};  ///< Without a transition.
    FlapMode mode = FlapMode::transitions;  ///< weighted: by the share of changes among the last 20 alerts.
    friend bool operator==(const FlapAction&, const FlapAction&) = default;
};

using Action =
    std::variant<DropAction, SuppressAction, SetAction, SeverityAction, DedupKeyAction, RouteAction, ExtractAction,
                 GroupKeyAction, PriorityAction, TagAction, NoteAction, ThresholdAction, PauseAction, FlapAction>;

struct Rule {
    RuleId id;
    std::string name;
    std::string description;
    std::int32_t position = 0;  ///< Evaluation order, ascending, unique per tenant.
    bool enabled = true;
    std::optional<Timestamp> effective_from;
    std::optional<Timestamp> effective_until;
    std::optional<WeeklySchedule> schedule;  ///< nullopt: at every hour.
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
