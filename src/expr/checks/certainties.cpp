#include "expr/checks/certainties.hpp"

#include "winnow/base/zone_name.hpp"
#include "winnow/domain/limits.hpp"
#include "winnow/expr/condition.hpp"

#include <date/tz.h>

#include <algorithm>
#include <array>
#include <exception>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace winnow::expr {

namespace {

using Kind = Node::Kind;

constexpr double kAnyNumber = std::numeric_limits<double>::infinity();

bool is_call(const Node& node, std::string_view name)
{
    return node.kind == Kind::call && node.name == name;
}

bool is_level(std::string_view name)
{
    constexpr std::array<std::string_view, 4> kLevels = {"CRITICAL", "ERROR", "WARNING", "INFO"};
    return std::ranges::find(kLevels, name) != kLevels.end();
}

// The recursions here are bounded by the depth that the tree was checked for.
bool is_constant(const Node& node)
{
    if (node.kind == Kind::macro || is_call(node, "label")) return false;  // variables; the alert's labels
    if (node.kind == Kind::identifier) return is_level(node.name);
    return std::ranges::all_of(node.children, is_constant);
}

/// Evaluates constants. Whoever writes a condition decides how many it has and what each costs, so all of them together
/// have an allowance; when it is spent, nothing more is known.
class Constants {
public:
    /// nullopt: not known.
    std::optional<Value> value_of(const Node& node)
    {
        Budget budget;
        const auto given = std::min(budget.steps, left_);
        const bool whole = given == budget.steps;
        budget.steps = given;
        static const domain::Alert kBare;
        auto value = evaluate(node, names_of(kBare, {}), budget);
        left_ -= given - budget.steps;
        if (!whole && budget.steps == 0) return std::nullopt;
        return value;
    }

    /// The smallest part of a constant that fails, with why.
    std::optional<Remark> failure_in(const Node& constant)
    {
        const auto value = value_of(constant);
        const auto* error = value ? value->as<EvalError>() : nullptr;
        if (error == nullptr) return std::nullopt;
        for (const auto& child : constant.children) {
            if (auto within = failure_in(child)) return within;
        }
        return Remark{.at = constant.at, .message = "this fails for every alert: " + error->message};
    }

    std::optional<Remark> failure_of_arguments(const Node& node);

private:
    std::string zone_hint(const Node& call);

    bool spend(std::size_t steps)
    {
        if (steps > left_) return false;
        left_ -= steps;
        return true;
    }

