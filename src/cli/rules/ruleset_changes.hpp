#pragma once

/// @file
/// Whole rule sets on the command line: read from files, and what a change of one comes to.

#include <nlohmann/json.hpp>

#include <string>

namespace winnow::cli {

/// The list of rules in a file that is one, or that has it as `rules`. Throws std::runtime_error where it is neither.
[[nodiscard]] nlohmann::json read_rules(const std::string& file);

/// The rules in such a file's document. Throws std::runtime_error, also where something stands in it that would be
/// passed over.
[[nodiscard]] nlohmann::json rules_of(nlohmann::json document, const std::string& file);

/// The server's answer to PUT /ruleset or to a rollback: a line a rule, and a count.
void print_changes(const nlohmann::json& result);

/// What lint found, a line each with its place.
void print_findings(const nlohmann::json& findings);

}  // namespace winnow::cli
