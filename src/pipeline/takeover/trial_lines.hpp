#pragma once

/// @file
/// What a trial's owner and its process write to each other, a line each. Private to pipeline.

#include "winnow/pipeline/row_trial.hpp"

#include <string>
#include <string_view>

namespace winnow::pipeline {

inline constexpr int kReportsTo = 3;  ///< The process's descriptor for what it reports; its order is standard input.

[[nodiscard]] std::string order_line(const TrialOrder& order);
/// Throws std::runtime_error: the two are of one program.
[[nodiscard]] TrialOrder order_of(const std::string& line);

/// The words that a report's lines begin with: a row (tenant, seq) or a number follows, or nothing.
inline constexpr std::string_view kReading = "reading";
inline constexpr std::string_view kFolding = "folding";
inline constexpr std::string_view kApplied = "applied";
inline constexpr std::string_view kSetAside = "aside";
inline constexpr std::string_view kWorking = "working";
inline constexpr std::string_view kPassed = "passed";
inline constexpr std::string_view kSlow = "slow";

[[nodiscard]] std::string row_line(std::string_view word, const TriedRow& row);
[[nodiscard]] std::string count_line(std::string_view word, std::uint64_t count);

/// Takes a line of the process into account.
void hear(TrialReport& report, const std::string& line);

}  // namespace winnow::pipeline
