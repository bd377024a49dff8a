#include "cli/rules/ruleset_changes.hpp"

#include "cli/documents/yaml_document.hpp"
#include "winnow/cli/terminal_text.hpp"

#include <algorithm>
#include <array>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string_view>

namespace winnow::cli {

namespace {

using nlohmann::json;

/// Of a file of tests, and of the rule set as `rules list --json` and GET /ruleset print it: its version is none that
/// it must have, as PUT /ruleset has it, too.
constexpr std::array<std::string_view, 3> kBesideRules{"cases", "settings", "version"};

void print_names(const json& result, const char* what, char sign)
{
    for (const auto& rule : result.at(what)) {
        std::cout << sign << ' ' << for_terminal(rule.at("name").get<std::string>());
        if (const auto fields = rule.find("fields"); fields != rule.end()) {
            std::string names;
            for (const auto& field : *fields) names += (names.empty() ? "" : ", ") + field.get<std::string>();
            std::cout << " (" << names << ')';
        }
        std::cout << '\n';
    }
}

/// Rules run in the order of the list. A position that says otherwise would be passed over.
void check_order(const json& rules, const std::string& file)
{
    std::optional<double> before;
    for (const auto& rule : rules) {
        const auto position = rule.is_object() ? rule.find("position") : rule.end();
        if (!rule.is_object() || position == rule.end() || !position->is_number()) continue;
        const auto here = position->get<double>();
        if (before && here <= *before) {
            throw std::runtime_error(file + ": rules run in the order in which they stand, and the position " +
                                     position->dump() + " of \"" + rule.value("name", "") +
                                     "\" says otherwise: move the rule, and leave \"position\" out");
        }
        before = here;
    }
}

}  // namespace

json rules_of(json document, const std::string& file)
{
    if (document.is_object() && document.contains("rules")) {
        for (const auto& [name, member] : document.items()) {
            if (name == "rules" || std::ranges::find(kBesideRules, name) != kBesideRules.end()) continue;
            throw std::runtime_error(file + ": \"" + name + "\" beside \"rules\" means nothing" +
                                     (name == "comment" ? "; give --comment" : ""));
        }
        document = json(document["rules"]);
    }
    if (!document.is_array()) throw std::runtime_error(file + ": must be a list of rules, or {rules: […]}");
    check_order(document, file);
    return document;
}

json read_rules(const std::string& file)
{
    return rules_of(read_document(file), file);
}

void print_changes(const json& result)
{
    print_names(result, "created", '+');
    print_names(result, "updated", '~');
    print_names(result, "deleted", '-');
    std::cout << result.at("unchanged").size() << " unchanged"
              << (result.value("reordered", false) ? ", new order" : "")
              << (result.value("dry_run", false) ? " (nothing was applied)" : "") << '\n';
}

void print_findings(const json& findings)
{
    for (const auto& finding : findings) {
        std::cout << finding.at("severity").get<std::string>() << ": "
                  << for_terminal(finding.at("rule_name").get<std::string>());
        if (const auto& at = finding.at("position"); !at.is_null()) {
            std::cout << ", " << at.at("line") << ':' << at.at("column");
        }
        std::cout << ": " << for_terminal(finding.at("message").get<std::string>()) << '\n';
    }
}

}  // namespace winnow::cli
