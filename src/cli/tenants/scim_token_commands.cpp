#include "cli/commands.hpp"
#include "cli/rest/collection_commands.hpp"
#include "cli/shown/shown.hpp"
#include "cli/shown/table.hpp"
#include "cli/tenants/key_words.hpp"
#include "winnow/cli/syntax.hpp"

#include <nlohmann/json.hpp>

#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace winnow::cli {

namespace {

using nlohmann::json;

constexpr auto kPath = "/api/v1/scim-tokens";
const Kind kScimToken{.noun = "token", .path = kPath, .lists = "winnow scim-token list", .has_names = true};

struct CreateArguments {
    Connection connection;
    std::string name, role, duration, until;
    std::vector<std::string> networks;
};

/// Nobody else knows the secret.
void tell_if_lost(const json& token)
{
    std::cout.flush();
    if (std::cout) return;
    const auto id = token.at("id").get<std::string>();
    std::cerr << "winnow: token " << id
              << " was made, but its secret, which is shown once, is lost. Revoke it (winnow scim-token revoke " << id
              << "), and make another one\n";
}

int create(CreateArguments& arguments)
{
    auto& connection = arguments.connection;
    complete(connection, As::admin);
    json body{{"name", arguments.name}};
    if (!arguments.role.empty()) body["role"] = arguments.role;
    if (!arguments.networks.empty()) body["networks"] = arguments.networks;
    if (!arguments.until.empty()) body["expires_at"] = arguments.until;
    if (!arguments.duration.empty()) body["expires_at"] = end_after(arguments.duration);
    const auto token =
        call_or_fail(connection, {.method = "POST",
                                  .path = kPath,
                                  .body = body.dump(),
                                  .typed = {{"/name", "NAME"},
                                            {"/role", "--role"},
                                            {"/networks", "--network"},
                                            {"/expires_at", arguments.until.empty() ? "--for" : "--until"}}})
            .json();
    if (connection.json) {
        std::cout << json_text(token) << '\n';
    } else {
        std::cout << "token " << token.at("id").get<std::string>() << " is good until "
                  << token.at("expires_at").get<std::string>() << ", and makes users of role "
                  << token.at("role").get<std::string>()
                  << "\nits secret, shown this once: " << token.at("secret").get<std::string>() << '\n';
    }
    tell_if_lost(token);
    return 0;
}

struct ListArguments {
    Connection connection;
};

int list(ListArguments& arguments)
{
    auto& connection = arguments.connection;
    complete(connection, As::admin);
    // A tenant has few: all of them fit on one page.
    const auto page = call_or_fail(connection, {.path = std::string(kPath) + "?limit=500"}).json();
    if (connection.json) {
        std::cout << json_text(page) << '\n';
        return 0;
    }
    Table table({"ID", "HINT", "EXPIRES AT", "ROLE", "NETWORKS", "NAME"});
    for (const auto& token : page.at("items")) {
        table.add({token.at("id"), token.at("hint"), token.at("expires_at"), token.at("role"),
                   listed(token.at("networks"), "everywhere"), token.at("name")});
    }
    table.print(std::cout, standard_output_takes_colour());
    return 0;
}

struct RevokeArguments {
    Connection connection;
    std::vector<std::string> tokens;
};

int revoke(RevokeArguments& arguments)
{
    auto& connection = arguments.connection;
    complete(connection, As::admin);
    std::vector<Call> calls;
    for (const auto& word : arguments.tokens) {
        calls.push_back({.method = "DELETE",
                         .path = kScimToken.path + '/' + find_id(connection, kScimToken, word),
                         .missing = no_such(kScimToken, word)});
    }
    for (std::size_t i = 0; i < calls.size(); ++i) {
        static_cast<void>(call_or_fail(connection, calls[i]));
        if (!connection.json) std::cout << arguments.tokens[i] << " is revoked\n";
    }
    return 0;
}

void add_create(Syntax& group, Command& chosen)
{
    auto* command = group.add_subcommand("create", "Make a token by which a directory keeps this tenant's users");
    auto arguments = std::make_shared<CreateArguments>();
    arguments->connection.add_options(*command);
    command->add_option("NAME", arguments->name, "Which directory it is for")->required();
    command->add_option("--role", arguments->role, "Of users whom it makes: viewer, operator or auditor; else viewer");
    command->add_option("--network", arguments->networks, "Where it may be used: 10.0.0.0/8; without any, everywhere");
    auto* until = command->add_option("--until", arguments->until, "When it expires: 2027-02-01T00:00:00Z")->time();
    command->add_option("--for", arguments->duration, "How long it lives, at most P366D; without it P90D")
        ->excludes(until)
        ->duration();
    command->footer("Example:\n  winnow scim-token create entra --role operator --for P180D");
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            return create(*arguments);
        };
    });
}

void add_list(Syntax& group, Command& chosen)
{
    auto* command = group.add_subcommand("list", "List live tokens of directories: until when, and from where");
    auto arguments = std::make_shared<ListArguments>();
    arguments->connection.add_options(*command);
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            return list(*arguments);
        };
    });
}

void add_revoke(Syntax& group, Command& chosen)
{
    auto* command = group.add_subcommand("revoke", "Revoke tokens of directories at once");
    auto arguments = std::make_shared<RevokeArguments>();
    arguments->connection.add_options(*command);
    command->add_option("TOKEN", arguments->tokens, "Their ids, or names")->required();
    command->footer("Example:\n  winnow scim-token revoke entra");
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            return revoke(*arguments);
        };
    });
}

}  // namespace

void add_scim_token_commands(Syntax& root, Command& chosen)
{
    auto* group = root.add_subcommand("scim-token", "Tokens by which a directory keeps a tenant's users (SCIM)");
    group->require_subcommand();
    add_create(*group, chosen);
    add_list(*group, chosen);
    add_revoke(*group, chosen);
}

}  // namespace winnow::cli