    std::size_t left_ = 60'000;  ///< Steps: three times what one condition may cost an alert.
};

std::string zones_near(std::string_view name)
{
    try {
        std::vector<std::string_view> names;
        for (const auto& zone : date::get_tzdb().zones) {
            if (may_name_zone(zone.name())) names.emplace_back(zone.name());
        }
        return zones_meant(name, names);
    } catch (const std::exception&) {  // a missing table stops nothing
        return {};
    }
}

std::string Constants::zone_hint(const Node& call)
{
    const auto value = value_of(call.children[1]);
    const auto* zone = value ? value->as<std::string>() : nullptr;
    if (zone == nullptr) return "";
    constexpr std::size_t kSearch = 20'000;  // about what comparing with 600 names costs
    const bool look = zone->find(':') == std::string::npos && spend(kSearch);
    const auto near = look ? zones_near(*zone) : "";
    return near.empty() ? "; a time zone is a name such as \"Asia/Tokyo\" or an offset such as \"+09:00\""
                        : "; did you mean " + near + "?";
}

/// Whether a method's constant arguments make it fail whatever it is called on.
std::optional<Remark> Constants::failure_of_arguments(const Node& node)
{
    constexpr std::array<std::string_view, 5> kOfTexts = {"substring", "charAt", "indexOf", "lastIndexOf", "split"};
    const bool of_text = std::ranges::find(kOfTexts, node.name) != kOfTexts.end();
    const bool of_time = node.name.starts_with("get");
    if (node.kind != Kind::call || !node.method || node.children.size() < 2 || (!of_text && !of_time)) {
        return std::nullopt;
    }
    constexpr std::int64_t kProbed = 65'536;
    std::int64_t length = 0;  // of a text in which every place that is named exists
    for (const auto& argument : std::span(node.children).subspan(1)) {
        if (!is_constant(argument)) return std::nullopt;
        const auto value = value_of(argument);
        if (!value) return std::nullopt;
        const auto* place = value->as<std::int64_t>();
        if (place == nullptr) continue;
        if (*place >= kProbed) return std::nullopt;  // texts of details may be longer
        length = std::max(length, *place + 1);
    }
    auto tried = node;
    auto& called_on = tried.children[0];
    called_on = Node{};
    std::string why;
    std::vector<Value> probes;
    if (of_text) {
        probes = {std::string(static_cast<std::size_t>(length), 'a'), std::string()};
    } else {
        probes = {Instant{.seconds = 0, .nanos = 0}};
    }
    for (auto& probe : probes) {
        called_on.value = std::move(probe);
        const auto value = value_of(tried);
        const auto* error = value ? value->as<EvalError>() : nullptr;
        if (error == nullptr) return std::nullopt;
        if (why.empty()) why = error->message;
    }
    return Remark{.at = node.at, .message = "this fails for every alert: " + why + (of_time ? zone_hint(node) : "")};
}

// ---------------------------------------------------------------------- comparisons

/// Letters that a text never has.
enum class Lacks : std::uint8_t { none, capitals, small };

Lacks lacks(const Node& node)
{
    constexpr std::array<std::string_view, 3> kKeep = {"trim", "substring", "charAt"};
    if (node.kind != Kind::call || !node.method) return Lacks::none;
    if (node.name == "lowerAscii") return Lacks::capitals;
    if (node.name == "upperAscii") return Lacks::small;
    return std::ranges::find(kKeep, node.name) != kKeep.end() ? lacks(node.children[0]) : Lacks::none;
}

bool has(Lacks letters, std::string_view text)
{
    return std::ranges::any_of(text, [&](char c) {
        return letters == Lacks::capitals ? c >= 'A' && c <= 'Z' : letters == Lacks::small && c >= 'a' && c <= 'z';
    });
}

std::string why_not(Lacks letters)
{
    return letters == Lacks::capitals ? "lowerAscii() leaves no capital letter" : "upperAscii() leaves no small letter";
}

/// Which numbers something may be.
struct Range {
    double least = -kAnyNumber;
    double most = kAnyNumber;
};

bool is_instant(const Node& node)
{
    constexpr std::array<std::string_view, 3> kInstants = {"now", "received_at", "starts_at"};
    return (node.kind == Kind::identifier && std::ranges::find(kInstants, node.name) != kInstants.end()) ||
           is_call(node, "timestamp");
}

std::optional<Range> range_of(const Node& node)
{
    if (node.kind != Kind::call || node.children.empty()) return std::nullopt;
    const auto& on = node.children[0];
    if (node.name == "size") {
        if (on.kind != Kind::identifier || on.name != "title") return Range{.least = 0};
        return Range{.least = 1, .most = static_cast<double>(domain::AlertLimits{}.max_title_chars)};
    }
    static constexpr std::array<std::pair<std::string_view, std::pair<int, int>>, 9> kParts = {
        {{"getMonth", {0, 11}},
         {"getDate", {1, 31}},
         {"getDayOfMonth", {0, 30}},
         {"getDayOfWeek", {0, 6}},
         {"getDayOfYear", {0, 365}},
         {"getHours", {0, 23}},
         {"getMinutes", {0, 59}},
         {"getSeconds", {0, 59}},
         {"getMilliseconds", {0, 999}}}};
    if (node.children.size() == 1 && !is_instant(on)) return std::nullopt;  // a duration's parts are others
    for (const auto& [name, range] : kParts) {
        if (node.name == name)
            return Range{.least = static_cast<double>(range.first), .most = static_cast<double>(range.second)};
    }
    return std::nullopt;
}

std::optional<double> number_of(const Value& value)
{
    if (const auto* i = value.as<std::int64_t>()) return static_cast<double>(*i);
    if (const auto* u = value.as<std::uint64_t>()) return static_cast<double>(*u);
    if (const auto* d = value.as<double>()) return *d;
    return std::nullopt;
}

bool may_be(const Range& span, Kind op, double number)
{
    switch (op) {
        case Kind::less: return span.least < number;
        case Kind::less_equal: return span.least <= number;
        case Kind::greater: return span.most > number;
        case Kind::greater_equal: return span.most >= number;
        default: return span.least <= number && number <= span.most;
    }
}

std::string range_text(const Node& node, const Range& span)
{
    auto what = node.name + "()";
    if (node.name == "size" && span.most < kAnyNumber) what = "a title's size()";
    auto text = "; " + what + " is " + std::to_string(static_cast<int>(span.least));
    text += span.most < kAnyNumber ? " to " + std::to_string(static_cast<int>(span.most)) : " or more";
    if (node.name == "getDayOfWeek") text += ", 0 is Sunday";
    if (node.name == "getMonth") text += ", 0 is January";
    return text;
}

/// Why `varying op constant` can hold for no alert; "" where it may or that is not known. `op` is the comparison's, or
/// `equal`.
std::string why_never(const Node& varying, Kind op, const std::optional<Value>& constant)
{
    if (!constant) return "";
    if (const auto span = range_of(varying)) {
        const auto number = number_of(*constant);
        return number && !may_be(*span, op, *number) ? range_text(varying, *span) : "";
    }
    const auto* text = constant->as<std::string>();
    const auto letters = lacks(varying);
    return text != nullptr && op == Kind::equal && has(letters, *text) ? "; " + why_not(letters) : "";
}

Kind turned(Kind op)
{
    switch (op) {
        case Kind::less: return Kind::greater;
        case Kind::less_equal: return Kind::greater_equal;
        case Kind::greater: return Kind::less;
        case Kind::greater_equal: return Kind::less_equal;
        default: return op;
    }
}

class Certainties {
public:
    std::vector<Remark> of(const Node& root) &&
    {
        look_at(root);
        return std::move(remarks_);
    }

private:
    void look_at(const Node& node)
    {
        if (is_constant(node)) {
            if (node.kind == Kind::literal) return;
            if (auto failure = constants_.failure_in(node)) remarks_.push_back(*std::move(failure));
            return;
        }
        if (auto failure = constants_.failure_of_arguments(node)) {
            remarks_.push_back(*std::move(failure));
            look_at(node.children[0]);
            return;
        }
        compare(node);
        for (const auto& child : node.children) look_at(child);
    }

