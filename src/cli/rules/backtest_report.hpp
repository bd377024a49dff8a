#pragma once

/// @file
/// Back-tests on the command line: waited for, and told.

#include "cli/rest/rest_client.hpp"

#include <nlohmann/json.hpp>

namespace winnow::cli {

inline constexpr auto kBacktestsPath = "/api/v1/rules/backtests";

/// Asks until the back-test has ended; with a line of progress on a terminal. Returns it as it ended.
[[nodiscard]] nlohmann::json wait_for_backtest(const Connection& connection, nlohmann::json backtest);

/// Counts, differences and samples. Returns the exit status: 1 where it did not get to its end.
[[nodiscard]] int print_backtest(const nlohmann::json& backtest);

}  // namespace winnow::cli
