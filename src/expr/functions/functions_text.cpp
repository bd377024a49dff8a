#include "expr/functions/function.hpp"
#include "expr/patterns/regex.hpp"
#include "expr/prices.hpp"
#include "expr/values/code_points.hpp"
#include "winnow/base/text.hpp"
#include "winnow/expr/pattern.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

namespace winnow::expr {

namespace {

/// The texts among the arguments; nullopt where one of the first `count` is no string.
bool all_strings(Arguments a, std::size_t count)
{
    return std::ranges::all_of(a.first(std::min(count, a.size())),
                               [](const Value& value) { return value.is<std::string>(); });
}
const std::string& text(const Value& value)
{
    return *value.as<std::string>();
}

bool charge(Budget& budget, std::size_t bytes, std::size_t a_step)
{
    return budget.charge(price::blocks(bytes, a_step));
}

Value contains(Arguments a, Budget& budget)
{
    if (!all_strings(a, 2)) return no_overload("a text's method", a);
    const auto& whole = text(a[0]);
    const auto& part = text(a[1]);
    if (!charge(budget, whole.size() + part.size(), price::kSearched)) return over_budget();
    return find_text(whole, part) != std::string_view::npos;
}

Value starts_with(Arguments a, Budget& budget)
{
    if (!all_strings(a, 2)) return no_overload("a text's method", a);
    if (!charge(budget, text(a[1]).size(), price::kCompared)) return over_budget();
    return text(a[0]).starts_with(text(a[1]));
}

Value ends_with(Arguments a, Budget& budget)
{
    if (!all_strings(a, 2)) return no_overload("a text's method", a);
    if (!charge(budget, text(a[1]).size(), price::kCompared)) return over_budget();
    return text(a[0]).ends_with(text(a[1]));
}

/// Where the pattern is a literal, the evaluator uses the regex that was compiled with the condition.
Value matches_text(Arguments a, Budget& budget)
{
    if (!all_strings(a, 2)) return no_overload("matches", a);
    constexpr std::size_t kCompiling = 2'000;
    constexpr std::size_t kPatternByte = 64;
    if (!budget.charge(kCompiling + kPatternByte * text(a[1]).size())) return over_budget();
    const auto pattern = compile_regex(text(a[1]));
    if (!pattern) return Value::error("bad regular expression: " + pattern.error().message());
    const auto found = expr::matches(**pattern, text(a[0]), budget);
    return found ? Value(*found) : over_budget();
}

Value lower_ascii(Arguments a, Budget& budget)
{
    if (!all_strings(a, 1)) return no_overload("lowerAscii", a);
    if (!charge(budget, text(a[0]).size(), price::kWritten)) return over_budget();
    auto out = text(a[0]);
    for (auto& c : out) c = static_cast<char>(c + (c >= 'A' && c <= 'Z' ? 32 : 0));
    return out;
}

Value upper_ascii(Arguments a, Budget& budget)
{
    if (!all_strings(a, 1)) return no_overload("upperAscii", a);
    if (!charge(budget, text(a[0]).size(), price::kWritten)) return over_budget();
    auto out = text(a[0]);
    for (auto& c : out) c = static_cast<char>(c - (c >= 'a' && c <= 'z' ? 32 : 0));
    return out;
}

Value trim(Arguments a, Budget& budget)
{
    if (!all_strings(a, 1)) return no_overload("trim", a);
    std::string_view rest = text(a[0]);
    if (!charge(budget, rest.size(), price::kSearched)) return over_budget();
    while (!rest.empty() && is_white_space(code_point_at(rest, 0))) rest.remove_prefix(length_at(rest, 0));
    while (!rest.empty()) {
        auto last = rest.size() - 1;
        while (last > 0 && !starts_code_point(rest[last])) --last;
        if (!is_white_space(code_point_at(rest, last))) break;
        rest = rest.substr(0, last);
    }
    return std::string(rest);
}

Value reverse(Arguments a, Budget& budget)
{
    if (!all_strings(a, 1)) return no_overload("reverse", a);
    const auto& whole = text(a[0]);
    if (!charge(budget, whole.size(), price::kTurned)) return over_budget();
    std::string out(whole.size(), '\0');
    for (std::size_t i = 0; i < whole.size();) {
        const auto length = length_at(whole, i);
        std::copy_n(whole.begin() + static_cast<std::ptrdiff_t>(i), length,
                    out.end() - static_cast<std::ptrdiff_t>(i + length));
        i += length;
    }
    return out;
}

Value out_of_range(std::int64_t index)
{
    return Value::error("index out of range: " + std::to_string(index));
}

Value char_at(Arguments a, Budget& budget)
{
    const auto* at = a[1].as<std::int64_t>();
    if (!all_strings(a, 1) || at == nullptr) return no_overload("charAt", a);
    const auto& whole = text(a[0]);
    if (!charge(budget, whole.size(), price::kSearched)) return over_budget();
    const auto offset = offset_of_code_point(whole, *at);
    if (!offset) return out_of_range(*at);
    return *offset == whole.size() ? std::string() : whole.substr(*offset, length_at(whole, *offset));
}

template <bool Last>
Value index_of(Arguments a, Budget& budget)
{
    const auto* from = a.size() > 2 ? a[2].as<std::int64_t>() : nullptr;
    if (!all_strings(a, 2) || (a.size() > 2 && from == nullptr))
        return no_overload(Last ? "lastIndexOf" : "indexOf", a);
    const std::string_view whole = text(a[0]);
    const std::string_view wanted = text(a[1]);
    if (!charge(budget, whole.size() + wanted.size(), price::kTurned / (Last ? 2 : 1))) return over_budget();
    auto start = Last ? whole.size() : 0;
    if (from != nullptr) {
        const auto offset = offset_of_code_point(whole, *from);
        if (!offset) return out_of_range(*from);
        // Nothing begins at the end, but nothing.
        if (*offset == whole.size() && !wanted.empty()) return std::int64_t{-1};
        start = *offset;
    }
    const auto found =
        Last ? find_last_text(whole.substr(0, start + wanted.size()), wanted) : find_text(whole.substr(start), wanted);
    if (found == whole.npos) return std::int64_t{-1};
    return static_cast<std::int64_t>(count_code_points(whole.substr(0, Last ? found : start + found)));
}

Value substring(Arguments a, Budget& budget)
{
    const auto* begin = a[1].as<std::int64_t>();
    const auto* end = a.size() > 2 ? a[2].as<std::int64_t>() : nullptr;
    if (!all_strings(a, 1) || begin == nullptr || (a.size() > 2 && end == nullptr)) return no_overload("substring", a);
    const auto& whole = text(a[0]);
    if (!charge(budget, 2 * whole.size(), price::kSearched)) return over_budget();
    const auto first = offset_of_code_point(whole, *begin);
    if (!first) return out_of_range(*begin);
    if (end == nullptr) return whole.substr(*first);
    const auto last = *end < *begin ? std::nullopt : offset_of_code_point(whole, *end);
    if (!last) return out_of_range(*end);
    return whole.substr(*first, *last - *first);
}

/// How many at most; without the argument, or where it is negative: all.
std::int64_t count_of(Arguments a, std::size_t at)
{
    constexpr auto kAll = std::numeric_limits<std::int64_t>::max();
    if (a.size() <= at) return kAll;
    const auto count = *a[at].as<std::int64_t>();
    return count < 0 ? kAll : count;
}

/// With "" something stands before each character, and at the end.
Value replace(Arguments a, Budget& budget)
{
    if (!all_strings(a, 3) || (a.size() > 3 && !a[3].is<std::int64_t>())) return no_overload("replace", a);
    auto left = count_of(a, 3);
    const std::string_view whole = text(a[0]);
    const std::string_view wanted = text(a[1]);
    const std::string_view other = text(a[2]);
    if (!charge(budget, whole.size() + wanted.size(), price::kTurned)) return over_budget();
    const auto a_piece = price::kPiece + price::blocks(other.size(), price::kGrown);
    std::string out;
    std::size_t at = 0;
    for (; left > 0 && at <= whole.size(); --left) {
        const auto found = wanted.empty() ? 0 : find_text(whole.substr(at), wanted);
        if (found == whole.npos) break;
        if (!budget.charge(a_piece)) return over_budget();
        out.append(whole.substr(at, found)).append(other);
        at += found + wanted.size();
        if (!wanted.empty()) continue;
        if (at == whole.size()) return out;
        const auto length = length_at(whole, at);
        out += whole.substr(at, length);
        at += length;
    }
    if (at < whole.size()) out += whole.substr(at);
    return out;
}

/// With "" each character is a part.
Value split(Arguments a, Budget& budget)
{
    if (!all_strings(a, 2) || (a.size() > 2 && !a[2].is<std::int64_t>())) return no_overload("split", a);
    const auto most = count_of(a, 2);
    std::string_view rest = text(a[0]);
    const std::string_view by = text(a[1]);
    if (!charge(budget, rest.size() + by.size(), price::kTurned)) return over_budget();
    List parts;
    if (most == 0 || (rest.empty() && by.empty())) return Value::list(std::move(parts));
    while (static_cast<std::int64_t>(parts.size()) + 1 < most) {
        const auto first = by.empty() ? length_at(rest, 0) : find_text(rest, by);
        if (first == rest.npos || (by.empty() && first == rest.size())) break;
        if (!budget.charge(price::kPiece)) return over_budget();
        parts.emplace_back(std::string(rest.substr(0, first)));
        rest.remove_prefix(first + by.size());
    }
    parts.emplace_back(std::string(rest));
    return Value::list(std::move(parts));
}

Value join(Arguments a, Budget& budget)
{
    const auto* list = a[0].as_list();
    if (list == nullptr || (a.size() > 1 && !a[1].is<std::string>())) return no_overload("join", a);
    const std::string between = a.size() > 1 ? text(a[1]) : "";
    std::string out;
    for (const auto& item : *list) {
        const auto* part = item.as<std::string>();
        if (part == nullptr) return Value::error("join takes a list of strings");
        if (!budget.charge(1) || !charge(budget, part->size() + between.size(), price::kGrown)) return over_budget();
        if (&item != list->data()) out += between;
        out += *part;
    }
    return out;
}

}  // namespace

void add_text_functions(std::vector<Function>& all)
{
    const auto add = [&all](std::string_view name, std::size_t least, std::size_t most,
                            Value (*call)(Arguments, Budget&)) {
        all.push_back({.name = name, .method = true, .least = least, .most = most, .call = call});
    };
    add("contains", 2, 2, contains);
    add("startsWith", 2, 2, starts_with);
    add("endsWith", 2, 2, ends_with);
    add("matches", 2, 2, matches_text);
    all.push_back({.name = "matches", .method = false, .least = 2, .most = 2, .call = matches_text});
    add("lowerAscii", 1, 1, lower_ascii);
    add("upperAscii", 1, 1, upper_ascii);
    add("trim", 1, 1, trim);
    add("reverse", 1, 1, reverse);
    add("charAt", 2, 2, char_at);
    add("indexOf", 2, 3, index_of<false>);
    add("lastIndexOf", 2, 3, index_of<true>);
    add("substring", 2, 3, substring);
    add("replace", 3, 4, replace);
    add("split", 2, 3, split);
    add("join", 1, 2, join);
}

}  // namespace winnow::expr
