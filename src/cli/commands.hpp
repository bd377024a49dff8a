#pragma once

/// @file
/// The groups of sub-commands, one function a file: each hangs its own commands under `root`.

#include "winnow/cli/command_line.hpp"

namespace winnow::cli {

void add_alert_commands(Syntax& root, Command& chosen);
void add_ticket_commands(Syntax& root, Command& chosen);
void add_rule_commands(Syntax& root, Command& chosen);
void add_ruleset_commands(Syntax& rules, Command& chosen);   ///< Under `rules`.
void add_suggest_command(Syntax& rules, Command& chosen);    ///< Under `rules`.
void add_rule_test_command(Syntax& rules, Command& chosen);  ///< Under `rules`.
void add_backtest_command(Syntax& rules, Command& chosen);   ///< Under `rules`.
void add_expression_commands(Syntax& root, Command& chosen);
void add_stats_commands(Syntax& root, Command& chosen);
void add_silence_commands(Syntax& root, Command& chosen);
void add_window_commands(Syntax& root, Command& chosen);
void add_inhibition_commands(Syntax& root, Command& chosen);
void add_user_commands(Syntax& root, Command& chosen);
void add_user_life_commands(Syntax& group, Command& chosen);  ///< Below `winnow user`.
void add_key_commands(Syntax& root, Command& chosen);
void add_group_commands(Syntax& root, Command& chosen);
void add_integration_commands(Syntax& root, Command& chosen);
void add_access_key_commands(Syntax& root, Command& chosen);
void add_scim_token_commands(Syntax& root, Command& chosen);
void add_tenant_commands(Syntax& root, Command& chosen);
void add_tenant_quotas_command(Syntax& tenant, Command& chosen);  ///< Under `tenant`.
void add_tenant_end_commands(Syntax& tenant, Command& chosen);    ///< Under `tenant`.
void add_quota_commands(Syntax& root, Command& chosen);
void add_vault_commands(Syntax& root, Command& chosen);
void add_security_commands(Syntax& root, Command& chosen);
void add_audit_commands(Syntax& root, Command& chosen);
void add_access_log_commands(Syntax& root, Command& chosen);
void add_network_commands(Syntax& root, Command& chosen);
void add_oidc_provider_commands(Syntax& root, Command& chosen);
void add_export_commands(Syntax& root, Command& chosen);
void add_announcement_commands(Syntax& root, Command& chosen);
void add_inquiry_commands(Syntax& root, Command& chosen);
void add_support_grant_commands(Syntax& root, Command& chosen);
void add_staff_commands(Syntax& root, Command& chosen);
void add_staff_sign_in_commands(Syntax& group, Command& chosen);  ///< Below `winnow staff`.
void add_import_commands(Syntax& root, Command& chosen);
void add_completion_command(Syntax& root, Command& chosen);

}  // namespace winnow::cli
