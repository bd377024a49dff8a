/// @file
/// winnow export: all that the tenant owns, as one archive.

#include "cli/commands.hpp"
#include "cli/exports/export_verify.hpp"
#include "cli/rest/collection_commands.hpp"
#include "cli/rest/download.hpp"
#include "cli/rest/named_items.hpp"
#include "cli/rest/rest_client.hpp"
#include "cli/shown/shown.hpp"
#include "cli/shown/table.hpp"
#include "winnow/documents/documents.hpp"

#include <fstream>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>

namespace winnow::cli {

namespace {

using nlohmann::json;

const Kind kExportKind{.noun = "export", .path = "/api/v1/exports", .lists = "winnow export list"};

struct Arguments {
    Connection connection;
    std::string id, output;
};

int create(Arguments& arguments)
{
    complete(arguments.connection, As::admin);
    const auto made = call_or_fail(arguments.connection,
                                   {.method = "POST",
                                    .path = kExportKind.path,
                                    .body = "{}",
                                    .instead = "winnow export list shows it, winnow export delete ID deletes it"})
                          .json();
    if (arguments.connection.json) {
        std::cout << json_text(made) << '\n';
    } else {
        const auto id = made.at("id").get<std::string>();
        std::cout << "export " << id << " is queued; once it is ready: winnow export get " << id
                  << " --output FILE.tar.zst\n";
    }
    return 0;
}

int list(Arguments& arguments)
{
    complete(arguments.connection, As::admin);
    const auto page = call_or_fail(arguments.connection, {.path = kExportKind.path + "?limit=100"}).json();
    if (arguments.connection.json) {
        std::cout << json_text(page) << '\n';
        return 0;
    }
    Table table({"STATE", "CREATED", "EXPIRES", "FILES", "ROWS", "BYTES", "ID"});
    for (const auto& item : page.at("items")) {
        const auto& expires = item.at("expires_at");
        table.add({item.at("state"), item.at("created_at"), expires.is_null() ? "" : expires.get<std::string>(),
                   item.at("files").dump(), item.at("rows").dump(), item.at("bytes").dump(), item.at("id")});
    }
    table.print(std::cout, standard_output_takes_colour());
    return 0;
}

int get(Arguments& arguments)
{
    complete(arguments.connection, As::admin);
    const auto id = find_id(arguments.connection, kExportKind, arguments.id);
    const auto bytes = download(arguments.connection,
                                {.path = kExportKind.path + "/" + id + "/content",
                                 .missing = no_such(kExportKind, id),
                                 .instead = "winnow export list shows which exports are ready, and until when"},
                                arguments.output);
    std::cerr << arguments.output << ": " << bytes << " bytes; tar --zstd -xf reads it\n";
    return 0;
}

struct VerifyArguments {
    std::string file;
    bool json = false;
};

int verify(const VerifyArguments& arguments)
{
    if (const auto why = documents::why_unreadable(arguments.file); !why.empty()) {
        throw std::runtime_error(arguments.file + " cannot be read: " + why);
    }
    std::ifstream file(arguments.file, std::ios::binary);
    const auto verdict = verify_export(file);
    if (arguments.json) {
        std::cout << json_text(to_json(verdict)) << '\n';
    } else if (verdict.faults.empty()) {
        std::cout << "whole: " << verdict.files << " files with " << verdict.rows << " rows of tenant "
                  << verdict.tenant << ", as of " << verdict.taken_at << '\n';
    } else {
        for (const auto& fault : verdict.faults) std::cout << fault << '\n';
    }
    return verdict.faults.empty() ? 0 : 1;
}

void add_verify(Syntax& group, Command& chosen)
{
    auto* command = group.add_subcommand("verify", "Say whether an export is whole, without a server");
    auto arguments = std::make_shared<VerifyArguments>();
    command->add_option("FILE", arguments->file, "As `winnow export get` has written it")->required();
    command->add_flag("--json", arguments->json, "The verdict as JSON");
    command->footer("Example:\n  winnow export verify acme.tar.zst");
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            return verify(*arguments);
        };
    });
}

void add(Syntax& group, Command& chosen, const char* name, const char* help, const char* example,
         int (*run)(Arguments&), bool gets)
{
    auto* command = group.add_subcommand(name, help);
    auto arguments = std::make_shared<Arguments>();
    arguments->connection.add_options(*command);
    if (gets) {
        command->add_option("ID", arguments->id, "The export's id")->required();
        command->add_option("--output", arguments->output, "The file that is written, for you alone to read")
            ->required();
    }
    command->footer(std::string("Example:\n  ") + example);
    command->callback([&chosen, arguments, run] {
        chosen = [arguments, run] {
            return run(*arguments);
        };
    });
}

}  // namespace

void add_export_commands(Syntax& root, Command& chosen)
{
    auto* group = root.add_subcommand("export", "All that the tenant owns, as one archive");
    group->require_subcommand();
    add(*group, chosen, "create", "Ask for an export", "winnow export create", create, false);
    add(*group, chosen, "list", "List exports, the newest first", "winnow export list", list, false);
    add(*group, chosen, "get", "Download an export that is ready",
        "winnow export get 0199c0de-0000-7000-8000-000000000001 --output acme.tar.zst", get, true);
    add_delete_command(*group, chosen,
                       {.name = "delete",
                        .description = "Delete exports, also one that is still being made",
                        .kind = kExportKind,
                        .done = "is deleted",
                        .example = "winnow export delete 0199c0de-0000-7000-8000-000000000001"});
    add_verify(*group, chosen);
}

}  // namespace winnow::cli
