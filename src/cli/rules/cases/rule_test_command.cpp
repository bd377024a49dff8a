/// @file
/// winnow rules test: an admin's own cases, played here, without a server.

#include "cli/commands.hpp"
#include "cli/documents/yaml_document.hpp"
#include "cli/rules/cases/rule_case_report.hpp"
#include "cli/rules/ruleset_changes.hpp"
#include "cli/shown/shown.hpp"
#include "cli/shown/table.hpp"
#include "winnow/base/text.hpp"
#include "winnow/forms/rule_documents.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <stdexcept>

namespace winnow::cli {

namespace {

constexpr int kBadFile = 2;

struct TestArguments {
    std::string file;
    std::string junit;
    bool json = false;
};

int complain(const std::string& file, const Error& error)
{
    if (error.fields().empty()) std::cerr << "winnow: " << file << ": " << error.message() << '\n';
    for (const auto& field : error.fields()) {
        std::cerr << "winnow: " << file << ": " << (field.pointer.empty() ? "/" : field.pointer) << ' ' << field.detail
                  << '\n';
    }
    return kBadFile;
}

/// Where the rules stand: in the file itself, or in another beside it.
std::string rules_file(const TestArguments& arguments, const RuleCases& cases)
{
    if (!cases.rules.is_string()) return arguments.file;
    return (std::filesystem::path(arguments.file).parent_path() / cases.rules.get<std::string>()).string();
}

nlohmann::json rules_document(const std::string& file, const RuleCases& cases)
{
    if (!cases.rules.is_string()) return cases.rules;
    return read_rules(file);
}

int test(const TestArguments& arguments)
{
    const auto cases = read_cases(read_document(arguments.file));
    if (!cases) return complain(arguments.file, cases.error());
    const auto file = rules_file(arguments, *cases);
    const auto rules = forms::read_rule_documents(rules_document(file, *cases).dump());
    if (!rules) return complain(file, rules.error());
    const auto results = play(*cases, *rules);
    if (!arguments.junit.empty()) {
        std::ofstream out(arguments.junit, std::ios::trunc);
        out << junit_xml(results, arguments.file);
        if (!out.flush()) throw std::runtime_error("cannot write " + arguments.junit);
    }
    if (arguments.json) {
        std::cout << json_text(results_json(results)) << '\n';
    } else {
        print_results(results, standard_output_takes_colour(), std::cout);
    }
    return std::ranges::all_of(results, &CaseResult::passed) ? 0 : 1;
}

}  // namespace

void add_rule_test_command(Syntax& rules, Command& chosen)
{
    auto* command = rules.add_subcommand("test", "Play test cases of your rules here, without a server");
    auto arguments = std::make_shared<TestArguments>();
    command->add_option("FILE", arguments->file, "Rules and cases, in YAML or JSON; - is standard input")->required();
    command->add_option("--junit", arguments->junit, "Write the results to this file, as JUnit XML");
    command->add_flag("--json", arguments->json, "Print the results as JSON");
    command->footer(
        "Exit status: 0 all passed, 1 a case failed, 2 a file cannot be used.\n"
        "Example:\n"
        "  winnow rules test rules.test.yaml --junit results.xml\n"
        "where rules.test.yaml holds\n"
        "  rules: rules.yaml\n"
        "  cases:\n"
        "    - name: the third alert in five minutes is told\n"
        "      steps:\n"
        "        - {alert: {title: login failed}, times: 2, expect: {disposition: held, told: []}}\n"
        "        - {after: PT1M, alert: {title: login failed}, expect: {told: [opened]}}");
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            try {
                return test(*arguments);
            } catch (const std::exception& failure) {  // 1 would mean that a case failed
                std::cerr << "winnow: " << shown_text(failure.what(), LineFeeds::kept) << '\n';
                return kBadFile;
            }
        };
    });
}

}  // namespace winnow::cli
