#pragma once

/// @file
/// Conditions: compiled once, evaluated often. Pure; no evaluation costs more than its budget.

#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/domain/alert.hpp"
#include "winnow/domain/rule.hpp"
#include "winnow/expr/ast.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace winnow::expr {

/// Save-time limits; what exceeds one is refused with a position.
struct Limits {
    std::size_t max_bytes = 8'192;
    std::size_t max_depth = 32;
    std::size_t max_leaves = 256;
    std::size_t max_literal_bytes = 1'024;
    std::size_t max_list = 1'000;
    std::size_t max_regex_bytes = 1'024;
    std::size_t max_macro_nesting = 2;
};

/// What an evaluation may cost. What an operation touches is what it pays, before it is done and rounded up, at every
/// depth; a step stands for at most some 40 ns (docs/conditions.md has the prices, `cost_search` holds them to it).
struct Budget {
    std::size_t steps = 20'000;
    /// What was spent on values that are made once an alert, however many conditions ask for them: `details`, `labels`
    /// and `links`. The door bounds them, so a condition does not pay for them; who counts for an alert adds this. And
    /// what the match took by which the evaluation ended, beyond all that it had (pattern.hpp).
    std::size_t beside = 0;

    /// False, and nothing is left, where the price is more than what is left.
    [[nodiscard]] bool charge(std::size_t price) noexcept
    {
        const bool allowed = price <= steps;
        steps = allowed ? steps - price : 0;
        return allowed;
    }
};

/// Names that a tree refers to. A value is looked up at most once an evaluation step; nullopt: no such name. What is
/// made once for all that ask goes to `budget.beside`; copying the value is paid for by who asks.
using Names = std::function<std::optional<Value>(std::string_view name, Budget& budget)>;

/// A parsed and checked expression of any type, immutable and shareable.
class Expression {
public:
    /// CEL. `known` says which top-level names exist; nullptr: nothing is resolved before it is
    /// evaluated, and names and functions that are unknown are errors then. Errors are an `invalid_argument` whose
    /// message is `line:column: what is wrong; what to do`, with the line and a caret below.
    [[nodiscard]] static Result<Expression> parse(std::string_view text, const Limits& limits = {},
                                                  const std::function<bool(std::string_view)>& known = nullptr);

    /// A tree made elsewhere (matchers, keywords); checked like a text.
    [[nodiscard]] static Result<Expression> make(Node root, const Limits& limits = {});

    /// Errors are values: EvalError. An expression that exceeds its budget is an error, too.
    [[nodiscard]] Value evaluate(const Names& names, Budget& budget) const;

    [[nodiscard]] const Node& root() const noexcept { return *root_; }

private:
    explicit Expression(std::shared_ptr<const Node> root) : root_(std::move(root)) {}
    std::shared_ptr<const Node> root_;
};

/// Evaluates a part of a checked tree.
[[nodiscard]] Value evaluate(const Node& node, const Names& names, Budget& budget);

/// A rule's condition in any syntax: names are those of an alert, the result is boolean.
[[nodiscard]] Result<Expression> compile_condition(std::string_view text, domain::RuleSyntax syntax);

/// An alert's names (docs/rules.md), with `now`. Refers to the alert, which must not change meanwhile.
[[nodiscard]] Names names_of(const domain::Alert& alert, Timestamp now);
[[nodiscard]] bool is_alert_name(std::string_view name) noexcept;

}  // namespace winnow::expr
