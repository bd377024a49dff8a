#include "winnow/cli/command_line.hpp"

#include "cli/commands.hpp"
#include "cli/grammar/standard_output.hpp"
#include "winnow/base/text.hpp"
#include "winnow/cli/terminal_text.hpp"

#include <nlohmann/json.hpp>

#include <iostream>
#include <string>
#include <string_view>

namespace winnow::cli {

namespace {

constexpr int kWrongUsage = 2;
constexpr int kOutputLost = 3;  // no failure: what was to be done is done, and is not to be done again
constexpr auto kVersion = "winnow 0.1.0";

}  // namespace

std::shared_ptr<Syntax> make_command_line(Command& chosen, const Local& local)
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
    local.add_server_commands(*root, chosen);
    add_alert_commands(*root, chosen);
    add_ticket_commands(*root, chosen);
    add_rule_commands(*root, chosen);
    add_expression_commands(*root, chosen);
    add_silence_commands(*root, chosen);
    add_window_commands(*root, chosen);
    add_inhibition_commands(*root, chosen);
    add_stats_commands(*root, chosen);
    add_user_commands(*root, chosen);
    add_key_commands(*root, chosen);
    add_integration_commands(*root, chosen);
    add_access_key_commands(*root, chosen);
    add_scim_token_commands(*root, chosen);
    add_tenant_commands(*root, chosen);
    add_vault_commands(*root, chosen);
    add_quota_commands(*root, chosen);
    add_security_commands(*root, chosen);
    add_audit_commands(*root, chosen);
    add_access_log_commands(*root, chosen);
    add_network_commands(*root, chosen);
    add_oidc_provider_commands(*root, chosen);
    add_group_commands(*root, chosen);
    add_export_commands(*root, chosen);
    add_announcement_commands(*root, chosen);
    add_inquiry_commands(*root, chosen);
    add_support_grant_commands(*root, chosen);
    add_staff_commands(*root, chosen);
    add_import_commands(*root, chosen);
    add_completion_command(*root, chosen);
    return root;
}

namespace {

/// The option that an argument belongs to, as it may be shown; "an argument" where there is none.
std::string option_of(int at, const char* const* argv)
{
    const std::string word = argv[at];
    if (word.starts_with("--")) return for_terminal(word.substr(0, word.find('=')));
    const std::string before = at > 1 ? argv[at - 1] : "";
    return before.starts_with("--") ? for_terminal(before) : "an argument";
}

/// Whether the arguments can be sent. An alert gets through with U+FFFD for what is no text, as by any other way; a
/// file's name may be any bytes, and of the key of a repetition the command itself tells.
bool check_text(int argc, const char* const* argv)
{
    const bool alert = argc > 2 && std::string_view(argv[1]) == "alert" && std::string_view(argv[2]) == "send";
    for (int i = 1; i < argc; ++i) {
        if (is_valid_utf8(argv[i])) continue;
        const auto option = option_of(i, argv);
        const bool as_it_is = option == "--file" || option == "--ca" || option == "--idempotency-key";
        const bool sent = alert && option != "--url" && option != "--key";
        if (!sent) {
            std::cerr << "winnow: " << option << " is not UTF-8\n";
            return false;
        }
        if (!as_it_is) std::cerr << "warning: " << option << ": what is not UTF-8 was replaced\n";
    }
    return true;
}

int run_command(int argc, const char* const* argv, const Local& local)
{
    if (!check_text(argc, argv)) return kWrongUsage;
    Command chosen;
    const auto root = make_command_line(chosen, local);
    int status = 0;
    if (!root->parse(argc, argv, status)) return status == 0 ? 0 : kWrongUsage;
    try {
        return chosen();
    } catch (const nlohmann::json::exception&) {
        std::cerr
            << "winnow: the answer lacks what is expected of it: is the URL (--url or WINNOW_URL) that of a Winnow "
               "of this version?\n";
        return 1;
    } catch (const WrongUsage& wrong) {
        std::cerr << "winnow: " << shown_text(wrong.what(), LineFeeds::kept) << '\n';
        return kWrongUsage;
    } catch (const std::exception& failure) {
        // It may quote what a server, or a sender, wrote.
        std::cerr << "winnow: " << shown_text(failure.what(), LineFeeds::kept) << '\n';
        return 1;
    }
}

}  // namespace

int run(int argc, const char* const* argv, const Local& local)
{
    StandardOutput output;
    const int status = run_command(argc, argv, local);
    const auto lost = output.problem();
    if (lost.empty()) return status;
    std::cerr << "winnow: " << (status == 0 ? "done, but " : "") << "the output could not be written: " << lost << '\n';
    return status == 0 ? kOutputLost : status;
}

}  // namespace winnow::cli
