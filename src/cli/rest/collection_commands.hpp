#pragma once

/// @file
/// What the commands of a REST collection have in common: a list as a table, and members that are ended one by one.

#include "cli/rest/named_items.hpp"
#include "winnow/cli/command_line.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace winnow::cli {

struct ListCommand {
    std::string description;
    std::string path;  ///< "/api/v1/silences".
    std::vector<std::string> head;
    std::vector<std::string> (*row)(const nlohmann::json& item);  ///< As many cells as the head has.
    std::string states;  ///< What --state takes, in words; "": there is no such option.
    std::string example;
};

/// `list [--limit N] [--state STATE]`: one page, the newest first or as the server orders it.
void add_list_command(Syntax& group, Command& chosen, ListCommand list);

struct DeleteCommand {
    std::string name;  ///< "remove".
    std::string description;
    Kind kind;
    std::string done;  ///< "is removed"; stands behind the id.
    std::string example;
};

/// `name ID…`: DELETE of each, once it is known that each names something.
void add_delete_command(Syntax& group, Command& chosen, DeleteCommand what);

/// `--everything`: a scope may cover every alert.
void add_everything_option(Syntax& command, bool& everything);
/// With the query parameter that says so, where it is to.
[[nodiscard]] std::string with_everything(std::string path, bool everything);

/// What the server warns of in what was saved, to standard error.
void print_warnings(const nlohmann::json& saved, const Typed& typed);

/// "--matchers or --condition": exactly one of them, each with what stands before it ("source-").
struct ScopeOptions {
    std::string matchers, condition;

    void add(Syntax& command, const std::string& before = "", const std::string& of_what = "");
    /// Fails as wrong usage where neither is given.
    void check(const std::string& before = "") const;
    void write(nlohmann::json& body, const std::string& before = "") const;
    /// The flags, for what is refused.
    [[nodiscard]] static Typed typed(const std::string& before = "");
};

/// The scope as it was written, whichever of the two it is; `before` as the API has it ("source_").
[[nodiscard]] std::string scope_of(const nlohmann::json& item, const std::string& before = "");

}  // namespace winnow::cli
