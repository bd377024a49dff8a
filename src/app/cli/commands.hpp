#pragma once

/// @file
/// The groups of sub-commands, one function a file: each hangs its own commands under `root`.

#include "app/cli/command_line.hpp"

namespace winnow::app::cli {

void add_server_commands(CLI::App& root, Command& chosen);  ///< serve, dev, migrate, config
void add_alert_commands(CLI::App& root, Command& chosen);
void add_ticket_commands(CLI::App& root, Command& chosen);
void add_rule_commands(CLI::App& root, Command& chosen);
void add_ruleset_commands(CLI::App& rules, Command& chosen);   ///< Under `rules`.
void add_suggest_command(CLI::App& rules, Command& chosen);    ///< Under `rules`.
void add_rule_test_command(CLI::App& rules, Command& chosen);  ///< Under `rules`.
void add_backtest_command(CLI::App& rules, Command& chosen);   ///< Under `rules`.
void add_expression_commands(CLI::App& root, Command& chosen);
void add_stats_commands(CLI::App& root, Command& chosen);
void add_silence_commands(CLI::App& root, Command& chosen);
void add_window_commands(CLI::App& root, Command& chosen);
void add_inhibition_commands(CLI::App& root, Command& chosen);
void add_tenant_commands(CLI::App& root, Command& chosen);
void add_completion_command(CLI::App& root, Command& chosen);

}  // namespace winnow::app::cli
