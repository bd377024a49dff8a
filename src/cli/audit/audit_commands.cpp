/// @file
/// winnow audit: who did what, and whether the log is as it was written.

#include "cli/commands.hpp"
#include "cli/rest/download.hpp"
#include "cli/rest/rest_client.hpp"
#include "cli/shown/shown.hpp"
#include "cli/shown/table.hpp"
#include "winnow/audit/export_lines.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/crypto/signature.hpp"
#include "winnow/documents/documents.hpp"

#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace winnow::cli {

namespace {

using nlohmann::json;

constexpr auto kExport = "/api/v1/audit-log/export";
constexpr auto kProviderExport = "/admin/v1/audit-log/export";

struct ListArguments {
    Connection connection;
    std::string from, until, actor, act, object;
    std::size_t limit = 50;
    bool provider = false;
};

std::string text_or(const json& value, const std::string& otherwise)
{
    return value.is_string() ? value.get<std::string>() : otherwise;
}

/// A tenant's log is asked for with a key of the tenant's: the provider has a log of its own.
void complete_for(Connection& connection, bool of_provider)
{
    complete(connection, of_provider ? As::provider : As::admin);
    if (of_provider || !connection.key.starts_with("wnp_")) return;
    throw std::runtime_error(
        "this is the provider's key (wnp_...), which reads the provider's own log: say --provider");
}

int list(ListArguments& arguments)
{
    complete_for(arguments.connection, arguments.provider);
    std::string path = arguments.provider ? "/admin/v1/audit-log" : "/api/v1/audit-log";
    path += "?limit=" + std::to_string(arguments.limit);
    const auto add = [&](const char* name, const std::string& value) {
        if (!value.empty()) path += "&" + std::string(name) + "=" + url_encode(value);
    };
    add("from", arguments.from);
    add("to", arguments.until);
    add("actor", arguments.actor);
    add("act", arguments.act);
    add("on", arguments.object);
    const auto page = call_or_fail(arguments.connection, {.path = path,
                                                          .typed = {{"from", "--from"},
                                                                    {"to", "--until"},
                                                                    {"actor", "--actor"},
                                                                    {"act", "--act"},
                                                                    {"on", "--on"},
                                                                    {"limit", "--limit"}}})
                          .json();
    if (arguments.connection.json) {
        std::cout << json_text(page) << '\n';
        return 0;
    }
    Table table({"SEQ", "AT", "ACT", "ON", "BY"});
    for (const auto& record : page.at("items")) {
        const auto& detail = record.at("detail");
        const auto actor = text_or(record.at("actor"), "?");
        // Who it was comes first: a name is what its user made of it.
        const auto name = detail.is_object() ? text_or(detail.value("name", json()), "") : "";
        table.add({record.at("seq").dump(), record.at("at"), text_or(record.at("act"), "?"),
                   text_or(record.at("on"), "?"), name.empty() ? actor : actor + " (" + name + ")"});
    }
    table.print(std::cout, standard_output_takes_colour());
    return 0;
}

/// Where all of the log is had as lines: the tenant's, or the provider's own.
Call export_of(Connection& connection, bool of_provider)
{
    complete_for(connection, of_provider);
    return {.path = of_provider ? kProviderExport : kExport};
}

std::string exported(Connection& connection, bool of_provider)
{
    auto what = export_of(connection, of_provider);
    std::string lines;
    what.to = [&lines](std::string_view piece) {
        lines += piece;
        return true;
    };
    static_cast<void>(call_or_fail(connection, what));
    return lines;
}

struct ExportArguments {
    Connection connection;
    bool provider = false;
};

int export_log(ExportArguments& arguments)
{
    auto what = export_of(arguments.connection, arguments.provider);
    print_answer(arguments.connection, std::move(what));
    return 0;
}

struct RedactArguments {
    Connection connection;
    std::vector<std::string> seqs;
    std::string reason;
};

int redact(RedactArguments& arguments)
{
    complete(arguments.connection, As::admin);
    auto seqs = json::array();
    for (const auto& text : arguments.seqs) {
        const auto number = json::parse(text, nullptr, /*allow_exceptions=*/false);
        if (!number.is_number_unsigned()) throw WrongUsage("SEQ must be a record's number, as the list shows it");
        seqs.push_back(number);
    }
    const json body{{"seqs", seqs}, {"reason", arguments.reason}};
    const auto answer = call_or_fail(arguments.connection, {.method = "POST",
                                                            .path = "/api/v1/audit-log/redactions",
                                                            .body = body.dump(),
                                                            .typed = {{"/seqs", "SEQ"}, {"/reason", "--reason"}}})
                            .json();
    if (arguments.connection.json) {
        std::cout << json_text(answer) << '\n';
    } else {
        std::cout << answer.at("emptied") << " emptied\n";
    }
    return 0;
}

struct VerifyArguments {
    Connection connection;
    std::string file, key_file;
    bool provider = false;
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

audit::Verifier::CheckSignature check_by(const std::string& key_file)
{
    if (key_file.empty()) {
        std::cerr << "winnow: without --public-key nobody knows whether the signed heads are genuine\n";
        return {};
    }
    try {
        const auto keys = std::make_shared<const crypto::VerifyingKeys>(content_of(key_file));
        return [keys](std::string_view id, std::string_view text, std::string_view signature) {
            return keys->verify(std::string(id), text, signature);
        };
    } catch (const std::invalid_argument& wrong) {
        throw std::runtime_error(key_file + " " + wrong.what());
    }
}

json verdict_json(const audit::Verdict& verdict, const Uuid& tenant)
{
    json shown{{"tenant_id", tenant.str()},
               {"first", verdict.first},
               {"last", verdict.last},
               {"signed_up_to", verdict.last_anchored},
               {"emptied_details", verdict.emptied},
               {"good", !verdict.finding}};
    if (verdict.finding) {
        shown["fault"] = to_string(verdict.finding->fault);
        shown["first_bad"] = verdict.finding->seq;
        shown["until"] = verdict.finding->until;
    }
    return shown;
}

void print(const audit::Verdict& verdict)
{
    if (const auto& finding = verdict.finding) {
        std::cout << "first bad record: " << finding->seq << " (" << to_string(finding->fault) << ")";
        if (finding->until > finding->seq) std::cout << ", somewhere up to " << finding->until;
        std::cout << '\n';
        return;
    }
    if (verdict.last == 0) {
        std::cout << "no records\n";
        return;
    }
    std::cout << "records " << verdict.first << " to " << verdict.last << " are as they were written; signed up to "
              << verdict.last_anchored << '\n';
    if (verdict.emptied > 0) std::cout << verdict.emptied << " of them without details, which were emptied\n";
}

int verify(VerifyArguments& arguments)
{
    // A file needs no server, and no key of one.
    const bool is_offline = !arguments.file.empty();
    const auto& given = arguments.key_file;
    audit::ExportReader reader(crypto::sha256,
                               check_by(given.empty() && is_offline ? arguments.connection.key : given));
    const auto read_all = [&](std::istream& lines) {
        for (std::string line; std::getline(lines, line);) {
            if (const auto read = reader.read(line); !read) throw std::runtime_error(read.error().message());
        }
    };
    if (!is_offline) {
        std::istringstream lines(exported(arguments.connection, arguments.provider));
        read_all(lines);
    } else {
        if (const auto why = documents::why_unreadable(arguments.file); !why.empty()) {
            throw std::runtime_error(arguments.file + " cannot be read: " + why);
        }
        std::ifstream lines(arguments.file, std::ios::binary);
        read_all(lines);
    }
    const auto verdict = reader.finish();
    if (!verdict) throw std::runtime_error(verdict.error().message());
    if (arguments.connection.json) {
        std::cout << json_text(verdict_json(*verdict, reader.tenant())) << '\n';
    } else {
        print(*verdict);
    }
    return verdict->finding ? 1 : 0;
}

void add_list(Syntax& group, Command& chosen)
{
    auto* command = group.add_subcommand("list", "What was done, the newest first");
    auto arguments = std::make_shared<ListArguments>();
    arguments->connection.add_options(*command);
    command->add_option("--from", arguments->from, "From this instant on")->time();
    command->add_option("--until", arguments->until, "Before this instant")->time();
    command->add_option("--actor", arguments->actor, "Who: user:ID, integration:ID, provider");
    command->add_option("--act", arguments->act, "What, such as rule.change");
    command->add_option("--on", arguments->object, "To what, such as rule:ID");
    command->add_option("--limit", arguments->limit, "How many at most")->range(1, 500)->capture_default_str();
    command->add_flag("--provider", arguments->provider, "The provider's own acts (management listener)");
    command->footer("Example:\n  winnow audit list --act user.create --from 2026-11-01T00:00:00Z");
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            return list(*arguments);
        };
    });
}

