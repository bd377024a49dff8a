#pragma once

/// @file
/// Rules as the API shows and takes them.

#include "api/rest/json_body.hpp"
#include "winnow/base/error.hpp"
#include "winnow/domain/rule.hpp"
#include "winnow/ports/rule_store.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::api {

inline constexpr std::size_t kMaxRuleActions = 32;  // what rules::check() takes
inline constexpr std::size_t kMaxRulesetComment = 1'000;
inline constexpr std::int32_t kMaxRulePosition = 1'000'000;

/// Without `stats`.
[[nodiscard]] nlohmann::json rule_json(const domain::Rule& rule);
/// With them, and `cost` as it is at `now`.
[[nodiscard]] nlohmann::json rule_json(const ports::StoredRule& stored, Timestamp now);

/// What a document says of a rule. Its version and who wrote it are the caller's to set, and its place.
struct RuleInput {
    domain::Rule rule;
    std::optional<RuleId> id;              ///< Only a rule set's rules are known by it.
    std::optional<std::int32_t> position;  ///< nullopt where it is left to us.
};

/// The member `name`, which must be an array of at most `max` rules: if it is not, the reader gets the error.
[[nodiscard]] const nlohmann::json* rule_list(FieldReader& fields, std::string_view name, std::size_t max,
                                              Need need = Need::optional);

/// Reads and checks (rules::check) a whole rule. What is wrong goes to `errors`, with `pointer` before its pointers;
/// the input is of use only if there is nothing.
[[nodiscard]] RuleInput read_rule(const nlohmann::json& document, const std::string& pointer,
                                  std::vector<FieldError>& errors);

}  // namespace winnow::api
