#include "cli/commands.hpp"
#include "cli/documents/bindings.hpp"
#include "cli/documents/yaml_document.hpp"
#include "cli/shown/shown.hpp"
#include "winnow/base/text.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/expr/check.hpp"
#include "winnow/expr/condition.hpp"
#include "winnow/rules/lint.hpp"

#include <nlohmann/json.hpp>

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iostream>
#include <memory>
#include <string_view>

namespace winnow::cli {

using nlohmann::json;

namespace {

json as_json(const expr::Value& value);

json as_json(const expr::Map& map)
{
    auto object = json::object();
    for (const auto& [key, member] : map.entries()) {
        const auto* name = key.as<std::string>();
        object[name != nullptr ? *name : expr::to_text(key)] = as_json(member);
    }
    return object;
}

json as_json(const expr::List& list)
{
    auto array = json::array();
    for (const auto& item : list) array.push_back(as_json(item));
    return array;
}

/// Timestamps, durations, addresses and what JSON has no form for as CEL's string() writes them; bytes as base64.
json as_json(const expr::Value& value)
{
    if (value.is_null()) return nullptr;
    if (const auto* flag = value.as<bool>()) return *flag;
    if (const auto* i = value.as<std::int64_t>()) return *i;
    if (const auto* u = value.as<std::uint64_t>()) return *u;
    if (const auto* d = value.as<double>()) return std::isfinite(*d) ? json(*d) : json(expr::to_text(value));
    if (const auto* text = value.as<std::string>()) return *text;
    if (const auto* bytes = value.as<expr::Bytes>()) return crypto::to_base64(bytes->data);
    if (const auto* list = value.as_list()) return as_json(*list);
    if (const auto* map = value.as_map()) return as_json(*map);
    if (const auto* type = value.as<expr::TypeName>()) return type->name;
    if (const auto* optional = value.as<expr::Optional>()) return optional->value ? as_json(*optional->value) : json();
    const auto written = expr::to_text(value);  // timestamp("…"), duration("…"), ip("…"), cidr("…")
    const auto open = written.find('"');
    return open == std::string::npos ? written : written.substr(open + 1, written.rfind('"') - open - 1);
}

struct Compiled {
    expr::Expression expression;
    json warnings = json::array();
};

/// As saving a rule would, save that an expression in CEL may be of any type.
Result<Compiled> compile(const std::string& text, const std::string& syntax)
{
    const auto known = domain::parse_rule_syntax(syntax);
    if (!known) return Error(ErrorCode::invalid_argument, "syntax takes cel, matchers or keywords");
    auto checked = expr::check_condition(text, *known);
    if (!checked) {
        if (*known != domain::RuleSyntax::cel) return checked.error();
        auto expression = expr::check_expression(text);
        if (!expression) return expression.error();
        Compiled compiled{.expression = std::move(expression->condition)};
        const auto& why = checked.error().message();
        compiled.warnings.push_back("as a condition it is refused: " + why.substr(0, why.find('\n')));
        for (auto& remark : expression->remarks) compiled.warnings.push_back(std::move(remark.message));
        return compiled;
    }
    Compiled compiled{.expression = std::move(checked->condition)};
    for (auto& finding : rules::warnings_of(text, *known)) compiled.warnings.push_back(std::move(finding.message));
    return compiled;
}

json evaluate(const std::string& text, const std::string& syntax, const json& bindings)
{
    const auto compiled = compile(text, syntax);
    if (!compiled) return {{"error", compiled.error().message()}};
    const auto bound = read_bindings(bindings);
    if (!bound) return {{"error", bound.error().message()}};
    expr::Budget budget;
    const auto value = compiled->expression.evaluate(expr::names_of(bound->alert, bound->now), budget);
    json answer{{"type", expr::type_name(value)}, {"value", as_json(value)}};
    if (const auto* error = value.as<expr::EvalError>()) answer = {{"error", error->message}};
    auto warnings = compiled->warnings;
    for (const auto& warning : bound->warnings) warnings.push_back(warning);
    if (!warnings.empty()) answer["warnings"] = std::move(warnings);
    return answer;
}

json evaluate_line(const std::string& line, const std::string& syntax)
{
    constexpr std::array<std::string_view, 3> kMembers{"expr", "bindings", "syntax"};
    try {
        const auto request = json::parse(line);
        for (const auto& [name, value] : request.get_ref<const json::object_t&>()) {
            if (std::ranges::find(kMembers, name) != kMembers.end()) continue;
            const auto meant = nearest(name.substr(0, 64), kMembers);
            return {{"error", "there is no member \"" + name + "\" of a line" +
                                  (meant.empty() ? "" : "; did you mean \"" + meant + "\"?")}};
        }
        return evaluate(request.at("expr").get<std::string>(), request.value("syntax", syntax),
                        request.value("bindings", json::object()));
    } catch (const json::exception&) {
        return {{"error", R"(each line is an object {"expr": "…", "bindings": {…}, "syntax": "…"})"}};
    }
}

std::string written(const json& answer)
{
    return json_line(answer);
}

struct Arguments {
    std::string text;
    std::string syntax = "cel";
    std::string bindings = "{}";
    bool batch = false;
};

/// JSON, of which no member stands twice.
Result<json> bindings_of(const std::string& text)
{
    if (!json::accept(text)) return Error(ErrorCode::invalid_argument, "this is no JSON");
    try {
        return yaml_to_json(text);
    } catch (const YAML::Exception& error) {
        return Error(ErrorCode::invalid_argument, error.msg);
    }
}

int eval_one(const Arguments& arguments)
{
    const auto bindings = bindings_of(arguments.bindings);
    const auto answer = bindings ? evaluate(arguments.text, arguments.syntax, *bindings)
                                 : json{{"error", "--bindings: " + bindings.error().message()}};
    std::cout << written(answer) << '\n';
    return answer.contains("error") ? 1 : 0;
}

int eval_batch(const Arguments& arguments)
{
    bool failed = false;
    for (std::string line; std::getline(std::cin, line);) {
        if (line.empty()) continue;
        const auto answer = evaluate_line(line, arguments.syntax);
        failed = failed || answer.contains("error");
        std::cout << written(answer) << '\n';
    }
    return failed ? 1 : 0;
}

}  // namespace

void add_expression_commands(Syntax& root, Command& chosen)
{
    auto* group = root.add_subcommand("expr", "Try an expression of a rule's condition");
    group->require_subcommand();
    auto* command = group->add_subcommand("eval", "What an expression gives for an alert, as JSON");
    auto arguments = std::make_shared<Arguments>();
    auto* expression = command->add_option("EXPR", arguments->text, "The expression");
    command->add_option("--syntax", arguments->syntax, "cel, matchers or keywords")
        ->one_of({"cel", "matchers", "keywords"})
        ->capture_default_str();
    auto* bindings = command->add_option("--bindings", arguments->bindings,
                                         "The alert's fields as a JSON object; absent where left out");
    command
        ->add_flag("--batch", arguments->batch, "Read lines of {\"expr\", \"bindings\", \"syntax\"}, write a line each")
        ->excludes(expression)
        ->excludes(bindings);
    command->footer(
        "Examples:\n"
        "  winnow expr eval 'severity >= ERROR && labels.env == \"prod\"' \\\n"
        "    --bindings '{\"severity\": \"critical\", \"labels\": {\"env\": \"prod\"}}'\n"
        "  winnow expr eval --syntax keywords '(WARN or ERROR) and node_1' --bindings '{\"title\": \"WARN node_1\"}'");
    command->callback([&chosen, arguments] {
        if (!arguments->batch && arguments->text.empty()) fail_required("EXPR (or --batch)");
        chosen = [arguments] {
            return arguments->batch ? eval_batch(*arguments) : eval_one(*arguments);
        };
    });
}

}  // namespace winnow::cli
