#pragma once

/// @file
/// Admins' test cases of their rules: alerts in, what must become of them, on a virtual clock. Pure.

#include "winnow/base/result.hpp"
#include "winnow/domain/rule.hpp"
#include "winnow/domain/tenant.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace winnow::cli {

/// What is to be as the document says; see match() for what is compared.
struct CaseStep {
    std::optional<std::chrono::milliseconds> after;  ///< Since the step before.
    std::optional<Timestamp> at;
    nlohmann::json alert;  ///< null: only the clock moves.
    std::size_t times = 1;
    nlohmann::json expect;  ///< An object, or null.
};

struct RuleCase {
    std::string name;
    Timestamp at;
    std::vector<CaseStep> steps;
    nlohmann::json expect;  ///< At the end.
};

struct RuleCases {
    nlohmann::json rules;  ///< The array, or the name of its file.
    domain::Settings settings;
    std::vector<RuleCase> cases;
};

/// Reads a test file. Errors name every member that is wrong, by JSON pointer.
[[nodiscard]] Result<RuleCases> read_cases(const nlohmann::json& document);

/// Something that is not as it was expected.
struct Mismatch {
    std::string where;    ///< "step 2", "end".
    std::string pointer;  ///< Into what was expected.
    nlohmann::json expected;
    nlohmann::json actual;
};

struct CaseResult {
    std::string name;
    std::vector<Mismatch> mismatches;
    std::string error;                  ///< Why the case could not be played to its end.
    std::vector<std::string> warnings;  ///< What a door would say of the steps' alerts; the case passes all the same.

    [[nodiscard]] bool passed() const noexcept { return mismatches.empty() && error.empty(); }
};

/// What of `expected` is not in `actual`: of objects only the members that are expected are looked at (null: it must
/// not be there), lists must agree element by element, all else must be equal.
void match(const nlohmann::json& expected, const nlohmann::json& actual, const std::string& where,
           const std::string& pointer, std::vector<Mismatch>& mismatches);

/// Plays every case from an empty system.
[[nodiscard]] std::vector<CaseResult> play(const RuleCases& cases, const std::vector<domain::Rule>& rules);

}  // namespace winnow::cli
