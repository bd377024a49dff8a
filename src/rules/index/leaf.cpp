#include "rules/index/leaf.hpp"

#include "rules/index/hash.hpp"
#include "rules/index/pattern.hpp"
#include "winnow/domain/severity.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace winnow::rules::index {

namespace {

using expr::Node;
using Kind = Node::Kind;
using Origin = Slot::Origin;

bool is_text_field(std::string_view name)
{
    return std::ranges::find(kFieldNames, name) != kFieldNames.end();
}

std::optional<double> level(std::string_view name)
{
    static constexpr std::array<std::pair<std::string_view, domain::Severity>, 4> kLevels = {
        {{"CRITICAL", domain::Severity::critical},
         {"ERROR", domain::Severity::error},
         {"WARNING", domain::Severity::warning},
         {"INFO", domain::Severity::info}}};
    for (const auto& [word, severity] : kLevels) {
        if (word == name) return static_cast<double>(severity);
    }
    return std::nullopt;
}

std::optional<double> number_of(const expr::Value& value)
{
    constexpr double kExact = 9007199254740992.0;  // 2^53
    double number = NAN;
    if (const auto* i = value.as<std::int64_t>()) number = static_cast<double>(*i);
    if (const auto* u = value.as<std::uint64_t>()) number = static_cast<double>(*u);
    if (const auto* d = value.as<double>()) number = *d;
    if (!(std::fabs(number) < kExact)) return std::nullopt;
    return number == 0 ? 0 : number;  // -0.0 is 0
}

std::optional<Constant> constant(const Node& node)
{
    if (node.kind == Kind::identifier) {
        const auto number = level(node.name);
        if (!number) return std::nullopt;
        return Constant{.type = Constant::Type::number, .number = *number, .text = {}};
    }
    if (node.kind == Kind::negate) {
        auto inner = constant(node.children[0]);
        if (!inner || inner->type != Constant::Type::number) return std::nullopt;
        if (inner->number != 0) inner->number = -inner->number;
        return inner;
    }
    if (node.kind != Kind::literal) return std::nullopt;
    if (const auto* text = node.value.as<std::string>()) {
        return Constant{.type = Constant::Type::text, .number = 0, .text = *text};
    }
    if (const auto* flag = node.value.as<bool>()) {
        return Constant{.type = Constant::Type::boolean, .number = *flag ? 1.0 : 0.0, .text = {}};
    }
    if (node.value.is_null()) return Constant{};
    const auto number = number_of(node.value);
    if (!number) return std::nullopt;
    return Constant{.type = Constant::Type::number, .number = *number, .text = {}};
}

const std::string* literal_text(const Node& node)
{
    return node.kind == Kind::literal ? node.value.as<std::string>() : nullptr;
}

bool is_name(const Node& node, std::string_view name)
{
    return node.kind == Kind::identifier && node.name == name;
}

/// The key of `x.key` and `x["key"]`.
const std::string* step_of(const Node& node)
{
    if (node.kind == Kind::select) return &node.name;
    return node.kind == Kind::index ? literal_text(node.children[1]) : nullptr;
}

std::optional<Slot> label_slot(const Node& node)
{
    const auto* name = step_of(node);
    if (name == nullptr || !is_name(node.children[0], "labels")) return std::nullopt;
    return Slot{.origin = Origin::label, .lower = false, .name = *name, .steps = {}};
}

std::optional<Slot> detail_slot(const Node& node)
{
    std::vector<std::string> steps;
    const auto* at = &node;
    for (const auto* step = step_of(*at); step != nullptr; step = step_of(*at)) {
        steps.push_back(*step);
        at = at->children.data();
    }
    if (steps.empty() || !is_name(*at, "details")) return std::nullopt;
    std::ranges::reverse(steps);
    return Slot{.origin = Origin::detail, .lower = false, .name = {}, .steps = std::move(steps)};
}

/// label("x"), labels[?"x"].orValue("") and labels.?x.orValue("").
std::optional<Slot> defaulted_slot(const Node& node)
{
    const std::string* name = nullptr;
    if (node.name == "label" && !node.method && node.children.size() == 1) {
        name = literal_text(node.children[0]);
    } else if (node.name == "orValue" && node.method && node.children.size() == 2) {
        const auto& optional = node.children[0];
        const auto* fallback = literal_text(node.children[1]);
        if (fallback == nullptr || !fallback->empty()) return std::nullopt;
        if (optional.kind == Kind::optional_select) name = &optional.name;
        if (optional.kind == Kind::optional_index) name = literal_text(optional.children[1]);
        if (name == nullptr || !is_name(optional.children[0], "labels")) return std::nullopt;
    }
    if (name == nullptr) return std::nullopt;
    return Slot{.origin = Origin::label_or_empty, .lower = false, .name = *name, .steps = {}};
}

std::optional<Slot> slot_of(const Node& node)
{
    if (node.kind == Kind::identifier) {
        if (node.name == "severity") return Slot{.origin = Origin::severity, .lower = false, .name = {}, .steps = {}};
        if (!is_text_field(node.name)) return std::nullopt;
        return Slot{.origin = Origin::field, .lower = false, .name = node.name, .steps = {}};
    }
    if (node.kind == Kind::call && node.name == "lowerAscii" && node.method && node.children.size() == 1) {
        auto slot = slot_of(node.children[0]);
        if (slot) slot->lower = true;
        return slot;
    }
    if (node.kind == Kind::call) return defaulted_slot(node);
    if (auto slot = label_slot(node)) return slot;
    return detail_slot(node);
}

std::optional<Leaf> leaf_on(const Node& operand, LeafKind kind)
{
    auto slot = slot_of(operand);
    if (!slot) return std::nullopt;
    Leaf leaf;
    leaf.kind = kind;
    leaf.slot = *std::move(slot);
    return leaf;
}

std::optional<Leaf> equality(const Node& node)
{
    auto with = constant(node.children[1]);
    const bool reversed = !with.has_value();
    if (reversed) with = constant(node.children[0]);
    if (!with) return std::nullopt;
    auto leaf = leaf_on(node.children[reversed ? 1 : 0], LeafKind::equals);
    if (leaf) leaf->constants.push_back(*std::move(with));
    return leaf;
}

LeafKind flipped(LeafKind kind) noexcept
{
    switch (kind) {
        case LeafKind::less: return LeafKind::greater;
        case LeafKind::less_equal: return LeafKind::greater_equal;
        case LeafKind::greater: return LeafKind::less;
        default: return LeafKind::less_equal;
    }
}

std::optional<Leaf> ordering(const Node& node, LeafKind kind)
{
    auto bound = constant(node.children[1]);
    const bool reversed = !bound.has_value();
    if (reversed) bound = constant(node.children[0]);
    if (!bound || bound->type != Constant::Type::number) return std::nullopt;
    auto leaf = leaf_on(node.children[reversed ? 1 : 0], reversed ? flipped(kind) : kind);
    if (leaf) leaf->bound = bound->number;
    return leaf;
}

/// has(labels.x), has(details.x): below that, whether it is an error depends on what stands above.
std::optional<Leaf> presence(const Node& of, const std::string& name)
{
    Leaf leaf;
    leaf.kind = LeafKind::has;
    if (is_name(of, "labels")) {
        leaf.slot = {.origin = Origin::label, .lower = false, .name = name, .steps = {}};
    } else if (is_name(of, "details")) {
        leaf.slot = {.origin = Origin::detail, .lower = false, .name = {}, .steps = {name}};
    } else {
        return std::nullopt;
    }
    return leaf;
}

std::optional<Leaf> membership(const Node& node)
{
    const auto& list = node.children[1];
    if (const auto* name = literal_text(node.children[0])) return presence(list, *name);
    if (list.kind != Kind::list || std::ranges::find(list.optional_at, true) != list.optional_at.end()) {
        return std::nullopt;
    }
    auto leaf = leaf_on(node.children[0], LeafKind::in);
    if (!leaf) return std::nullopt;
    for (const auto& item : list.children) {
        auto with = constant(item);
        if (!with) return std::nullopt;
        leaf->constants.push_back(*std::move(with));
    }
    return leaf;
}

std::optional<Leaf> text_test(const Node& node)
{
    if (node.children.size() != 2) return std::nullopt;
    const auto* text = literal_text(node.children[1]);
    if (text == nullptr) return std::nullopt;
    if (node.name == "matches" && node.regex) {
        auto leaf = leaf_on(node.children[0], LeafKind::regex);
        if (!leaf) return std::nullopt;
        leaf->text = *text;
        leaf->regex = node.regex;
        return leaf;
    }
    static constexpr std::array<std::pair<std::string_view, LeafKind>, 3> kTests = {
        {{"contains", LeafKind::contains}, {"startsWith", LeafKind::prefix}, {"endsWith", LeafKind::suffix}}};
    const auto* test = std::ranges::find(kTests, node.name, &std::pair<std::string_view, LeafKind>::first);
    if (test == kTests.end() || !node.method) return std::nullopt;
    auto leaf = leaf_on(node.children[0], test->second);
    if (leaf) leaf->text = *text;
    return leaf;
}

std::optional<Leaf> plain_leaf(const Node& node)
{
    switch (node.kind) {
        case Kind::equal:
        case Kind::not_equal: return equality(node);
        case Kind::in: return membership(node);
        case Kind::less: return ordering(node, LeafKind::less);
        case Kind::less_equal: return ordering(node, LeafKind::less_equal);
        case Kind::greater: return ordering(node, LeafKind::greater);
        case Kind::greater_equal: return ordering(node, LeafKind::greater_equal);
        case Kind::has: return presence(node.children[0], node.name);
        case Kind::call: return text_test(node);
        default: return std::nullopt;
    }
}

std::optional<ClassifiedLeaf> possibly_negated(const Node& node)
{
    if (node.kind == Kind::logical_not) {
        auto inner = possibly_negated(node.children[0]);
        if (inner) inner->negated = !inner->negated;
        return inner;
    }
    auto leaf = plain_leaf(node);
    if (!leaf) return std::nullopt;
    return ClassifiedLeaf{*std::move(leaf), node.kind == Kind::not_equal};
}

/// `has(labels.n) && test(labels.n) || !has(labels.n) && test(n)`: how a matcher reads the name of a field.
std::optional<ClassifiedLeaf> fallback_test(const Node& node)
{
    if (node.kind != Kind::logical_or || node.children.size() != 2) return std::nullopt;
    for (const auto& side : node.children) {
        if (side.kind != Kind::logical_and || side.children.size() != 2) return std::nullopt;
    }
    const auto present = possibly_negated(node.children[0].children[0]);
    const auto absent = possibly_negated(node.children[1].children[0]);
    if (!present || !absent || present->negated || !absent->negated) return std::nullopt;
    if (present->leaf.kind != LeafKind::has || absent->leaf.kind != LeafKind::has) return std::nullopt;
    auto label = possibly_negated(node.children[0].children[1]);
    const auto field = possibly_negated(node.children[1].children[1]);
    if (!label || !field || label->negated != field->negated) return std::nullopt;
    const auto& name = present->leaf.slot.name;
    const Slot as_label{.origin = Origin::label, .lower = false, .name = name, .steps = {}};
    const Slot as_field{.origin = Origin::field, .lower = false, .name = name, .steps = {}};
    const auto& a = label->leaf;
    const auto& b = field->leaf;
    if (present->leaf.slot != as_label || absent->leaf.slot != as_label || a.slot != as_label || b.slot != as_field ||
        a.kind != b.kind || a.constants != b.constants || a.text != b.text || is_range(a.kind)) {
        return std::nullopt;
    }
    label->leaf.slot.origin = Origin::label_or_field;
    return label;
}

/// A regex that is an equality is one.
void simplify(Leaf& leaf)
{
    if (leaf.kind == LeafKind::regex) {
        auto texts = exact_texts(leaf.text);
        if (texts) {
            leaf.kind = LeafKind::in;
            for (auto& text : *texts) {
                leaf.constants.push_back({.type = Constant::Type::text, .number = 0, .text = std::move(text)});
            }
            leaf.text.clear();
            leaf.regex.reset();
        }
    }
}

/// Whether a value of another type would make the regex an error, and the equality only false.
bool is_always_text(const Slot& slot)
{
    return slot.lower || slot.origin == Origin::field || slot.origin == Origin::label ||
           slot.origin == Origin::label_or_empty || slot.origin == Origin::label_or_field;
}

void append_part(std::string& key, std::string_view part)
{
    const auto size = static_cast<std::uint32_t>(part.size());
    for (unsigned shift = 0; shift < 32; shift += 8) key += static_cast<char>(size >> shift & 0xFFU);
    key += part;
}

}  // namespace

