#pragma once

/// @file
/// Results of test cases, for people, scripts and CI servers.

#include "cli/rules/cases/rule_cases.hpp"

#include <ostream>
#include <string>
#include <vector>

namespace winnow::cli {

/// A line a case; below a failed one what was expected and what came instead.
void print_results(const std::vector<CaseResult>& results, bool colours, std::ostream& out);

[[nodiscard]] nlohmann::json results_json(const std::vector<CaseResult>& results);

/// A JUnit XML document: one suite named after the file.
[[nodiscard]] std::string junit_xml(const std::vector<CaseResult>& results, const std::string& file);

}  // namespace winnow::cli
