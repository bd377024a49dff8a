#include "expr/code_points.hpp"
#include "expr/function.hpp"
#include "expr/regex.hpp"

#include <algorithm>
#include <limits>

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

template <bool (*Test)(std::string_view, std::string_view)>
Value test(Arguments a, Budget& budget)
{
    if (!all_strings(a, 2)) return no_overload("a text's method", a);
    if (!charge_text(budget, text(a[0]).size())) return over_budget();
    return Test(text(a[0]), text(a[1]));
}

bool contains(std::string_view whole, std::string_view part)
{
    return whole.contains(part);
}
bool starts_with(std::string_view whole, std::string_view part)
{
    return whole.starts_with(part);
}
bool ends_with(std::string_view whole, std::string_view part)
{
    return whole.ends_with(part);
}

/// Where the pattern is a literal, the evaluator uses the regex that was compiled with the condition.
Value matches(Arguments a, Budget& budget)
{
    if (!all_strings(a, 2)) return no_overload("matches", a);
    const auto pattern = compile_regex(text(a[1]));
    if (!pattern->ok()) return Value::error("bad regular expression: " + pattern->error());
    if (!charge_text(budget, text(a[0]).size() * 8)) return over_budget();
    return RE2::PartialMatch(text(a[0]), *pattern);
}

