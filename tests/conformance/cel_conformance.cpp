/// @file
/// Runs the CEL specification's own test cases (a JSON object a line, see cases.mjs) and prints, file by file, how many
/// are claimed, pass, and are skipped for which reason. Fails where a claimed case fails.

#include "winnow/crypto/digest.hpp"
#include "winnow/expr/condition.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <limits>
#include <map>
#include <string>

namespace {

using nlohmann::json;
using namespace winnow;
using expr::Value;

/// Thrown where a case speaks of what the profile leaves out.
struct Unsupported {
    std::string reason;
};

double number_of(const json& value)
{
    if (value.is_number()) return value.get<double>();
    const auto text = value.get<std::string>();
    if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
    if (text == "Infinity") return std::numeric_limits<double>::infinity();
    if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
    return std::stod(text);
}

std::string bytes_of(const json& base64)
{
    std::string bytes;
    if (!crypto::from_base64(base64.get<std::string>(), bytes)) throw Unsupported{"bytes that are no base64"};
    return bytes;
}

Value well_known(const json& object)
{
    const auto type = object.at("@type").get<std::string>();
    const auto text = object.contains("value") && object["value"].is_string() ? object["value"].get<std::string>() : "";
    expr::Budget budget;
    const auto made = [&](const char* function) {
        const auto compiled = expr::Expression::parse(std::string(function) + "('" + text + "')");
        return compiled->evaluate([](std::string_view, expr::Budget&) { return std::nullopt; }, budget);
    };
    if (type.ends_with("google.protobuf.Timestamp")) return made("timestamp");
    if (type.ends_with("google.protobuf.Duration")) return made("duration");
    throw Unsupported{"protobuf messages"};
}

/// cel.expr.Value as protobuf's JSON has it.
Value value_of(const json& value)
{
    if (value.contains("nullValue")) return {};
    if (value.contains("boolValue")) return value["boolValue"].get<bool>();
    if (value.contains("int64Value"))
        return static_cast<std::int64_t>(std::stoll(value["int64Value"].get<std::string>()));
    if (value.contains("uint64Value")) {
        return static_cast<std::uint64_t>(std::stoull(value["uint64Value"].get<std::string>()));
    }
    if (value.contains("doubleValue")) return number_of(value["doubleValue"]);
    if (value.contains("stringValue")) return value["stringValue"].get<std::string>();
    if (value.contains("bytesValue")) return expr::Bytes{bytes_of(value["bytesValue"])};
    if (value.contains("typeValue")) return expr::TypeName{value["typeValue"].get<std::string>()};
    if (value.contains("objectValue")) return well_known(value["objectValue"]);
    if (value.contains("listValue")) {
        expr::List list;
        for (const auto& item : value["listValue"].value("values", json::array())) list.push_back(value_of(item));
        return Value::list(std::move(list));
    }
    if (value.contains("mapValue")) {
        expr::Map map;
        for (const auto& entry : value["mapValue"].value("entries", json::array())) {
            map.insert(value_of(entry.at("key")), value_of(entry.at("value")));
        }
        return Value::map(std::move(map));
    }
    throw Unsupported{"enums"};
}

/// As == has it, but NaN is NaN, and 1 is not 1.0.
bool same(const Value& a, const Value& b)
{
    if (a.data().index() != b.data().index()) return false;
    const auto* x = a.as<double>();
    if (x != nullptr && *x != *x) return *b.as<double>() != *b.as<double>();
    return expr::equals(a, b);
}

/// Why a case is outside the profile; "" where it is in.
std::string outside(const std::string& file, const json& test)
{
    static const std::map<std::string, std::string> kFiles = {
        {"dynamic", "protobuf messages"},    {"enums", "protobuf messages"},  {"proto2", "protobuf messages"},
        {"proto2_ext", "protobuf messages"}, {"proto3", "protobuf messages"}, {"wrappers", "protobuf messages"},
        {"bindings_ext", "cel.bind"},        {"block_ext", "cel.block"},      {"encoders_ext", "base64"},
        {"macros2", "two-variable macros"},  {"math_ext", "math extension"},  {"type_deductions", "static types"},
    };
    if (const auto found = kFiles.find(file); found != kFiles.end()) return found->second;
    const auto text = test.dump();
    for (const auto* word : {"TestAllTypes", "google.protobuf.Any", "google.protobuf.Struct", "google.protobuf.Value",
                             "google.protobuf.ListValue", "Value{", "GlobalEnum", "Wrapper"}) {
        if (text.contains(word)) return "protobuf messages";
    }
    if (test.contains("container")) return "containers";
    if (test.value("name", "") == "qualified_identifier_resolution_unchecked") return "qualified names left unchecked";
    if (test.value("checkOnly", false)) return "static types";
    const auto expression = test.at("expr").get<std::string>();
    for (const auto* name : {".format(", "strings.quote(", "quote("}) {
        if (expression.contains(name)) return "format and quote";
    }
    return "";
}

struct Outcome {
    bool passed = false;
    std::string said;
};

Outcome run(const json& test)
{
    std::map<std::string, Value, std::less<>> bindings;
    for (const auto& [name, binding] : test.value("bindings", json::object()).items()) {
        if (!binding.contains("value")) throw Unsupported{"unknown values"};
        bindings.emplace(name, value_of(binding["value"]));
    }
    const bool wants_error = test.contains("evalError") || test.contains("anyEvalErrors");
    const bool checked = !test.value("disableCheck", false);
    std::function<bool(std::string_view)> known;
    if (checked)
        known = [&](std::string_view name) {
            return bindings.contains(name);
        };
    const auto compiled = expr::Expression::parse(test.at("expr").get<std::string>(), {}, known);
    if (!compiled) return {wants_error, "refused: " + compiled.error().message()};
    expr::Budget budget{1'000'000};
    const auto value = compiled->evaluate(
        [&](std::string_view name, expr::Budget&) -> std::optional<Value> {
            const auto found = bindings.find(name);
            if (found == bindings.end()) return std::nullopt;
            return found->second;
        },
        budget);
    if (wants_error) return {value.is_error(), to_text(value)};
    const auto wanted = test.contains("value") ? value_of(test["value"]) : Value(true);
    return {same(value, wanted), to_text(value) + ", not " + to_text(wanted)};
}

struct Row {
    int cases = 0;
    int claimed = 0;
    int passed = 0;
    std::map<std::string, int> skipped;
};

void print(const std::map<std::string, Row>& rows)
{
    std::cout << "| file | cases | claimed | passed | skipped, and why |\n|---|---|---|---|---|\n";
    Row sum;
    const auto line = [](const std::string& name, const Row& row) {
        std::cout << "| " << name << " | " << row.cases << " | " << row.claimed << " | " << row.passed << " | ";
        const char* between = "";
        for (const auto& [reason, count] : row.skipped) {
            std::cout << between << count << " " << reason;
            between = ", ";
        }
        std::cout << " |\n";
    };
    for (const auto& [name, row] : rows) {
        line(name, row);
        sum.cases += row.cases;
        sum.claimed += row.claimed;
        sum.passed += row.passed;
        for (const auto& [reason, count] : row.skipped) sum.skipped[reason] += count;
    }
    line("**sum**", sum);
}

}  // namespace

int main(int argc, char** argv)
{
    if (argc != 2) {
        std::cerr << "usage: cel_conformance CASES.jsonl\n";
        return 2;
    }
    std::ifstream in(argv[1]);
    std::map<std::string, Row> rows;
    bool failed = false;
    for (std::string line; std::getline(in, line);) {
        const auto parsed = json::parse(line);
        const auto path = parsed.at("path").get<std::string>();
        const auto file = path.substr(0, path.find('/'));
        const auto& test = parsed.at("test");
        auto& row = rows[file];
        ++row.cases;
        auto reason = outside(file, test);
        try {
            if (reason.empty()) {
                const auto outcome = run(test);
                ++row.claimed;
                row.passed += outcome.passed ? 1 : 0;
                if (!outcome.passed) {
                    failed = true;
                    std::cerr << "FAILED " << path << '/' << test.value("name", "") << ": "
                              << test.at("expr").get<std::string>() << "\n  " << outcome.said << '\n';
                }
                continue;
            }
        } catch (const Unsupported& unsupported) {
            reason = unsupported.reason;
        }
        ++row.skipped[reason];
    }
    print(rows);
    return failed || rows.empty() ? 1 : 0;
}
