/// @file
/// winnow staff enrol, confirm and sign-in: how one of the provider's people comes in.

#include "cli/commands.hpp"
#include "cli/rest/rest_client.hpp"
#include "cli/shown/shown.hpp"
#include "winnow/cli/syntax.hpp"
#include "winnow/documents/documents.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

namespace winnow::cli {

namespace {

using nlohmann::json;

struct Arguments {
    Connection connection;
    std::string who, code, password_file;  ///< `who`: a token, or an address.
};
using Shared = std::shared_ptr<Arguments>;

/// Nobody has a key before: what stands in its place is looked at by none of these.
void complete_without_key(Connection& connection)
{
    if (!connection.url.empty() && connection.key.empty()) connection.key = "none";
    complete(connection, As::provider);
}

/// The first line, which no history of commands keeps.
std::string password_of(const Arguments& arguments)
{
    auto text = documents::read_text_file(arguments.password_file);
    text.resize(std::min(text.find_first_of("\r\n"), text.size()));
    return text;
}

int enrol(Arguments& arguments)
{
    complete_without_key(arguments.connection);
    const json body{{"token", arguments.who}, {"password", password_of(arguments)}};
    const auto made = call_or_fail(arguments.connection, {.method = "POST",
                                                          .path = "/admin/v1/auth/enrol",
                                                          .body = body.dump(),
                                                          .typed = {{"/password", "--password-file"}}})
                          .json();
    if (arguments.connection.json) {
        std::cout << json_text(made) << '\n';
        return 0;
    }
    std::cout << "for the app, shown this once: " << made.at("otpauth_uri").get<std::string>()
              << "\nthen: winnow staff confirm TOKEN CODE\n";
    return 0;
}

int confirm(Arguments& arguments)
{
    complete_without_key(arguments.connection);
    const json body{{"token", arguments.who}, {"code", arguments.code}};
    static_cast<void>(call_or_fail(
        arguments.connection,
        {.method = "POST", .path = "/admin/v1/auth/enrol/confirm", .body = body.dump(), .typed = {{"/code", "CODE"}}}));
    if (!arguments.connection.json) std::cout << "active\n";
    return 0;
}

/// The token alone, to be taken as a key.
int sign_in(Arguments& arguments)
{
    complete_without_key(arguments.connection);
    const json body{{"email", arguments.who}, {"password", password_of(arguments)}, {"code", arguments.code}};
    const auto begun =
        call_or_fail(arguments.connection, {.method = "POST", .path = "/admin/v1/auth/sign-in", .body = body.dump()})
            .json();
    if (arguments.connection.json) {
        std::cout << json_text(begun) << '\n';
    } else {
        std::cout << begun.at("token").get<std::string>() << '\n';
    }
    return 0;
}

std::pair<Syntax*, Shared> add(Syntax& group, Command& chosen, const std::string& name, const std::string& description,
                               int (*run)(Arguments&))
{
    auto* command = group.add_subcommand(name, description);
    auto arguments = std::make_shared<Arguments>();
    arguments->connection.add_options(*command);
    command->callback([&chosen, arguments, run] {
        chosen = [arguments, run] {
            return run(*arguments);
        };
    });
    return {command, arguments};
}

void add_password(Syntax& command, Arguments& arguments)
{
    command.add_option("--password-file", arguments.password_file, "A file with the password; - is standard input")
        ->required();
}

}  // namespace

void add_staff_sign_in_commands(Syntax& group, Command& chosen)
{
    const auto [enrols, enrolled] =
        add(group, chosen, "enrol", "Choose a password; prints what codes are made of", enrol);
    enrols->add_option("TOKEN", enrolled->who, "What the invitation printed")->required();
    add_password(*enrols, *enrolled);
    enrols->footer("Example:\n  winnow staff enrol TOKEN --password-file - --url https://127.0.0.1:9443");
    const auto [confirms, confirmed] =
        add(group, chosen, "confirm", "Show the first code: then one is active", confirm);
    confirms->add_option("TOKEN", confirmed->who, "What the invitation printed")->required();
    confirms->add_option("CODE", confirmed->code, "What the app shows")->required();
    confirms->footer("Example:\n  winnow staff confirm TOKEN 123456 --url https://127.0.0.1:9443");
    const auto [signs, signed_in] =
        add(group, chosen, "sign-in", "Sign in; prints a token that is good as --key", sign_in);
    signs->add_option("ADDRESS", signed_in->who, "One's mail address")->required();
    signs->add_option("CODE", signed_in->code, "What the app shows")->required();
    add_password(*signs, *signed_in);
    signs->footer(
        "Example:\n  winnow staff sign-in pat@provider.example 123456 --password-file - --url https://127.0.0.1:9443");
}

}  // namespace winnow::cli
