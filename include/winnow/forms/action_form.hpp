#pragma once

/// @file
/// A rule's actions as JSON, in the one form that requests, files, answers and the column `rules.actions` have:
///
///     [{"type": "drop"}, {"type": "set", "field": "title", "value": "…"}]
///
/// Each kind of action has one row in a table: its type, and of each member the name, what it may hold, and how it is
/// read and written. Documents and tests ask the same table.

#include "winnow/base/result.hpp"
#include "winnow/domain/rule.hpp"
#include "winnow/forms/field_reader.hpp"

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

namespace winnow::forms {

// What a member may hold. Lists have one item at least where their action has no other member.
struct Text {
    Length length;
};
struct Number {
    std::int64_t min = 0;
    std::int64_t max = 0;
};
/// As ISO 8601, "PT5M".
struct Duration {
    std::chrono::milliseconds min{0};
    std::chrono::milliseconds max{0};
};
struct Word {
    std::vector<std::string_view> words;
};
struct Texts {
    Length each;
    std::size_t most = 0;
};
struct Ids {
    std::size_t most = 0;
};
using Values = std::variant<Text, Number, Duration, Word, Texts, Ids>;

/// What others may know of a member.
struct ActionMember {
    std::string_view name;
    Need need = Need::optional;
    Values values;
};

/// One kind of action: a row of the table. Immutable; thread-safe.
class ActionForm {
public:
    ActionForm() = default;
    ActionForm(const ActionForm&) = delete;
    ActionForm& operator=(const ActionForm&) = delete;
    virtual ~ActionForm() = default;

    [[nodiscard]] virtual std::string_view type() const noexcept = 0;
    [[nodiscard]] virtual const std::vector<ActionMember>& members() const noexcept = 0;
    /// Exactly one of the members is given.
    [[nodiscard]] virtual bool is_choice() const noexcept = 0;
};

/// The table, a row an alternative of domain::Action, in its order.
[[nodiscard]] std::vector<const ActionForm*> action_forms();

/// An action, and a list of them, as both are shown and kept.
[[nodiscard]] nlohmann::json action_json(const domain::Action& action);
[[nodiscard]] nlohmann::json actions_json(const std::vector<domain::Action>& actions);

/// Reads what somebody wrote; what is wrong is recorded. What only makes sense as a whole is left to rules::check.
[[nodiscard]] domain::Action read_action(FieldReader& fields);

/// Reads back what actions_json() wrote. `internal` where it is anything else.
[[nodiscard]] Result<std::vector<domain::Action>> load_actions(const nlohmann::json& stored);
[[nodiscard]] Result<std::vector<domain::Action>> parse_actions(std::string_view stored);

}  // namespace winnow::forms
