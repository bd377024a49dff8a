#include "cli/commands.hpp"
#include "cli/rest/rest_client.hpp"
#include "cli/tenants/oidc_provider_kind.hpp"
#include "cli/tenants/user_kind.hpp"
#include "winnow/cli/syntax.hpp"
#include "winnow/cli/terminal_text.hpp"

#include <nlohmann/json.hpp>

#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace winnow::cli {

namespace {

using nlohmann::json;

/// What is done to each of the users that are named.
struct Deed {
    std::string name;  ///< Of the command.
    std::string description;
    std::string method = "POST";
    std::string below;  ///< Behind the user's path: "/invite".
    std::string body = {};
    std::string done;  ///< Stands behind the word that was typed.
};

struct DeedArguments {
    Connection connection;
    std::vector<std::string> users;
    Deed deed;
};

int do_to_each(DeedArguments& arguments)
{
    complete(arguments.connection, As::admin);
    // First all of them are found, so that a slip of the pen does nothing to those before it.
    std::vector<std::string> ids;
    for (const auto& user : arguments.users) ids.push_back(find_id(arguments.connection, kUserKind, user));
    const auto& deed = arguments.deed;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const auto& user = arguments.users[i];
        static_cast<void>(
            call_or_fail(arguments.connection,
                         {.method = deed.method,
                          .path = kUserKind.path + '/' + ids[i] + deed.below,
                          .body = deed.body,
                          .content_type = deed.method == "PATCH" ? "application/merge-patch+json" : "application/json",
                          .missing = no_such(kUserKind, user)}));
        if (arguments.connection.json) {
            std::cout << json{{"id", ids[i]}}.dump() << '\n';
        } else {
            std::cout << for_terminal(user) << ' ' << deed.done << '\n';
        }
    }
    return 0;
}

void add_deed(Syntax& group, Command& chosen, Deed deed)
{
    auto* command = group.add_subcommand(deed.name, deed.description);
    auto arguments = std::make_shared<DeedArguments>();
    arguments->connection.add_options(*command);
    command->add_option("USER", arguments->users, "Their mail addresses, or ids")->required();
    command->footer("Example:\n  winnow user " + deed.name + " olga@acme.example");
    arguments->deed = std::move(deed);
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            return do_to_each(*arguments);
        };
    });
}

struct InviteArguments {
    Connection connection;
    std::string email, name, role, locale, provider;
};

int invite(InviteArguments& arguments)
{
    complete(arguments.connection, As::admin);
    json body{{"email", arguments.email}, {"name", arguments.name}, {"role", arguments.role}, {"state", "invited"}};
    if (!arguments.locale.empty()) body["locale"] = arguments.locale;
    if (!arguments.provider.empty()) {
        body["oidc_provider_id"] = find_id(arguments.connection, kOidcProviderKind, arguments.provider);
    }
    const auto made = call_or_fail(arguments.connection, {.method = "POST",
                                                          .path = kUserKind.path,
                                                          .body = body.dump(),
                                                          .typed = {{"/email", "ADDRESS"},
                                                                    {"/name", "--name"},
                                                                    {"/role", "--role"},
                                                                    {"/locale", "--language"},
                                                                    {"/oidc_provider_id", "--oidc-provider"}}})
                          .json();
    if (arguments.connection.json) {
        std::cout << made.dump(2) << '\n';
    } else {
        std::cout << for_terminal(arguments.email) << " is invited by mail (" << made.at("id").get<std::string>()
                  << ")\n";
    }
    return 0;
}

void add_invite(Syntax& group, Command& chosen)
{
    auto* command = group.add_subcommand("invite", "Have a new user sent a link to choose a password by");
    auto arguments = std::make_shared<InviteArguments>();
    arguments->connection.add_options(*command);
    command->add_option("ADDRESS", arguments->email, "The user's mail address")->required();
    command->add_option("--name", arguments->name, "The user's name")->required();
    command->add_option("--role", arguments->role, "viewer, operator, admin or auditor")->required();
    command->add_option("--language", arguments->locale, "Of mails to the user: en or ja")->one_of({"en", "ja"});
    command->add_option("--oidc-provider", arguments->provider,
                        "By whose word it may be accepted, besides by the link: its name, or id");
    command->footer("Example:\n  winnow user invite olga@acme.example --name Olga --role operator");
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            return invite(*arguments);
        };
    });
}

}  // namespace

void add_user_life_commands(Syntax& group, Command& chosen)
{
    add_invite(group, chosen);
    add_deed(group, chosen,
             {.name = "invite-again",
              .description = "Send who has not come yet another link; the one before is good no longer",
              .below = "/invite",
              .done = "is invited anew"});
    add_deed(group, chosen,
             {.name = "enable",
              .description = "Let users who were disabled in again; their keys stay revoked",
              .method = "PATCH",
              .below = "",
              .body = R"({"state":"active"})",
              .done = "is active"});
    add_deed(group, chosen,
             {.name = "delete",
              .description = "Delete users who are disabled, or have not come: an id is left",
              .below = "/delete",
              .done = "is deleted"});
    add_deed(group, chosen,
             {.name = "reset-password",
              .description = "Send users a link to set a password by",
              .below = "/reset-password",
              .done = "is sent a link to set a password by"});
    add_deed(group, chosen,
             {.name = "reset-mfa",
              .description = "Send users a link to give up all second factors by, with their password",
              .below = "/reset-mfa",
              .done = "is sent a link to give up the second factors by"});
    add_deed(group, chosen,
             {.name = "end-sessions",
              .description = "Sign users out everywhere",
              .below = "/end-sessions",
              .done = "is signed out"});
}

}  // namespace winnow::cli
