/// @file
/// winnow quota, and winnow tenant quotas: how much of each thing a tenant may have.

#include "cli/commands.hpp"
#include "cli/rest/named_items.hpp"
#include "cli/rest/rest_client.hpp"
#include "cli/shown/shown.hpp"
#include "cli/shown/table.hpp"

#include <charconv>
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

namespace winnow::cli {

namespace {

using nlohmann::json;

const Kind kTenantKind{.noun = "tenant",
                       .path = "/admin/v1/tenants",
                       .lists = "winnow tenant list",
                       .has_names = true,
                       .name = "service_code"};

struct Arguments {
    Connection connection;
    std::string tenant;
    std::vector<std::string> set;
};

int show(const Connection& connection, const json& answer, const std::string& without_max)
{
    if (connection.json) {
        std::cout << json_text(answer) << '\n';
        return 0;
    }
    Table table({"QUOTA", "MAX", "USED", "LEFT OUT"});
    for (const auto& item : answer.at("items")) {
        const auto& most = item.at("max");
        const auto left_out = item.find("left_out");
        const auto usual = item.find("usual");
        const bool is_known = usual != item.end() && usual->is_number();
        const auto configured = is_known ? without_max + " (" + usual->dump() + ")" : without_max;
        table.add({item.at("name"), most.is_null() ? configured : most.dump(), item.at("used").dump(),
                   left_out == item.end() ? "" : left_out->dump()});
    }
    table.print(std::cout, standard_output_takes_colour());
    return 0;
}

/// {"users": 500} of "users=500"; null of "users=default". What is no name of a quota the server says.
json changes(const std::vector<std::string>& set)
{
    auto document = json::object();
    for (const auto& word : set) {
        const auto equals = word.find('=');
        const auto value = equals == std::string::npos ? "" : word.substr(equals + 1);
        std::int64_t number = 0;
        const auto* const end = value.data() + value.size();
        const auto read = std::from_chars(value.data(), end, number);
        if (value == "default") {
            document[word.substr(0, equals)] = nullptr;
        } else if (!value.empty() && read.ec == std::errc{} && read.ptr == end) {
            document[word.substr(0, equals)] = number;
        } else {
            throw WrongUsage("--set: \"" + word + "\" is not NAME=NUMBER or NAME=default, such as users=500");
        }
    }
    return document;
}

int list(Arguments& arguments)
{
    complete(arguments.connection, As::admin);
    return show(arguments.connection, call_or_fail(arguments.connection, {.path = "/api/v1/quotas"}).json(), "");
}

int of_tenant(Arguments& arguments)
{
    const auto document = changes(arguments.set);
    complete(arguments.connection, As::provider);
    const auto id = find_id(arguments.connection, kTenantKind, arguments.tenant);
    Call call{.path = kTenantKind.path + "/" + id + "/quotas", .missing = no_such(kTenantKind, arguments.tenant)};
    if (!document.empty()) {
        call.method = "PATCH";
        call.body = document.dump();
        call.content_type = "application/merge-patch+json";
        for (const auto& [name, value] : document.items()) call.typed.emplace_back("/" + name, "--set " + name);
    }
    return show(arguments.connection, call_or_fail(arguments.connection, call).json(), "as configured");
}

}  // namespace

void add_tenant_quotas_command(Syntax& tenant, Command& chosen)
{
    auto* command = tenant.add_subcommand("quotas", "Show or set how much of each thing a tenant may have");
    auto arguments = std::make_shared<Arguments>();
    arguments->connection.add_options(*command);
    command->add_option("TENANT", arguments->tenant, "Its service code, or its id")->required();
    command->add_option("--set", arguments->set,
                        "NAME=NUMBER, or NAME=default as configured; may be given several times");
    command->footer("Example:\n  winnow tenant quotas acme1 --set users=500 --set deliveries=default");
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            return of_tenant(*arguments);
        };
    });
}

void add_quota_commands(Syntax& root, Command& chosen)
{
    auto* group = root.add_subcommand("quota", "How much of each thing the tenant may have, and has");
    group->require_subcommand();
    auto* command = group->add_subcommand("list", "List the tenant's quotas");
    auto arguments = std::make_shared<Arguments>();
    arguments->connection.add_options(*command);
    command->footer("Example:\n  winnow quota list --json");
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            return list(*arguments);
        };
    });
}

}  // namespace winnow::cli
