/// @file
/// winnow oidc-provider: by whose word people sign in.

#include "cli/commands.hpp"
#include "cli/rest/collection_commands.hpp"
#include "cli/shown/shown.hpp"
#include "cli/shown/table.hpp"
#include "cli/tenants/oidc_provider_kind.hpp"
#include "winnow/cli/syntax.hpp"
#include "winnow/cli/terminal_text.hpp"

#include <nlohmann/json.hpp>

#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace winnow::cli {

namespace {

using nlohmann::json;

std::vector<std::string> row(const json& provider)
{
    return {provider.at("id"), provider.at("enabled").get<bool>() ? "enabled" : "disabled", provider.at("name"),
            provider.at("issuer")};
}

std::string words_of(const json& list)
{
    std::string words;
    for (const auto& each : list) words += (words.empty() ? "" : ", ") + each.get<std::string>();
    return words.empty() ? "-" : words;
}

int print(const Connection& connection, const json& provider)
{
    if (connection.json) {
        std::cout << json_text(provider) << '\n';
        return 0;
    }
    const auto& roles = provider.at("roles");
    Table table({"WHAT", "IS"});
    table.add({"name", provider.at("name")});
    table.add({"id", provider.at("id")});
    table.add({"state", provider.at("enabled").get<bool>() ? "enabled" : "disabled"});
    table.add({"issuer", provider.at("issuer")});
    table.add({"client id", provider.at("client_id")});
    table.add({"redirect URI", provider.at("redirect_uri")});
    table.add({"scopes", words_of(provider.at("scopes"))});
    table.add({"algorithms", words_of(provider.at("algorithms"))});
    table.add({"second factors", words_of(provider.at("second_factors"))});
    table.add({"brings people", provider.at("jit").get<bool>() ? "yes" : "no"});
    for (const auto& rule : roles.at("rules")) {
        table.add({"role " + rule.at("role").get<std::string>(),
                   roles.at("claim").get<std::string>() + " has " + rule.at("value").get<std::string>()});
    }
    if (const auto& usual = roles.at("default_role"); usual.is_string()) {
        table.add({"role " + usual.get<std::string>(), "otherwise"});
    }
    table.print(std::cout, standard_output_takes_colour());
    return 0;
}

struct Arguments {
    Connection connection;
    std::string provider;  ///< Of a new one the name.
    std::string name, issuer, client_id, secret_file, client_auth, claim, default_role, allow_admin, jit, state;
    std::vector<std::string> scopes, algorithms, roles, second_factors;
};

/// The first line; a file that an editor wrote ends with a line feed.
std::string secret_of(const std::string& path)
{
    std::string line;
    if (path == "-") {
        std::getline(std::cin, line);
    } else {
        std::ifstream file(path, std::ios::binary);
        if (!file) throw std::runtime_error("--secret-file cannot be read: " + path);
        std::getline(file, line);
    }
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty()) throw std::runtime_error("--secret-file holds no secret: " + path);
    return line;
}

json rules_of(const std::vector<std::string>& roles)
{
    auto rules = json::array();
    for (const auto& each : roles) {
        const auto at = each.rfind('=');
        if (at == std::string::npos || at == 0) throw WrongUsage("--role takes VALUE=ROLE: " + for_terminal(each));
        rules.push_back({{"value", each.substr(0, at)}, {"role", each.substr(at + 1)}});
    }
    return rules;
}

/// Of what is given.
json body_of(const Arguments& arguments)
{
    auto body = json::object();
    const auto put = [&](const char* member, const std::string& value) {
        if (!value.empty()) body[member] = value;
    };
    put("name", arguments.name);
    put("issuer", arguments.issuer);
    put("client_id", arguments.client_id);
    put("client_auth", arguments.client_auth);
    if (!arguments.secret_file.empty()) body["client_secret"] = secret_of(arguments.secret_file);
    if (!arguments.scopes.empty()) body["scopes"] = arguments.scopes;
    if (!arguments.algorithms.empty()) body["algorithms"] = arguments.algorithms;
    if (!arguments.second_factors.empty()) body["second_factors"] = arguments.second_factors;
    if (!arguments.jit.empty()) body["jit"] = arguments.jit == "yes";
    if (!arguments.state.empty()) body["enabled"] = arguments.state == "enabled";
    auto roles = json::object();
    if (!arguments.claim.empty()) roles["claim"] = arguments.claim;
    if (!arguments.roles.empty()) roles["rules"] = rules_of(arguments.roles);
    if (!arguments.default_role.empty()) {
        roles["default_role"] = arguments.default_role == "none" ? json(nullptr) : json(arguments.default_role);
    }
    if (!arguments.allow_admin.empty()) roles["allow_admin"] = arguments.allow_admin == "yes";
    if (!roles.empty()) body["roles"] = std::move(roles);
    return body;
}