std::string_view bytes_of_number(const double& number) noexcept
{
    return {reinterpret_cast<const char*>(&number), sizeof number};
}

std::string_view bytes_of(const Constant& constant) noexcept
{
    return constant.type == Constant::Type::text ? std::string_view(constant.text) : bytes_of_number(constant.number);
}

void identify(Leaf& leaf)
{
    auto& key = leaf.key;
    key.clear();
    key += static_cast<char>('a' + static_cast<int>(leaf.slot.origin));
    key += leaf.slot.lower ? 'l' : '-';
    append_part(key, leaf.slot.name);
    for (const auto& step : leaf.slot.steps) append_part(key, step);
    leaf.slot_key = key.size();
    key += static_cast<char>('A' + static_cast<int>(leaf.kind));
    if (leaf.kind == LeafKind::in) {
        const auto order = [](const Constant& c) {
            return std::pair(c.type, bytes_of(c));
        };
        std::ranges::sort(leaf.constants, {}, order);
        const auto repeats = std::ranges::unique(leaf.constants);
        leaf.constants.erase(repeats.begin(), repeats.end());
        if (leaf.constants.size() == 1) {
            leaf.kind = LeafKind::equals;
            key.back() = static_cast<char>('A' + static_cast<int>(leaf.kind));
        }
    }
    for (const auto& constant : leaf.constants) {
        key += static_cast<char>('0' + static_cast<int>(constant.type));
        append_part(key, bytes_of(constant));
    }
    if (is_range(leaf.kind)) key += bytes_of_number(leaf.bound);
    key += leaf.text;
    leaf.hash = hash_bytes(key, 0);
    leaf.check = hash_bytes(key, 1);
}

std::optional<ClassifiedLeaf> classify(const Node& node)
{
    auto found = fallback_test(node);
    if (!found) found = possibly_negated(node);
    if (!found) return std::nullopt;
    auto& leaf = found->leaf;
    leaf.at = node.at;
    if (is_always_text(leaf.slot)) simplify(leaf);
    identify(leaf);
    return found;
}

Leaf opaque_leaf(const Node& node)
{
    Leaf leaf;
    leaf.node = std::make_shared<const Node>(node);
    leaf.text = expr::to_cel(node);
    leaf.at = node.at;
    identify(leaf);
    return leaf;
}

}  // namespace winnow::rules::index
