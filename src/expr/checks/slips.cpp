#include "expr/checks/slips.hpp"

#include "expr/matchers/matcher_lexer.hpp"
#include "expr/values/alert_words.hpp"
#include "winnow/base/text.hpp"
#include "winnow/domain/alert.hpp"
#include "winnow/domain/words.hpp"
#include "winnow/expr/matchers.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace winnow::expr {

namespace {

using Kind = Node::Kind;
using TokenKind = MatcherToken::Kind;

/// Long enough that a name near one of them is hardly meant.
constexpr std::array<std::string_view, 9> kLongFields = {"title",     "description", "source",   "service", "component",
                                                         "dedup_key", "integration", "severity", "status"};

// ---------------------------------------------------------------------- CEL

const std::string* text_of_literal(const Node& node)
{
    return node.kind == Kind::literal ? node.value.as<std::string>() : nullptr;
}

std::optional<cel::SyntaxError> status_slip(const Node& literal)
{
    const auto* word = text_of_literal(literal);
    const auto wrong = word == nullptr ? std::nullopt : no_status(*word);
    if (!wrong) return std::nullopt;
    return cel::SyntaxError{
        literal.at, "no alert's status is " + to_text(*word) + ", but firing, acknowledged or resolved" + *wrong};
}

bool is_status(const Node& node)
{
    return node.kind == Kind::identifier && node.name == "status";
}

// ---------------------------------------------------------------------- matchers

/// Names as they are written, quotes and all, in order. The text has been parsed.
std::vector<MatcherToken> names_in(std::string_view text)
{
    std::vector<MatcherToken> names;
    MatcherLexer lexer(text);
    MatcherToken last;
    for (auto token = lexer.peek(); token && token->kind != TokenKind::end; token = lexer.peek()) {
        if (token->kind == TokenKind::op) names.push_back(last);
        last = *token;
        lexer.advance();
    }
    return names;
}

bool is_negative(const Matcher& matcher)
{
    return matcher.op() == Matcher::Op::not_equal || matcher.op() == Matcher::Op::not_regex;
}

/// A value that none of the field's words has: so it is always false, or always true, but for a label of that name.
template <typename Word>
std::optional<std::string> odd_value(const Matcher& matcher, std::span<const Word> values, Word domain::Alert::* member)
{
    // How many of them the matcher lets through, where no label stands before the field.
    const auto passed = static_cast<std::size_t>(std::ranges::count_if(values, [&](Word value) {
        domain::Alert alert;
        alert.*member = value;
        return matcher.matches(alert);
    }));
    if (passed != (is_negative(matcher) ? values.size() : 0)) return std::nullopt;
    return matcher.str() + " is " + (is_negative(matcher) ? "true" : "false") + " for every alert without a label " +
           matcher.name() + ": an alert's own " + matcher.name() + " is " + domain::listed(values, " or ") +
           suggestion(matcher.value(), domain::words_of(values)).value_or("");
}

std::optional<std::string> odd_value(const Matcher& matcher)
{
    if (matcher.name() == "severity") return odd_value(matcher, domain::severities(), &domain::Alert::severity);
    if (matcher.name() == "status") return odd_value(matcher, domain::alert_statuses(), &domain::Alert::status);
    return std::nullopt;
}

/// Short names lie near many a label's (`test` and `text`): these are taken for slips only where a letter within or at
/// the end was left out, was doubled, or two changed places.
constexpr std::array<std::string_view, 3> kShortFields = {"group", "class", "text"};

bool is_slip_of(std::string_view name, std::string_view field)
{
    const auto without = [](std::string_view text, std::size_t i) {
        return std::string(text.substr(0, i)) + std::string(text.substr(i + 1));
    };
    if (name.size() + 1 == field.size()) {
        for (std::size_t i = 1; i < field.size(); ++i) {
            if (without(field, i) == name) return true;
        }
    }
    if (name.size() == field.size() + 1) {
        for (std::size_t i = 1; i < name.size(); ++i) {
            if (name[i] == name[i - 1] && without(name, i) == field) return true;
        }
    }
    if (name.size() != field.size()) return false;
    const auto at = static_cast<std::size_t>(std::ranges::mismatch(name, field).in1 - name.begin());
    return at + 1 < name.size() && name[at] == field[at + 1] && name[at + 1] == field[at] &&
           name.substr(at + 2) == field.substr(at + 2);
}

std::optional<std::string> odd_name(std::string_view written)
{
    const std::string name(written);
    static constexpr std::array<std::string_view, 6> kUnseen = {"details",   "labels",      "links",
                                                                "starts_at", "received_at", "now"};
    if (std::ranges::find(kUnseen, name) != kUnseen.end()) {
        return "matchers do not see an alert's " + name + ": this is a label called " + name + "; CEL sees it";
    }
    constexpr std::size_t kNear = 2;
    for (const auto field : kLongFields) {
        if (name == field) return std::nullopt;
    }
    if (const auto dot = name.find('.');
        dot != std::string::npos && edit_distance(name.substr(0, std::min<std::size_t>(dot, 16)), "labels") <= kNear) {
        return "this is a label called " + name + "; did you mean the label " + name.substr(dot + 1) + "?";
    }
    const auto meant = [&](std::string_view field) {
        return "there is no field " + name + ", so this is a label called " + name + "; did you mean " +
               std::string(field) + "?";
    };
    for (const auto field : kLongFields) {
        if (edit_distance(name.substr(0, 64), field) <= kNear) return meant(field);
    }
    for (const auto field : kShortFields) {
        if (is_slip_of(name, field)) return meant(field);
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::string> slip_in_name(std::string_view name)
{
    constexpr std::string_view kLabels = "labels.";
    if (name.starts_with(kLabels)) {
        return "a matcher names a label as it is: write " + std::string(name.substr(kLabels.size()));
    }
    if (name.starts_with("details.")) return "matchers do not see details, CEL does";
    return std::nullopt;
}

std::optional<std::string> remark_on_name(std::string_view name)
{
    return odd_name(name);
}

// Recursion is bounded by the depth that the tree was checked for.
std::optional<cel::SyntaxError> slip_in(const Node& node)
{
    if (node.kind == Kind::equal || node.kind == Kind::not_equal) {
        for (std::size_t i = 0; i < 2; ++i) {
            if (!is_status(node.children[i])) continue;
            if (auto wrong = status_slip(node.children[1 - i])) return wrong;
        }
    }
    if (node.kind == Kind::in && is_status(node.children[0]) && node.children[1].kind == Kind::list) {
        for (const auto& item : node.children[1].children) {
            if (auto wrong = status_slip(item)) return wrong;
        }
    }
    for (const auto& child : node.children) {
        if (auto wrong = slip_in(child)) return wrong;
    }
    return std::nullopt;
}

std::optional<std::string> slip_in_matchers(std::string_view text)
{
    for (const auto& name : names_in(text)) {
        if (name.kind != TokenKind::word) continue;
        const auto where = std::to_string(name.first_column) + ":" + std::to_string(name.last_column) + ": ";
        const auto written = std::string(name.text);
        if (const auto slip = slip_in_name(written)) {
            return where + written + ": " + *slip + " (a label that is called " + written + " stands in quotes)";
        }
    }
    return std::nullopt;
}

std::vector<Remark> remarks_on_matchers(std::string_view text)
{
    std::vector<Remark> remarks;
    const auto matchers = parse_matchers(text);
    if (!matchers) return remarks;
    const auto names = names_in(text);
    for (std::size_t i = 0; i < matchers->size(); ++i) {
        const auto& matcher = (*matchers)[i];
        if (i < names.size() && names[i].kind == TokenKind::quoted) continue;  // a label is meant
        auto odd = odd_value(matcher);
        if (!odd) odd = odd_name(matcher.name());
        if (odd) remarks.push_back({.at = {}, .message = *std::move(odd)});
    }
    return remarks;
}

}  // namespace winnow::expr
