#include "cli/rest/collection_commands.hpp"

#include "cli/shown/shown.hpp"
#include "cli/shown/table.hpp"
#include "winnow/cli/terminal_text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iostream>
#include <memory>
#include <utility>

namespace winnow::cli {

namespace {

using nlohmann::json;

struct ListArguments {
    ListCommand list;
    Connection connection;
    std::string state;
    std::size_t limit = 50;
};

int print_list(ListArguments& arguments)
{
    complete(arguments.connection, As::admin);
    auto path = arguments.list.path + "?limit=" + std::to_string(arguments.limit);
    if (!arguments.state.empty()) path += "&state=" + url_encode(arguments.state);
    const auto page = call_or_fail(arguments.connection, {.path = path}).json();
    if (arguments.connection.json) {
        std::cout << json_text(page) << '\n';
        return 0;
    }
    Table table(arguments.list.head);
    for (const auto& item : page.at("items")) table.add(arguments.list.row(item));
    table.print(std::cout, standard_output_takes_colour());
    if (!page.at("next_cursor").is_null()) std::cerr << "(there are more: raise --limit, or narrow the list)\n";
    return 0;
}

struct DeleteArguments {
    DeleteCommand what;
    Connection connection;
    std::vector<std::string> ids;
};

int delete_each(DeleteArguments& arguments)
{
    complete(arguments.connection, As::admin);
    const auto& kind = arguments.what.kind;
    std::vector<Call> calls;
    for (const auto& word : arguments.ids) {
        const auto id = find_id(arguments.connection, kind, word);
        calls.push_back({.method = "DELETE", .path = kind.path + '/' + id, .missing = no_such(kind, word)});
    }
    for (std::size_t i = 0; i < calls.size(); ++i) {
        static_cast<void>(call_or_fail(arguments.connection, calls[i]));
        if (!arguments.connection.json) std::cout << arguments.ids[i] << ' ' << arguments.what.done << '\n';
    }
    return 0;
}

}  // namespace

void add_list_command(Syntax& group, Command& chosen, ListCommand list)
{
    auto* command = group.add_subcommand("list", list.description);
    auto arguments = std::make_shared<ListArguments>();
    arguments->list = std::move(list);
    arguments->connection.add_options(*command);
    if (!arguments->list.states.empty()) command->add_option("--state", arguments->state, arguments->list.states);
    command->add_option("--limit", arguments->limit, "How many at most")->range(1, 500)->capture_default_str();
    command->footer("Example:\n  " + arguments->list.example);
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            return print_list(*arguments);
        };
    });
}

void add_delete_command(Syntax& group, Command& chosen, DeleteCommand what)
{
    auto* command = group.add_subcommand(what.name, what.description);
    auto arguments = std::make_shared<DeleteArguments>();
    arguments->what = std::move(what);
    arguments->connection.add_options(*command);
    command->add_option("ID", arguments->ids, arguments->what.kind.has_names ? "Their ids, or names" : "Their ids")
        ->required();
    command->footer("Example:\n  " + arguments->what.example);
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            return delete_each(*arguments);
        };
    });
}

void add_everything_option(Syntax& command, bool& everything)
{
    command.add_flag("--everything", everything, "It may cover every alert: without this, that is refused");
}

std::string with_everything(std::string path, bool everything)
{
    return everything ? path + "?everything=true" : path;
}

void print_warnings(const json& saved, const Typed& typed)
{
    for (const auto& warning : saved.value("warnings", json::array())) {
        std::cerr << "warning: "
                  << for_terminal(place_of(warning.at("pointer"), typed) + warning.at("detail").get<std::string>())
                  << '\n';
    }
}

void ScopeOptions::add(Syntax& command, const std::string& before, const std::string& of_what)
{
    auto* in_cel = command.add_option("--" + before + "condition", condition, "A condition in CEL" + of_what);
    command
        .add_option("--" + before + "matchers", matchers,
                    "Alertmanager's matchers" + of_what + ": 'env=\"prod\", source=~\"db-.*\"'")
        ->excludes(in_cel);
}

void ScopeOptions::check(const std::string& before) const
{
    // Not an option group: it would be a nameless command in help and completion.
    if (!matchers.empty() || !condition.empty()) return;
    fail_required("--" + before + "matchers or --" + before + "condition");
}

void ScopeOptions::write(json& body, const std::string& before) const
{
    if (!matchers.empty()) body[before + "matchers"] = matchers;
    if (!condition.empty()) body[before + "condition"] = condition;
}

Typed ScopeOptions::typed(const std::string& before)
{
    auto flags = "--" + before;
    std::ranges::replace(flags, '_', '-');
    return {{'/' + before + "matchers", flags + "matchers"}, {'/' + before + "condition", flags + "condition"}};
}

std::string scope_of(const json& item, const std::string& before)
{
    return item.at(before + (item.at(before + "matchers").is_null() ? "condition" : "matchers"));
}

}  // namespace winnow::cli
