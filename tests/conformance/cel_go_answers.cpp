/// @file
/// Replays random expressions with the answers that cel-go gave (cel_go/, where the program that asks it stands, too):
/// Winnow answers the same, or the difference is one that docs/conditions.md names.

#include "winnow/expr/condition.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <bit>
#include <charconv>
#include <fstream>
#include <iostream>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace {

using nlohmann::json;
using namespace winnow;
using expr::Value;

using World = std::map<std::string, Value, std::less<>>;

std::string hexadecimal(std::string_view bytes)
{
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        out += kDigits[byte >> 4U];
        out += kDigits[byte & 0x0FU];
    }
    return out;
}

std::string bits_of(double number)
{
    std::array<char, 16> digits{};
    constexpr int kHexadecimal = 16;
    const auto end =
        std::to_chars(digits.data(), digits.data() + digits.size(), std::bit_cast<std::uint64_t>(number), kHexadecimal);
    return {digits.data(), end.ptr};
}

json answer_of(const Value& value);

json entries_of(const expr::Map& map)
{
    std::vector<json> entries;
    for (const auto& [key, member] : map.entries()) entries.push_back({answer_of(key), answer_of(member)});
    std::ranges::sort(entries, {}, [](const json& entry) { return entry.dump(); });
    return entries;
}

/// As main.go writes it.
json answer_of(const Value& value)
{
    if (value.is_error()) return "error";
    if (value.is_null()) return nullptr;
    if (const auto* flag = value.as<bool>()) return *flag;
    if (const auto* i = value.as<std::int64_t>()) return {{"int", std::to_string(*i)}};
    if (const auto* u = value.as<std::uint64_t>()) return {{"uint", std::to_string(*u)}};
    if (const auto* d = value.as<double>()) return {{"double", *d != *d ? "NaN" : bits_of(*d)}};
    if (const auto* text = value.as<std::string>()) return {{"string", *text}};
    if (const auto* bytes = value.as<expr::Bytes>()) return {{"bytes", hexadecimal(bytes->data)}};
    if (const auto* at = value.as<expr::Instant>()) return {{"timestamp", {at->seconds, at->nanos}}};
    if (const auto* span = value.as<expr::Span>()) return {{"duration", std::to_string(span->nanos)}};
    if (const auto* type = value.as<expr::TypeName>()) return {{"type", type->name}};
    if (const auto* optional = value.as<expr::Optional>()) {
        auto inner = json::array();
        if (optional->value) inner.push_back(answer_of(*optional->value));
        return {{"optional", inner}};
    }
    if (const auto* list = value.as_list()) {
        auto items = json::array();
        for (const auto& item : *list) items.push_back(answer_of(item));
        return {{"list", items}};
    }
    if (const auto* map = value.as_map()) return {{"map", entries_of(*map)}};
    const auto written = expr::to_text(value);  // ip("…"), cidr("…")
    const auto open = written.find('"');
    return {{written.substr(0, open - 1), written.substr(open + 1, written.rfind('"') - open - 1)}};
}

/// The other way, for what worlds hold.
Value value_of(const json& answer)
{
    if (answer.is_null()) return {};
    if (answer.is_boolean()) return answer.get<bool>();
    const auto tag = answer.begin().key();
    const auto& inner = answer.begin().value();
    if (tag == "int") return static_cast<std::int64_t>(std::stoll(inner.get<std::string>()));
    if (tag == "double") {
        constexpr int kHexadecimal = 16;
        return std::bit_cast<double>(std::uint64_t{std::stoull(inner.get<std::string>(), nullptr, kHexadecimal)});
    }
    if (tag == "string") return inner.get<std::string>();
    if (tag == "timestamp") {
        return expr::Instant{.seconds = inner.at(0).get<std::int64_t>(), .nanos = inner.at(1).get<std::int32_t>()};
    }
    if (tag == "list") {
        expr::List list;
        for (const auto& item : inner) list.push_back(value_of(item));
        return Value::list(std::move(list));
    }
    expr::Map map;
    for (const auto& entry : inner) map.insert(value_of(entry.at(0)), value_of(entry.at(1)));
    return Value::map(std::move(map));
}

Value evaluate(const std::string& expression, const World& world)
{
    const auto known = [&](std::string_view name) {
        return world.contains(name);
    };
    expr::Limits limits;  // what is asked is what an expression means, not how large it may be
    limits.max_macro_nesting = limits.max_depth;
    const auto compiled = expr::Expression::parse(expression, limits, known);
    if (!compiled) return Value::error(compiled.error().message());
    expr::Budget budget{1'000'000};
    return compiled->evaluate(
        [&](std::string_view name, expr::Budget&) -> std::optional<Value> {
            const auto found = world.find(name);
            if (found == world.end()) return std::nullopt;
            return found->second;
        },
        budget);
}

}  // namespace

int main(int argc, char** argv)
{
    if (argc != 2) {
        std::cerr << "usage: cel_go_answers ANSWERS.jsonl\n";
        return 2;
    }
    std::ifstream in(argv[1]);
    std::vector<World> worlds;
    std::size_t asked = 0;
    std::size_t values = 0;
    std::size_t different = 0;
    for (std::string line; std::getline(in, line);) {
        const auto parsed = json::parse(line);
        if (parsed.is_object()) {
            auto& world = worlds.emplace_back();
            for (const auto& [name, value] : parsed.items()) world.emplace(name, value_of(value));
            continue;
        }
        const auto expression = parsed.at(1).get<std::string>();
        const auto& wanted = parsed.at(2);
        const auto value = evaluate(expression, worlds.at(parsed.at(0).get<std::size_t>()));
        const auto answer = answer_of(value);
        ++asked;
        values += wanted == "error" ? 0 : 1;
        if (answer == wanted || (parsed.size() > 3 && answer == parsed.at(3))) continue;
        ++different;
        std::cerr << "DIFFERENT [" << parsed.at(0) << "] " << expression << "\n  cel-go: " << wanted.dump()
                  << "\n  Winnow: " << (value.is_error() ? expr::to_text(value) : answer.dump()) << '\n';
    }
    std::cout << asked << " expressions, " << values << " of them with a value, " << different << " answers differ\n";
    constexpr std::size_t kFewest = 1'000;
    return different > 0 || asked < kFewest || values * 3 < asked ? 1 : 0;
}