Typed typed(const std::string& name)
{
    return {{"/name", name},
            {"/issuer", "--issuer"},
            {"/client_id", "--client-id"},
            {"/client_secret", "--secret-file"},
            {"/scopes", "--scope"},
            {"/algorithms", "--algorithm"},
            {"/second_factors", "--second-factor"},
            {"/roles/claim", "--claim"},
            {"/roles/rules", "--role"},
            {"/roles/default_role", "--default-role"},
            {"/roles/allow_admin", "--allow-admin"}};
}

int create(Arguments& arguments)
{
    complete(arguments.connection, As::admin);
    arguments.name = arguments.provider;
    return print(arguments.connection, call_or_fail(arguments.connection, {.method = "POST",
                                                                           .path = kOidcProviderKind.path,
                                                                           .body = body_of(arguments).dump(),
                                                                           .typed = typed("NAME")})
                                           .json());
}

std::string path_of(const Arguments& arguments)
{
    return kOidcProviderKind.path + '/' + find_id(arguments.connection, kOidcProviderKind, arguments.provider);
}

int change(Arguments& arguments)
{
    complete(arguments.connection, As::admin);
    const auto body = body_of(arguments);
    if (body.empty()) throw WrongUsage("say what is to change: see winnow oidc-provider change --help");
    return print(arguments.connection,
                 call_or_fail(arguments.connection, {.method = "PATCH",
                                                     .path = path_of(arguments),
                                                     .body = body.dump(),
                                                     .content_type = "application/merge-patch+json",
                                                     .typed = typed("--name"),
                                                     .missing = no_such(kOidcProviderKind, arguments.provider)})
                     .json());
}

int show(Arguments& arguments)
{
    complete(arguments.connection, As::admin);
    return print(arguments.connection,
                 call_or_fail(arguments.connection,
                              {.path = path_of(arguments), .missing = no_such(kOidcProviderKind, arguments.provider)})
                     .json());
}

/// 1 where nobody could sign in by it.
int test(Arguments& arguments)
{
    complete(arguments.connection, As::admin);
    const auto said = call_or_fail(arguments.connection, {.method = "POST",
                                                          .path = path_of(arguments) + "/test",
                                                          .missing = no_such(kOidcProviderKind, arguments.provider)})
                          .json();
    const bool good = said.at("good").get<bool>();
    if (arguments.connection.json) {
        std::cout << json_text(said) << '\n';
    } else if (good) {
        std::cout << for_terminal(arguments.provider) << " answers: " << said.at("keys").get<std::size_t>()
                  << " keys, sign-ins at " << for_terminal(said.at("authorization_endpoint").get<std::string>())
                  << '\n';
    } else {
        std::cout << for_terminal(arguments.provider) << " cannot be used (" << said.at("code").get<std::string>()
                  << "): " << for_terminal(said.at("detail").get<std::string>()) << '\n';
    }
    return good ? 0 : 1;
}