    void compare(const Node& node)
    {
        switch (node.kind) {
            case Kind::equal:
            case Kind::not_equal:
            case Kind::less:
            case Kind::less_equal:
            case Kind::greater:
            case Kind::greater_equal: {
                const bool turn = is_constant(node.children[0]);
                if (!turn && !is_constant(node.children[1])) return;
                const auto op = node.kind == Kind::not_equal ? Kind::equal : turn ? turned(node.kind) : node.kind;
                const auto why =
                    why_never(node.children[turn ? 1 : 0], op, constants_.value_of(node.children[turn ? 0 : 1]));
                if (!why.empty()) say(node, node.kind == Kind::not_equal, why);
                return;
            }
            case Kind::in: return in_list(node);
            case Kind::call: return search(node);
            default: return;
        }
    }

    void in_list(const Node& node)
    {
        const auto& list = node.children[1];
        if (list.kind != Kind::list) return;
        for (const auto& item : list.children) {
            if (!is_constant(item)) continue;
            const auto why = why_never(node.children[0], Kind::equal, constants_.value_of(item));
            if (why.empty()) continue;
            remarks_.push_back({.at = item.at, .message = to_cel(item) + " is in vain here" + why});
        }
    }

    /// `title.lowerAscii().contains("DB")`
    void search(const Node& node)
    {
        constexpr std::array<std::string_view, 3> kSearches = {"contains", "startsWith", "endsWith"};
        if (std::ranges::find(kSearches, node.name) == kSearches.end() || node.children.size() != 2) return;
        const auto letters = lacks(node.children[0]);
        if (letters == Lacks::none || !is_constant(node.children[1])) return;
        const auto value = constants_.value_of(node.children[1]);
        const auto* text = value ? value->as<std::string>() : nullptr;
        if (text != nullptr && has(letters, *text)) say(node, false, "; " + why_not(letters));
    }

    void say(const Node& node, bool always, const std::string& why)
    {
        remarks_.push_back(
            {.at = node.at, .message = to_cel(node) + " is " + (always ? "true" : "false") + " for every alert" + why});
    }

    Constants constants_;
    std::vector<Remark> remarks_;
};

}  // namespace

std::vector<Remark> remarks_on_certainties(const Node& root)
{
    return Certainties().of(root);
}

}  // namespace winnow::expr