void add_export(Syntax& group, Command& chosen)
{
    auto* command = group.add_subcommand("export", "All of the log as lines of JSON, to be kept and verified");
    auto arguments = std::make_shared<ExportArguments>();
    arguments->connection.add_options(*command);
    command->add_flag("--provider", arguments->provider, "The provider's own log (management listener)");
    command->footer("Example:\n  winnow audit export > audit.ndjson");
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            return export_log(*arguments);
        };
    });
}

void add_verify(Syntax& group, Command& chosen)
{
    auto* command = group.add_subcommand("verify", "Whether the log is as it was written; exit status 1 if not");
    auto arguments = std::make_shared<VerifyArguments>();
    arguments->connection.add_options(*command);
    command->add_option("--export", arguments->file, "An export, instead of asking the server");
    command->add_flag("--provider", arguments->provider, "The provider's own log (management listener)");
    command->add_option("--public-key", arguments->key_file,
                        "The public keys of those who signed heads, PEM; with --export it may be --key as well");
    command->footer("Example:\n  winnow audit verify --export audit.ndjson --key audit-signing.pub");
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            return verify(*arguments);
        };
    });
}

void add_redact(Syntax& group, Command& chosen)
{
    auto* command = group.add_subcommand("redact", "Empty the details of records: names, addresses, values");
    auto arguments = std::make_shared<RedactArguments>();
    arguments->connection.add_options(*command);
    command->add_option("SEQ", arguments->seqs, "The records' numbers, at most 50")->required();
    command->add_option("--reason", arguments->reason, "Why; it stands in the log")->required();
    command->footer("Example:\n  winnow audit redact 17 18 --reason 'erasure asked for by the person'");
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            return redact(*arguments);
        };
    });
}

}  // namespace

void add_audit_commands(Syntax& root, Command& chosen)
{
    auto* group = root.add_subcommand("audit", "Who did what, and whether the log of it is as it was written");
    group->require_subcommand();
    add_list(*group, chosen);
    add_export(*group, chosen);
    add_verify(*group, chosen);
    add_redact(*group, chosen);
}

}  // namespace winnow::cli