void add_what_it_is(Syntax& command, Arguments& arguments)
{
    command.add_option("--client-auth", arguments.client_auth, "How the secret is shown: basic (the default), or post")
        ->one_of({"basic", "post"});
    command.add_option("--scope", arguments.scopes, "Asked for besides openid; may be repeated: email and profile");
    command.add_option("--algorithm", arguments.algorithms,
                       "By which tokens may be signed; may be repeated: RS256, PS256, ES256, ES384, EdDSA");
    command.add_option("--claim", arguments.claim, "Whose values decide on roles: groups");
    command.add_option("--role", arguments.roles, "VALUE=ROLE: which role a value gives; may be repeated, in order");
    command
        .add_option("--default-role", arguments.default_role, "Where no value gives one; none: nobody is let in then")
        ->one_of({"none", "viewer", "operator", "auditor"});
    command.add_option("--allow-admin", arguments.allow_admin, "Whether a value may give admin: yes or no")
        ->one_of({"yes", "no"});
    command.add_option("--jit", arguments.jit, "Whether it may bring people whom nobody has invited: yes or no")
        ->one_of({"yes", "no"});
    command.add_option("--second-factor", arguments.second_factors,
                       "A word of its amr or acr that counts as a second factor; may be repeated");
    command.add_option("--state", arguments.state, "enabled, or disabled: nobody signs in by it")
        ->one_of({"enabled", "disabled"});
}

using Run = int (*)(Arguments&);

Syntax* add_command(Syntax& group, Command& chosen, const std::shared_ptr<Arguments>& arguments,
                    const std::pair<std::string, std::string>& called, Run run)
{
    auto* command = group.add_subcommand(called.first, called.second);
    arguments->connection.add_options(*command);
    command->callback([&chosen, arguments, run] {
        chosen = [arguments, run] {
            return run(*arguments);
        };
    });
    return command;
}

void add_create(Syntax& group, Command& chosen)
{
    const auto arguments = std::make_shared<Arguments>();
    auto* command = add_command(group, chosen, arguments, {"create", "Let people sign in by a provider"}, create);
    command->add_option("NAME", arguments->provider, "What people choose it by")->required();
    command->add_option("--issuer", arguments->issuer, "Its URL, as it writes it itself")->required();
    command->add_option("--client-id", arguments->client_id, "What it calls this service")->required();
    command->add_option("--secret-file", arguments->secret_file, "Holds the client's secret; - is standard input")
        ->required();
    add_what_it_is(*command, *arguments);
    command->footer(
        "Example:\n  winnow oidc-provider create 'Acme ID' --issuer https://id.acme.example --client-id winnow "
        "--secret-file secret.txt --jit yes --role noc=operator --default-role viewer");
}

void add_change(Syntax& group, Command& chosen)
{
    const auto arguments = std::make_shared<Arguments>();
    auto* command = add_command(group, chosen, arguments, {"change", "Change what is given of a provider"}, change);
    command->add_option("PROVIDER", arguments->provider, "Its name, or id")->required();
    command->add_option("--name", arguments->name, "What people choose it by from now on");
    command->add_option("--client-id", arguments->client_id, "What it calls this service");
    command->add_option("--secret-file", arguments->secret_file, "Holds the client's new secret; - is standard input");
    add_what_it_is(*command, *arguments);
    command->footer("Example:\n  winnow oidc-provider change 'Acme ID' --state disabled");
}

void add_simple(Syntax& group, Command& chosen, const std::pair<std::string, std::string>& called, Run run)
{
    const auto arguments = std::make_shared<Arguments>();
    auto* command = add_command(group, chosen, arguments, called, run);
    command->add_option("PROVIDER", arguments->provider, "Its name, or id")->required();
    command->footer("Example:\n  winnow oidc-provider " + called.first + " 'Acme ID'");
}

}  // namespace

void add_oidc_provider_commands(Syntax& root, Command& chosen)
{
    auto* group = root.add_subcommand("oidc-provider", "By whose word people sign in (OpenID Connect)");
    group->require_subcommand();
    add_list_command(*group, chosen,
                     {.description = "List the tenant's own providers of sign-ins",
                      .path = kOidcProviderKind.path,
                      .head = {"ID", "STATE", "NAME", "ISSUER"},
                      .row = row,
                      .states = "",
                      .example = "winnow oidc-provider list"});
    add_simple(*group, chosen, {"show", "Show a provider, and what it has to know of this service"}, show);
    add_create(*group, chosen);
    add_change(*group, chosen);
    add_simple(*group, chosen, {"test", "Ask a provider what it says of itself"}, test);
    add_delete_command(*group, chosen,
                       {.name = "delete",
                        .description = "Delete providers: nobody signs in by them any more",
                        .kind = kOidcProviderKind,
                        .done = "is deleted",
                        .example = "winnow oidc-provider delete 'Acme ID'"});
}

}  // namespace winnow::cli
