/// @file
/// winnow tenant close, cancel-close, erase, erasures, certificate and verify-certificate: the end of a tenant.

#include "cli/commands.hpp"
#include "cli/rest/named_items.hpp"
#include "cli/rest/rest_client.hpp"
#include "cli/shown/shown.hpp"
#include "cli/shown/table.hpp"
#include "winnow/audit/erasure_certificate.hpp"
#include "winnow/cli/terminal_text.hpp"
#include "winnow/crypto/signature.hpp"
#include "winnow/documents/documents.hpp"

#include <cstddef>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>

namespace winnow::cli {

namespace {

using nlohmann::json;

const Kind kTenantKind{.noun = "tenant",
                       .path = "/admin/v1/tenants",
                       .lists = "winnow tenant list",
                       .has_names = true,
                       .name = "service_code"};
const Kind kErasureKind{.noun = "erasure",
                        .path = "/admin/v1/erasures",
                        .lists = "winnow tenant erasures",
                        .has_names = true,
                        .name = "service_code"};

struct Arguments {
    Connection connection;
    std::string tenant, reason, name;
    std::size_t days = 30;
    bool waives = false;
};

/// The answer to a POST below the tenant that is named.
json tell(Arguments& arguments, const std::string& what, const json& body, Typed typed)
{
    complete(arguments.connection, As::provider);
    const auto id = find_id(arguments.connection, kTenantKind, arguments.tenant);
    return call_or_fail(arguments.connection, {.method = "POST",
                                               .path = kTenantKind.path + '/' + id + '/' + what,
                                               .body = body.dump(),
                                               .typed = std::move(typed),
                                               .missing = no_such(kTenantKind, arguments.tenant)})
        .json();
}

int close(Arguments& arguments)
{
    const auto tenant = tell(arguments, "close", {{"reason", arguments.reason}, {"export_days", arguments.days}},
                             {{"/reason", "--reason"}, {"/export_days", "--export-days"}});
    if (arguments.connection.json) {
        std::cout << json_text(tenant) << '\n';
    } else {
        std::cout << "tenant " << tenant.at("service_code").get<std::string>()
                  << " is closing: only its admins get in, and nothing is taken in; they may export what it owns until "
                  << tenant.at("export_until").get<std::string>() << '\n';
    }
    return 0;
}

int cancel_close(Arguments& arguments)
{
    const auto tenant = tell(arguments, "cancel-close", {{"reason", arguments.reason}}, {{"/reason", "--reason"}});
    if (arguments.connection.json) {
        std::cout << json_text(tenant) << '\n';
    } else {
        std::cout << "tenant " << tenant.at("service_code").get<std::string>() << " is active again\n";
    }
    return 0;
}

int erase(Arguments& arguments)
{
    const auto erasure =
        tell(arguments, "erase",
             {{"name", arguments.name}, {"reason", arguments.reason}, {"waive_export_window", arguments.waives}},
             {{"/name", "--name"}, {"/reason", "--reason"}, {"/waive_export_window", "--waive-export-window"}});
    if (arguments.connection.json) {
        std::cout << json_text(erasure) << '\n';
    } else {
        std::cout << "tenant " << erasure.at("service_code").get<std::string>() << " is being erased, from "
                  << erasure.at("begins_at").get<std::string>()
                  << " on: winnow tenant erasures shows how far that is\n";
    }
    return 0;
}

json all_erasures(const Connection& connection)
{
    auto all = json::array();
    std::string cursor;
    for (;;) {
        const auto page = call_or_fail(connection, {.path = "/admin/v1/erasures?limit=500" + cursor}).json();
        all.insert(all.end(), page.at("items").begin(), page.at("items").end());
        if (page.at("next_cursor").is_null()) return all;
        cursor = "&cursor=" + url_encode(page.at("next_cursor"));
    }
}

/// "rows journal, 12 of 130".
std::string step_of(const json& erasure)
{
    const auto& step = erasure.at("step");
    if (step.is_null()) return "-";
    auto text = step.at("stage").get<std::string>();
    if (const auto relation = step.at("relation").get<std::string>(); !relation.empty()) text += ' ' + relation;
    return text + ", " + step.at("done").dump() + " of " + step.at("all").dump();
}

int list(Connection& connection)
{
    complete(connection, As::provider);
    const auto all = all_erasures(connection);
    if (connection.json) {
        std::cout << json_text(json{{"items", all}}) << '\n';
        return 0;
    }
    Table table({"SERVICE CODE", "STATE", "STEP", "ASKED", "FINISHED", "ID", "NAME"});
    for (const auto& erasure : all) {
        const auto& finished = erasure.at("finished_at");
        table.add({erasure.at("service_code"), erasure.at("state"), step_of(erasure), erasure.at("asked_at"),
                   finished.is_string() ? finished.get<std::string>() : "-", erasure.at("id"), erasure.at("name")});
    }
    table.print(std::cout, standard_output_takes_colour());
    return 0;
}

/// Byte for byte as it was signed: it is what verify-certificate takes.
int certificate(Arguments& arguments)
{
    complete(arguments.connection, As::provider);
    const auto id = find_id(arguments.connection, kErasureKind, arguments.tenant);
    std::cout << call_or_fail(arguments.connection, {.path = kErasureKind.path + '/' + id + "/certificate",
                                                     .missing = no_such(kErasureKind, arguments.tenant)})
                     .body;
    return 0;
}

struct VerifyArguments {
    std::string file, key_file;
    bool json = false;
};

/// Throws std::runtime_error where it cannot be read.
std::string content_of(const std::string& path)
{
    if (const auto why = documents::why_unreadable(path); !why.empty()) {
        throw std::runtime_error(path + " cannot be read: " + why);
    }
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// What the certificate says; nullopt: its signature is not of any of the keys.
std::optional<json> verified(const VerifyArguments& arguments)
{
    const auto certificate = audit::read_certificate_file(content_of(arguments.file));
    if (!certificate) throw std::runtime_error(arguments.file + ": " + certificate.error().message());
    try {
        const crypto::VerifyingKeys keys(content_of(arguments.key_file));
        const auto text = audit::certificate_text(certificate->body);
        if (!keys.verify(certificate->key_id, text, certificate->signature)) return std::nullopt;
    } catch (const std::invalid_argument& wrong) {
        throw std::runtime_error(arguments.key_file + " " + wrong.what());
    }
    return json::parse(certificate->body);
}

void print(const json& certificate)
{
    std::int64_t rows = 0;
    std::int64_t left = 0;
    for (const auto& table : certificate.at("tables")) {
        rows += table.at("rows").get<std::int64_t>();
        left += table.at("pages_left").get<std::int64_t>();
    }
    std::cout << "genuine: tenant " << for_terminal(certificate.at("service_code").get<std::string>()) << " ("
              << certificate.at("tenant").get<std::string>() << ") was erased\nasked for at "
              << certificate.at("asked").at("at").get<std::string>() << " by "
              << for_terminal(certificate.at("asked").at("by").get<std::string>()) << ", finished at "
              << certificate.at("finished_at").get<std::string>() << '\n'
              << rows << " rows of " << certificate.at("tables").size() << " tables; none is left\n";
    const auto& keys = certificate.at("keys_destroyed");
    std::cout << (keys.is_null() ? "no keys of its own\n"
                                 : std::to_string(keys.size()) + " versions of its key destroyed\n");
    if (left > 0) {
        std::cout << left << " files were too large to be written anew: their free space is reused by and by\n";
    }
    std::cout << "backups that hold any of it are gone by " << certificate.at("backups_until").get<std::string>()
              << '\n';
}

int verify(const VerifyArguments& arguments)
{
    const auto certificate = verified(arguments);
    if (arguments.json) {
        std::cout << json_text(json{{"genuine", certificate.has_value()},
                                    {"certificate", certificate ? *certificate : json(nullptr)}})
                  << '\n';
    } else if (certificate) {
        print(*certificate);
    } else {
        std::cout << "not genuine: no key in " << for_terminal(arguments.key_file) << " has signed this\n";
    }
    return certificate ? 0 : 1;
}

/// A command about one tenant, with its options but for those that `more` adds.
template <typename More>
void add(Syntax& group, Command& chosen, const char* name, const char* help, const char* example,
         int (*run)(Arguments&), More more)
{
    auto* command = group.add_subcommand(name, help);
    auto arguments = std::make_shared<Arguments>();
    arguments->connection.add_options(*command);
    command->add_option("TENANT", arguments->tenant, "Its service code, or its id")->required();
    more(*command, *arguments);
    command->footer(std::string("Example:\n  ") + example);
    command->callback([&chosen, arguments, run] {
        chosen = [arguments, run] {
            return run(*arguments);
        };
    });
}

void add_reason(Syntax& command, Arguments& arguments)
{
    command.add_option("--reason", arguments.reason, "Why, in 10 characters or more; it stands in the audit log")
        ->required();
}

void add_erasures(Syntax& group, Command& chosen)
{
    auto* command = group.add_subcommand("erasures", "List what was erased, and how far what is being erased is");
    auto connection = std::make_shared<Connection>();
    connection->add_options(*command);
    command->footer("Example:\n  winnow tenant erasures");
    command->callback([&chosen, connection] {
        chosen = [connection] {
            return list(*connection);
        };
    });
}

void add_verify(Syntax& group, Command& chosen)
{
    auto* command = group.add_subcommand("verify-certificate",
                                         "Say whether a certificate of deletion is genuine, without a server");
    auto arguments = std::make_shared<VerifyArguments>();
    command->add_option("FILE", arguments->file, "As `winnow tenant certificate` has written it")->required();
    command->add_option("--public-key", arguments->key_file, "The public keys of those who may have signed it, PEM")
        ->required();
    command->add_flag("--json", arguments->json, "The verdict as JSON");
    command->footer("Example:\n  winnow tenant verify-certificate acme01.json --public-key audit-signing.pub");
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            return verify(*arguments);
        };
    });
}

}  // namespace