Value lower_ascii(Arguments a, Budget& budget)
{
    if (!all_strings(a, 1)) return no_overload("lowerAscii", a);
    if (!charge_text(budget, text(a[0]).size())) return over_budget();
    auto out = text(a[0]);
    for (auto& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return out;
}

Value upper_ascii(Arguments a, Budget& budget)
{
    if (!all_strings(a, 1)) return no_overload("upperAscii", a);
    if (!charge_text(budget, text(a[0]).size())) return over_budget();
    auto out = text(a[0]);
    for (auto& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    return out;
}

Value trim(Arguments a, Budget& budget)
{
    if (!all_strings(a, 1)) return no_overload("trim", a);
    if (!charge_text(budget, text(a[0]).size())) return over_budget();
    const auto points = code_points(text(a[0]));
    std::size_t begin = 0;
    auto end = points.size();
    while (begin < end && is_white_space(points[begin])) ++begin;
    while (end > begin && is_white_space(points[end - 1])) --end;
    return utf8(std::u32string_view(points).substr(begin, end - begin));
}

Value reverse(Arguments a, Budget& budget)
{
    if (!all_strings(a, 1)) return no_overload("reverse", a);
    if (!charge_text(budget, text(a[0]).size())) return over_budget();
    auto points = code_points(text(a[0]));
    std::ranges::reverse(points);
    return utf8(points);
}

Value char_at(Arguments a, Budget& budget)
{
    const auto* at = a[1].as<std::int64_t>();
    if (!all_strings(a, 1) || at == nullptr) return no_overload("charAt", a);
    if (!charge_text(budget, text(a[0]).size())) return over_budget();
    const auto points = code_points(text(a[0]));
    if (*at < 0 || *at > static_cast<std::int64_t>(points.size())) {
        return Value::error("index out of range: " + std::to_string(*at));
    }
    return utf8(std::u32string_view(points).substr(static_cast<std::size_t>(*at), 1));
}

template <bool Last>
Value index_of(Arguments a, Budget& budget)
{
    const auto* from = a.size() > 2 ? a[2].as<std::int64_t>() : nullptr;
    if (!all_strings(a, 2) || (a.size() > 2 && from == nullptr))
        return no_overload(Last ? "lastIndexOf" : "indexOf", a);
    if (!charge_text(budget, text(a[0]).size() * (text(a[1]).size() + 1))) return over_budget();
    const auto points = code_points(text(a[0]));
    const auto wanted = code_points(text(a[1]));
    const auto size = static_cast<std::int64_t>(points.size());
    if (from != nullptr && (*from < 0 || *from > size)) {
        return Value::error("index out of range: " + std::to_string(*from));
    }
    const std::u32string_view whole(points);
    // Nothing begins at the end, but nothing.
    if (from != nullptr && *from == size && !wanted.empty()) return std::int64_t{-1};
    const auto start = from != nullptr ? static_cast<std::size_t>(*from) : Last ? whole.npos : 0;
    const auto found = Last ? whole.rfind(wanted, start) : whole.find(wanted, start);
    return found == whole.npos ? std::int64_t{-1} : static_cast<std::int64_t>(found);
}

Value substring(Arguments a, Budget& budget)
{
    const auto* begin = a[1].as<std::int64_t>();
    const auto* end = a.size() > 2 ? a[2].as<std::int64_t>() : nullptr;
    if (!all_strings(a, 1) || begin == nullptr || (a.size() > 2 && end == nullptr)) return no_overload("substring", a);
    if (!charge_text(budget, text(a[0]).size())) return over_budget();
    const auto points = code_points(text(a[0]));
    const auto size = static_cast<std::int64_t>(points.size());
    const auto last = end != nullptr ? *end : size;
    if (*begin < 0 || *begin > last || last > size) {
        return Value::error("index out of range: " + std::to_string(*begin < 0 || *begin > size ? *begin : last));
    }
    return utf8(
        std::u32string_view(points).substr(static_cast<std::size_t>(*begin), static_cast<std::size_t>(last - *begin)));
}

/// How many at most; without the argument, or where it is negative: all.
std::int64_t count_of(Arguments a, std::size_t at)
{
    constexpr auto kAll = std::numeric_limits<std::int64_t>::max();
    if (a.size() <= at) return kAll;
    const auto count = *a[at].as<std::int64_t>();
    return count < 0 ? kAll : count;
}

Value replace(Arguments a, Budget& budget)
{
    if (!all_strings(a, 3) || (a.size() > 3 && !a[3].is<std::int64_t>())) return no_overload("replace", a);
    auto left = count_of(a, 3);
    const auto whole = code_points(text(a[0]));
    const auto wanted = code_points(text(a[1]));
    const auto other = code_points(text(a[2]));
    // Every place may become the replacement: bounded before it is built.
    if (!charge_text(budget, (whole.size() + 1) * (other.size() + 1))) return over_budget();
    std::u32string out;
    std::size_t i = 0;
    while (i <= whole.size()) {
        const bool here = left > 0 && std::u32string_view(whole).substr(i).starts_with(wanted);
        if (here) {
            out += other;
            --left;
            i += wanted.size();
        }
        if (!here || wanted.empty()) {
            if (i < whole.size()) out += whole[i];
            ++i;
        }
    }
    return utf8(out);
}

Value split(Arguments a, Budget& budget)
{
    if (!all_strings(a, 2) || (a.size() > 2 && !a[2].is<std::int64_t>())) return no_overload("split", a);
    const auto most = count_of(a, 2);
    const auto whole = code_points(text(a[0]));
    const auto by = code_points(text(a[1]));
    if (!charge_text(budget, whole.size() * 16)) return over_budget();
    List parts;
    if (most == 0 || (whole.empty() && by.empty())) return Value::list(std::move(parts));
    std::u32string_view rest(whole);
    while (static_cast<std::int64_t>(parts.size()) + 1 < most) {
        const auto at = by.empty() ? (rest.size() > 1 ? 1 : rest.npos) : rest.find(by);
        if (at == rest.npos) break;
        parts.emplace_back(utf8(rest.substr(0, at)));
        rest.remove_prefix(at + by.size());
    }
    parts.emplace_back(utf8(rest));
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
        if (!charge_text(budget, part->size() + between.size())) return over_budget();
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
    add("contains", 2, 2, test<contains>);
    add("startsWith", 2, 2, test<starts_with>);
    add("endsWith", 2, 2, test<ends_with>);
    add("matches", 2, 2, matches);
    all.push_back({.name = "matches", .method = false, .least = 2, .most = 2, .call = matches});
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
