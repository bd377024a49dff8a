#pragma once

/// @file
/// Rules as JSON, in the one form that requests, answers, files of rule sets, histories and drafts have.
///
/// rule_fields() is the table of their fields, and the only place that lists them: a reader or writer of rules, a
/// statement that stores them, and a document that describes them go through it.

#include "winnow/base/error.hpp"
#include "winnow/domain/rule.hpp"
#include "winnow/forms/field_reader.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace winnow::forms {

inline constexpr std::size_t kMaxRuleActions = 32;  // what rules::check() takes
inline constexpr std::size_t kMaxRulesetComment = 1'000;
inline constexpr std::int32_t kMaxRulePosition = 1'000'000;

/// What a document says of a rule. Its version and who wrote it are the caller's to set, and its place.
struct RuleInput {
    domain::Rule rule;
    std::optional<RuleId> id;              ///< Only a rule set's rules are known by it.
    std::optional<std::int32_t> position;  ///< nullopt where it is left to us.
};

/// Where a field's value lives; its type says how it is shown and stored.
using RuleMember =
    std::variant<RuleId domain::Rule::*, std::string domain::Rule::*, std::int32_t domain::Rule::*,
                 std::int64_t domain::Rule::*, bool domain::Rule::*, Timestamp domain::Rule::*,
                 std::optional<Timestamp> domain::Rule::*, std::optional<domain::WeeklySchedule> domain::Rule::*,
                 domain::RuleSyntax domain::Rule::*, domain::RuleMode domain::Rule::*,
                 std::vector<domain::Action> domain::Rule::*>;

/// What a field is for.
enum class RulePart : std::uint8_t {
    place,   ///< Which rule it is, and where it stands among the others.
    words,   ///< For people alone.
    effect,  ///< What becomes of alerts, and what is said of them.
    record,  ///< Who wrote it and when: Winnow's to write; taken from people and not looked at.
};

struct RuleField {
    std::string_view name;  ///< In JSON, in errors' pointers, and of the column in `rules` (`rule_id` of the id).
    RulePart part = RulePart::record;
    RuleMember member;
    /// Takes what somebody wrote; what is wrong is recorded. nullptr for a record.
    void (*read)(FieldReader& fields, RuleInput& input) = nullptr;
    int written = 0;                ///< Its place among the fields of a rule in a file; 0: it is left out.
    std::string_view usually = {};  ///< JSON. Files leave out a field that says this, or null.

    /// What somebody says of the rule, whichever it is and wherever it stands.
    [[nodiscard]] constexpr bool is_content() const noexcept
    {
        return part == RulePart::words || part == RulePart::effect;
    }
};

/// In the order in which they are read, and what is wrong with them is told.
[[nodiscard]] std::span<const RuleField> rule_fields() noexcept;

/// What answers show of a rule beside its fields: taken from people and not looked at.
[[nodiscard]] std::span<const std::string_view> rule_remarks() noexcept;

/// All fields.
[[nodiscard]] nlohmann::json rule_json(const domain::Rule& rule);

/// One of them.
[[nodiscard]] nlohmann::json field_json(const domain::Rule& rule, const RuleMember& member);

/// Takes a field as field_json() wrote it; times also as milliseconds since 1970. False, or what nlohmann throws, where
/// it is anything else.
[[nodiscard]] bool load_field(const nlohmann::json& stored, const RuleMember& member, domain::Rule& rule);

/// Whether a field says the same of both.
[[nodiscard]] bool agree(const domain::Rule& a, const domain::Rule& b, const RuleMember& member);

/// The member `name`, which must be an array of at most `max` rules: if it is not, the reader gets the error.
[[nodiscard]] const nlohmann::json* rule_list(FieldReader& fields, std::string_view name, std::size_t max,
                                              Need need = Need::optional);

/// Reads and checks (rules::check) a whole rule. What is wrong goes to `errors`, up to kMaxErrors in all, with
/// `pointer` before its pointers; the input is of use only if there is nothing.
[[nodiscard]] RuleInput read_rule(const nlohmann::json& document, const std::string& pointer,
                                  std::vector<FieldError>& errors);

}  // namespace winnow::forms