void add_tenant_end_commands(Syntax& tenant, Command& chosen)
{
    add(tenant, chosen, "close", "Let only a tenant's admins in, so that they take along what it owns",
        "winnow tenant close acme01 --reason 'the contract ends' --export-days 30", close,
        [](Syntax& command, Arguments& arguments) {
            add_reason(command, arguments);
            command.add_option("--export-days", arguments.days, "For how long they may")
                ->range(0, 366)
                ->capture_default_str();
        });
    add(tenant, chosen, "cancel-close", "Let a tenant that is closing work again",
        "winnow tenant cancel-close acme01 --reason 'the contract goes on'", cancel_close, add_reason);
    add(tenant, chosen, "erase", "Erase a tenant that is closing, for good",
        "winnow tenant erase acme01 --name 'Acme Ltd' --reason 'asked for in writing'", erase,
        [](Syntax& command, Arguments& arguments) {
            command.add_option("--name", arguments.name, "The company's name, once more")->required();
            add_reason(command, arguments);
            command.add_flag("--waive-export-window", arguments.waives, "Its admins need no more time");
        });
    add_erasures(tenant, chosen);
    add(tenant, chosen, "certificate", "Write the certificate of a tenant's deletion",
        "winnow tenant certificate acme01 > acme01.json", certificate, [](Syntax&, Arguments&) {});
    add_verify(tenant, chosen);
}

}  // namespace winnow::cli
