#include "app/cli/command_line.hpp"

#include "app/cli/commands.hpp"
#include "winnow/base/text.hpp"

#include <iostream>

namespace winnow::app::cli {

namespace {

constexpr int kWrongUsage = 2;
constexpr auto kVersion = "winnow 0.1.0";

}  // namespace

std::shared_ptr<Syntax> make_command_line(Command& chosen)
{
    auto root =
        std::make_shared<Syntax>("Winnow takes in alerts, filters them by your rules, and keeps tickets.", "winnow");
    root->version_flag("--version", kVersion);
    root->require_subcommand();
    root->footer(
        "Examples:\n"
        "  winnow dev                                   start here, with a database and a demo tenant\n"
        "  winnow alert send --title 'disk full' --severity critical --source db-7\n"
        "  winnow ticket list --state open\n"
        "  winnow rules apply rules.yaml --dry-run\n"
        "Each command has its own --help.");
    add_server_commands(*root, chosen);
    add_alert_commands(*root, chosen);
    add_ticket_commands(*root, chosen);
    add_rule_commands(*root, chosen);
    add_expression_commands(*root, chosen);
    add_silence_commands(*root, chosen);
    add_window_commands(*root, chosen);
    add_inhibition_commands(*root, chosen);
    add_stats_commands(*root, chosen);
    add_tenant_commands(*root, chosen);
    add_completion_command(*root, chosen);
    return root;
}

int run(int argc, const char* const* argv)
{
    Command chosen;
    const auto root = make_command_line(chosen);
    int status = 0;
    if (!root->parse(argc, argv, status)) return status == 0 ? 0 : kWrongUsage;
    try {
        return chosen();
    } catch (const std::exception& failure) {
        // It may quote what a server, or a sender, wrote.
        std::cerr << "winnow: " << shown_text(failure.what(), LineFeeds::kept) << '\n';
        return 1;
    }
}

}  // namespace winnow::app::cli
