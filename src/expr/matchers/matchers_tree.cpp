#include "expr/matchers/matchers_tree.hpp"

#include "expr/build.hpp"
#include "winnow/domain/severity.hpp"
#include "winnow/expr/condition.hpp"

#include <array>

namespace winnow::expr {

namespace {

using Kind = Node::Kind;

bool is_negative(Matcher::Op op)
{
    return op == Matcher::Op::not_equal || op == Matcher::Op::not_regex;
}

/// The test of one text, without the negation.
Node positive_test(const Matcher& matcher, Node of)
{
    if (matcher.op() == Matcher::Op::equal || matcher.op() == Matcher::Op::not_equal) {
        return make(Kind::equal, std::move(of), literal(matcher.value()));
    }
    return call_method("matches", std::move(of), literal("^(?:" + matcher.value() + ")$"));
}

Node test(const Matcher& matcher, Node of)
{
    auto positive = positive_test(matcher, std::move(of));
    if (!is_negative(matcher.op())) return positive;
    if (positive.kind == Kind::equal) {
        positive.kind = Kind::not_equal;
        return positive;
    }
    return make(Kind::logical_not, std::move(positive));
}

/// Severities are numbers in CEL and words in matchers: those whose words pass.
Node severity_test(const Matcher& matcher)
{
    static constexpr std::array kAll = {domain::Severity::critical, domain::Severity::error, domain::Severity::warning,
                                        domain::Severity::info};
    auto list = make(Kind::list);
    for (const auto severity : kAll) {
        domain::Alert alert;
        alert.severity = severity;
        if (!matcher.matches(alert)) continue;
        list.children.push_back(literal(static_cast<std::int64_t>(severity)));
        list.optional_at.push_back(false);
    }
    return make(Kind::in, identifier("severity"), std::move(list));
}

Node field_test(const Matcher& matcher)
{
    return matcher.name() == "severity" ? severity_test(matcher) : test(matcher, identifier(matcher.name()));
}

/// Matchers see these of an alert's fields.
bool is_field(std::string_view name)
{
    static constexpr std::array<std::string_view, 12> kFields = {"title",       "description", "source",   "service",
                                                                 "component",   "group",       "class",    "dedup_key",
                                                                 "integration", "status",      "severity", "text"};
    for (const auto field : kFields) {
        if (field == name) return true;
    }
    return false;
}

Node tree_of(const Matcher& matcher)
{
    if (!is_field(matcher.name())) return test(matcher, call("label", literal(matcher.name())));
    auto present = make(Kind::has, identifier("labels"));
    present.name = matcher.name();
    auto label = make(Kind::select, identifier("labels"));
    label.name = matcher.name();
    auto absent = make(Kind::logical_not, present);
    return make(Kind::logical_or, make(Kind::logical_and, std::move(present), test(matcher, std::move(label))),
                make(Kind::logical_and, std::move(absent), field_test(matcher)));
}

}  // namespace

Node tree_of(const std::vector<Matcher>& matchers)
{
    if (matchers.empty()) return literal(true);
    if (matchers.size() == 1) return tree_of(matchers.front());
    auto all = make(Kind::logical_and);
    for (const auto& matcher : matchers) all.children.push_back(tree_of(matcher));
    return all;
}

}  // namespace winnow::expr
