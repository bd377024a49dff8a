/// @file
/// winnow import: what `winnow export` has written, into a tenant that has nothing yet.

#include "cli/commands.hpp"
#include "cli/rest/named_items.hpp"
#include "cli/rest/rest_client.hpp"
#include "cli/shown/shown.hpp"
#include "cli/shown/table.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/documents/documents.hpp"

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>

namespace winnow::cli {

namespace {

using nlohmann::json;

const Kind kImportKind{.noun = "import", .path = "/api/v1/imports", .lists = "winnow import list"};

constexpr std::size_t kPartBytes = std::size_t{512} << 10U;

struct Arguments {
    Connection connection;
    std::string id, file, service_code, resume;
};

std::string path_of(const std::string& id)
{
    return kImportKind.path + "/" + id;
}

/// Of a new one, unless the tenant has something already: then it is not left behind.
json begun(const Arguments& arguments)
{
    auto body = json::object();
    if (!arguments.service_code.empty()) body["service_code"] = arguments.service_code;
    const auto made = call_or_fail(arguments.connection, {.method = "POST",
                                                          .path = kImportKind.path,
                                                          .body = body.dump(),
                                                          .typed = {{"/service_code", "--service-code"}}})
                          .json();
    const auto in_the_way = made.at("in_the_way").get<std::string>();
    if (in_the_way.empty()) return made;
    (void)call_or_fail(arguments.connection, {.method = "DELETE", .path = path_of(made.at("id").get<std::string>())});
    throw std::runtime_error("an archive is imported into an empty tenant only, and this one has " + in_the_way +
                             ": ask your provider for a new one");
}

/// The archive's parts from that one on.
void send_parts(const Arguments& arguments, const std::string& id, std::int64_t number)
{
    std::ifstream file(arguments.file, std::ios::binary);
    file.seekg(static_cast<std::streamoff>(number) * static_cast<std::streamoff>(kPartBytes));
    std::string part(kPartBytes, '\0');
    while (true) {
        file.read(part.data(), static_cast<std::streamsize>(kPartBytes));
        const auto bytes = static_cast<std::size_t>(file.gcount());
        if (bytes == 0) break;
        const json body{{"number", number}, {"bytes", crypto::to_base64(std::string_view(part).substr(0, bytes))}};
        (void)call_patiently(arguments.connection,
                             {.method = "POST", .path = path_of(id) + "/parts", .body = body.dump()});
        ++number;
    }
    if (file.bad()) throw std::runtime_error(arguments.file + " cannot be read to its end");
}

int start(Arguments& arguments)
{
    if (const auto why = documents::why_unreadable(arguments.file); !why.empty()) {
        throw std::runtime_error(arguments.file + " cannot be read: " + why);
    }
    complete(arguments.connection, As::admin);
    const auto import =
        arguments.resume.empty()
            ? begun(arguments)
            : call_or_fail(arguments.connection,
                           {.path = path_of(find_id(arguments.connection, kImportKind, arguments.resume)),
                            .missing = no_such(kImportKind, arguments.resume)})
                  .json();
    const auto id = import.at("id").get<std::string>();
    try {
        send_parts(arguments, id, import.at("parts").get<std::int64_t>());
    } catch (const std::exception&) {
        std::cerr << "what was sent so far is kept for 2 days: winnow import start " << arguments.file << " --resume "
                  << id << '\n';
        throw;
    }
    const auto queued = call_or_fail(arguments.connection, {.method = "POST", .path = path_of(id) + "/start"}).json();
    if (arguments.connection.json) {
        std::cout << json_text(queued) << '\n';
    } else {
        std::cout << "import " << id << " is queued; how far it is: winnow import show " << id << '\n';
    }
    return 0;
}

int list(Arguments& arguments)
{
    complete(arguments.connection, As::admin);
    const auto page = call_or_fail(arguments.connection, {.path = kImportKind.path + "?limit=100"}).json();
    if (arguments.connection.json) {
        std::cout << json_text(page) << '\n';
        return 0;
    }
    Table table({"STATE", "CREATED", "PARTS", "BYTES", "ROWS", "OF", "FAULTS", "ID"});
    for (const auto& item : page.at("items")) {
        table.add({item.at("state"), item.at("created_at"), item.at("parts").dump(), item.at("bytes").dump(),
                   item.at("rows_done").dump(), item.at("rows_total").dump(), std::to_string(item.at("faults").size()),
                   item.at("id")});
    }
    table.print(std::cout, standard_output_takes_colour());
    return 0;
}

int show(Arguments& arguments)
{
    complete(arguments.connection, As::admin);
    const auto id = find_id(arguments.connection, kImportKind, arguments.id);
    const auto import =
        call_or_fail(arguments.connection, {.path = path_of(id), .missing = no_such(kImportKind, id)}).json();
    const bool has_failed = import.at("state") == "failed";
    if (arguments.connection.json) {
        std::cout << json_text(import) << '\n';
        return has_failed ? 1 : 0;
    }
    Table summary({"STATE", "ROWS", "OF"});
    summary.add({import.at("state"), import.at("rows_done").dump(), import.at("rows_total").dump()});
    summary.print(std::cout, standard_output_takes_colour());
    if (!has_failed) return 0;
    Table table({"FILE", "LINE", "FIELD", "WHAT IS WRONG"});
    if (import.at("faults").empty()) table.add({"", "", "", import.at("error")});
    for (const auto& fault : import.at("faults")) {
        const auto line = fault.at("line").get<std::int64_t>();
        table.add({fault.at("file"), line == 0 ? std::string() : std::to_string(line), fault.at("field"),
                   fault.at("detail")});
    }
    table.print(std::cout, standard_output_takes_colour());
    return 1;
}

int remove(Arguments& arguments)
{
    complete(arguments.connection, As::admin);
    const auto id = find_id(arguments.connection, kImportKind, arguments.id);
    (void)call_or_fail(arguments.connection,
                       {.method = "DELETE", .path = path_of(id), .missing = no_such(kImportKind, id)});
    if (!arguments.connection.json) std::cerr << "import " << id << " is deleted; what it has imported stays\n";
    return 0;
}

enum class Takes { nothing, id, file };

void add(Syntax& group, Command& chosen, const char* name, const char* help, const char* example,
         int (*run)(Arguments&), Takes takes)
{
    auto* command = group.add_subcommand(name, help);
    auto arguments = std::make_shared<Arguments>();
    arguments->connection.add_options(*command);
    if (takes == Takes::id) command->add_option("ID", arguments->id, "The import's id")->required();
    if (takes == Takes::file) {
        command->add_option("FILE", arguments->file, "As `winnow export get` has written it")->required();
        command->add_option("--service-code", arguments->service_code,
                            "Of the tenant whose export it is to be; another one's is refused");
        command->add_option("--resume", arguments->resume, "The id of an import whose upload was broken off");
    }
    command->footer(std::string("Example:\n  ") + example);
    command->callback([&chosen, arguments, run] {
        chosen = [arguments, run] {
            return run(*arguments);
        };
    });
}

}  // namespace

void add_import_commands(Syntax& root, Command& chosen)
{
    auto* group = root.add_subcommand("import", "What an export holds, into a tenant that has nothing yet");
    group->require_subcommand();
    add(*group, chosen, "start", "Upload an archive and import it", "winnow import start acme.tar.zst", start,
        Takes::file);
    add(*group, chosen, "list", "List imports, the newest first", "winnow import list", list, Takes::nothing);
    add(*group, chosen, "show", "Say how far an import is, and what of its archive is wrong",
        "winnow import show 0199c0de-0000-7000-8000-000000000001", show, Takes::id);
    add(*group, chosen, "delete", "Give up an import, or forget one that has ended",
        "winnow import delete 0199c0de-0000-7000-8000-000000000001", remove, Takes::id);
}

}  // namespace winnow::cli
