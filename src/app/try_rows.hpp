#pragma once

/// @file
/// The process that tries a dead writer's rows: this program, started by a node of it with kTryRows and nothing else.

#include "winnow/pipeline/row_trial.hpp"

namespace winnow::app {

struct Config;

inline constexpr auto kTryRows = "try-rows";  ///< No command: people have no use for it.

/// For a node of this configuration.
[[nodiscard]] pipeline::TrialProgram trial_program(const Config& config);

/// Does not return, but for a status where it was not started by a node.
[[nodiscard]] int run_try_rows();

}  // namespace winnow::app
