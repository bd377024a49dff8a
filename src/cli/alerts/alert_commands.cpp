#include "cli/alerts/alert_explain.hpp"
#include "cli/commands.hpp"
#include "cli/rest/rest_client.hpp"
#include "cli/shown/shown.hpp"
#include "winnow/base/text.hpp"
#include "winnow/cli/terminal_text.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/documents/documents.hpp"
#include "winnow/domain/words.hpp"

#include <algorithm>
#include <iostream>
#include <map>
#include <memory>

namespace winnow::cli {

namespace {

using nlohmann::json;

struct SendArguments {
    Connection connection;
    std::string title, severity, status, source, service, component, group, class_name, dedup_key, description;
    std::vector<std::string> labels;
    std::string file;
    std::string idempotency_key;
};

std::string written_alert(const SendArguments& arguments)
{
    auto alert = json::object();
    const auto put = [&](const char* name, const std::string& value) {
        if (!value.empty()) alert[name] = value;
    };
    put("title", arguments.title);
    put("severity", arguments.severity);
    put("status", arguments.status);
    put("source", arguments.source);
    put("service", arguments.service);
    put("component", arguments.component);
    put("group", arguments.group);
    put("class", arguments.class_name);
    put("dedup_key", arguments.dedup_key);
    put("description", arguments.description);
    std::map<std::string, std::string> labels;
    for (const auto& label : arguments.labels) {
        if (label.empty()) continue;
        const auto equals = label.find('=');
        if (equals == std::string::npos) throw WrongUsage("--label wants NAME=VALUE, not \"" + label + "\"");
        const auto [at, fresh] = labels.emplace(label.substr(0, equals), label.substr(equals + 1));
        if (!fresh) {
            std::cerr << "warning: --label " << for_terminal(at->first) << " stands twice; the first one counts, \""
                      << for_terminal(label) << "\" was left out\n";
        }
    }
    if (!labels.empty()) alert["labels"] = labels;
    return alert.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// Whether an alert stands in each line, by the file's name or by what it holds.
bool is_ndjson(const std::string& file, const std::string& text)
{
    if (file.ends_with(".ndjson") || file.ends_with(".jsonl")) return true;
    const auto begin = text.find_first_not_of(" \t\r\n");
    if (begin == std::string::npos || text[begin] != '{') return false;
    const auto end = text.find('\n', begin);
    const auto next = end == std::string::npos ? end : text.find_first_not_of(" \t\r\n", end);
    if (next == std::string::npos || text[next] != '{') return false;
    auto line = text.substr(begin, end - begin);
    std::ranges::replace_if(line, [](char c) { return static_cast<unsigned char>(c) > 0x7F; }, '?');  // not UTF-8?
    return json::accept(line);
}

Call request_of(const SendArguments& arguments)
{
    Call request{.method = "POST", .path = "/api/v1/alerts"};
    if (arguments.file.empty()) {
        request.body = written_alert(arguments);
        for (const auto* field :
             {"title", "severity", "status", "source", "service", "component", "group", "class", "description"}) {
            request.typed.emplace_back(std::string("/") + field, std::string("--") + field);
        }
        request.typed.emplace_back("/dedup_key", "--dedup-key");
        request.typed.emplace_back("/labels", "--label");
    } else {
        request.body = documents::read_text_file(arguments.file);
        if (is_ndjson(arguments.file, request.body)) request.content_type = "application/x-ndjson";
    }
    return request;
}

/// A page must not be lost for its key, and two keys that differ must not become one.
std::string key_of_repetition(const std::string& key)
{
    if (is_valid_utf8(key)) return key;
    std::cerr << "warning: --idempotency-key is not UTF-8: the SHA-256 of its bytes is sent in its place\n";
    return "sha256-" + crypto::to_hex(crypto::sha256(key));
}

int send(SendArguments& arguments)
{
    if (arguments.title.empty() && arguments.file.empty()) {
        throw WrongUsage("an alert needs a --title (or give a --file with alerts)");
    }
    auto request = request_of(arguments);
    complete(arguments.connection, As::integration);
    // One of our own where none is given: what is sent again when it could not be said whether it was stored counts
    // once.
    constexpr std::size_t kDice = 16;
    const auto key = arguments.idempotency_key.empty() ? crypto::to_hex(crypto::random_bytes(kDice))
                                                       : key_of_repetition(arguments.idempotency_key);
    request.headers.push_back("Idempotency-Key: " + key);
    const auto answer = call_patiently(arguments.connection, request);
    const auto receipt = answer.json();
    if (arguments.connection.json) {
        std::cout << json_text(receipt) << '\n';
        return receipt.value("rejected", 0) == 0 ? 0 : 1;
    }
    const auto told = [&request](const json& about) {
        return for_terminal(place_of(about.value("pointer", ""), request.typed) + about.value("detail", "")) + '\n';
    };
    for (const auto& result : receipt.at("results")) {
        if (const auto error = result.find("error"); error != result.end()) {
            std::cerr << "refused: " << told(*error);
        } else {
            std::cout << "accepted " << result.at("alert_id").get<std::string>() << '\n';
            for (const auto& warning : result.value("warnings", json::array())) {
                std::cerr << "warning: " << told(warning);
            }
        }
    }
    if (const auto more = receipt.value("more_warnings", 0); more > 0) {
        std::cerr << "warning: " << more << " more warnings stand in the receipt " << receipt.value("receipt_id", "")
                  << " (GET /api/v1/receipts/ID)\n";
    }
    return receipt.value("rejected", 0) == 0 ? 0 : 1;
}

void add_send(Syntax& group, Command& chosen)
{
    auto* command = group.add_subcommand("send", "Send an alert, or a file of them");
    auto arguments = std::make_shared<SendArguments>();
    arguments->connection.add_options(*command);
    auto* file = command->add_option(
        "--file", arguments->file,
        "JSON: an alert, an array, or {\"alerts\":[…]}; NDJSON: an alert a line; - is standard input");
    // What a file holds is not mended by flags: with both, one of them would be passed over. An empty one is passed
    // over, too: a script whose variable is empty must not lose its alert.
    const auto field = [&](const char* name, auto& value, const std::string& description) {
        command->add_option(name, value, description, Empty::as_not_given)->excludes(file);
    };
    field("--title", arguments->title, "What happened, in a line");
    field("--severity", arguments->severity,
          domain::listed(domain::severities(), " or ") + ", or another word that senders use");
    field("--status", arguments->status,
          domain::listed(domain::alert_statuses(), " or ") + ", or another word that senders use");
    field("--source", arguments->source, "What it happened to, e.g. a host");
    field("--service", arguments->service, "The service it belongs to");
    field("--component", arguments->component, "The part of the source");
    field("--group", arguments->group, "A group of sources");
    field("--class", arguments->class_name, "The kind of trouble, e.g. disk_full");
    field("--dedup-key", arguments->dedup_key, "Alerts of one key are one ticket");
    field("--description", arguments->description, "More words");
    field("--label", arguments->labels, "NAME=VALUE; may be repeated");
    command->add_option("--idempotency-key", arguments->idempotency_key, "Sending it again changes nothing",
                        Empty::as_not_given);
    command->footer(
        "Where the server has no room at the moment (429, 503) it is sent again when the server says so, for a minute\n"
        "and a half in all.\n\n"
        "Examples:\n"
        "  winnow alert send --title 'disk 93% full' --severity critical --source db-7 --label env=prod\n"
        "  winnow alert send --title 'disk 93% full' --source db-7 --label env=prod --status resolved\n"
        "  winnow alert send --file alerts.json --json");
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            return send(*arguments);
        };
    });
}

void add_show(Syntax& group, Command& chosen)
{
    struct Arguments {
        Connection connection;
        std::string id;
        bool explain = false;
    };
    auto* command = group.add_subcommand("show", "Show an alert and what became of it");
    auto arguments = std::make_shared<Arguments>();
    arguments->connection.add_options(*command);
    command->add_option("ID", arguments->id, "The alert's id, as \"alert send\" printed it")->required();
    command->add_flag("--explain", arguments->explain, "Which rule did what, and who was told");
    command->footer("Example:\n  winnow alert show 01932d5e-77a0-8000-8010-000000010000 --explain");
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            auto request = about_alert(arguments->id);
            if (arguments->explain) request.path += "/explanation";
            complete(arguments->connection, As::admin);
            std::cout << json_text(call_or_fail(arguments->connection, request).json()) << '\n';
            return 0;
        };
    });
}

}  // namespace

void add_alert_commands(Syntax& root, Command& chosen)
{
    auto* group = root.add_subcommand("alert", "Send and look at alerts");
    group->require_subcommand();
    add_send(*group, chosen);
    add_show(*group, chosen);
    add_alert_explain(*group, chosen);
}

}  // namespace winnow::cli
