#include "expr/functions/function.hpp"
#include "expr/prices.hpp"
#include "expr/values/operators.hpp"
#include "winnow/expr/condition.hpp"
#include "winnow/expr/pattern.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace winnow::expr {

namespace {

using Kind = Node::Kind;

/// One evaluation. Recursion is bounded by the depth that the tree was checked for.
class Evaluation {
public:
    Evaluation(const Names& names, Budget& budget) : names_(names), budget_(budget) {}

    Value run(const Node& node)
    {
        if (!budget_.charge(1)) return over_budget();
        switch (node.kind) {
            case Kind::literal: return copied(node.value, budget_);
            case Kind::identifier: return identifier(node);
            case Kind::select: return select(run(node.children[0]), node.name, budget_);
            case Kind::optional_select: return optional_select(run(node.children[0]), node.name, budget_);
            case Kind::has: return has(run(node.children[0]), node.name, budget_);
            case Kind::index: return indexed(node, index_into);
            case Kind::optional_index: return indexed(node, optional_index_into);
            case Kind::call: return call(node);
            case Kind::list: return list(node);
            case Kind::map: return map(node);
            case Kind::macro: return macro(node);
            case Kind::conditional: return conditional(node);
            case Kind::logical_and: return logical(node, false);
            case Kind::logical_or: return logical(node, true);
            case Kind::logical_not: return strict1(node, logical_not);
            case Kind::negate: return strict1(node, negate);
            default: return binary(node);
        }
    }

private:
    Value identifier(const Node& node)
    {
        for (auto at = variables_.rbegin(); at != variables_.rend(); ++at) {
            if (*at->first == node.name) return copied(*at->second, budget_);
        }
        if (auto value = names_(node.name, budget_)) {
            // What is there for the asking is bounded, so that it may be paid for when its size is known.
            constexpr std::size_t kMade = 2;
            return budget_.charge(1 + kMade * price::of_copy(*value)) ? *std::move(value) : over_budget();
        }
        return Value::error("undeclared reference to '" + node.name + "'");
    }

    template <typename Operator>
    Value strict1(const Node& node, Operator operate)
    {
        auto value = run(node.children[0]);
        return value.is_error() ? value : operate(value);
    }

    template <typename Operator>
    Value strict2(const Node& node, Operator operate)
    {
        auto left = run(node.children[0]);
        if (left.is_error()) return left;
        auto right = run(node.children[1]);
        if (right.is_error()) return right;
        return operate(left, right);
    }

    /// Nothing is in an optional without a value, whatever the key.
    template <typename Operator>
    Value indexed(const Node& node, Operator operate)
    {
        auto container = run(node.children[0]);
        const auto* optional = container.as<Optional>();
        if (container.is_error() || (optional != nullptr && !optional->value)) return container;
        const auto key = run(node.children[1]);
        return key.is_error() ? key : operate(container, key, budget_);
    }

    Value binary(const Node& node)
    {
        return strict2(node,
                       [&](const Value& left, const Value& right) { return operate(node.kind, left, right, budget_); });
    }

    /// An error that ends nothing: there may be many, and each was put into words.
    bool swallow() { return budget_.charge(price::kSwallowed); }

    /// CEL's && and ||: an operand that decides makes errors of the others go away.
    Value logical(const Node& node, bool deciding)
    {
        Value trouble;
        bool troubled = false;
        for (const auto& child : node.children) {
            auto value = run(child);
            if (const auto* flag = value.as<bool>()) {
                if (*flag == deciding) return deciding;
                continue;
            }
            if (!swallow()) return over_budget();
            if (std::exchange(troubled, true)) continue;
            trouble = value.is_error() ? std::move(value)
                                       : no_overload(deciding ? "_||_" : "_&&_", std::array{std::move(value)});
        }
        return troubled ? trouble : Value(!deciding);
    }

    Value conditional(const Node& node)
    {
        auto condition = run(node.children[0]);
        if (condition.is_error()) return condition;
        const auto* flag = condition.as<bool>();
        if (flag == nullptr) return no_overload("_?_:_", std::array{std::move(condition)});
        return run(node.children[*flag ? 1 : 2]);
    }

    Value call(const Node& node)
    {
        if (node.function == kUnknownFunction) return Value::error("there is no function " + node.name + "()");
        const auto& function = functions()[node.function];
        if (function.lazy != Function::Lazy::no) return otherwise(node, function);
        std::vector<Value> arguments;
        arguments.reserve(node.children.size());
        for (const auto& child : node.children) {
            arguments.push_back(run(child));
            if (arguments.back().is_error()) return std::move(arguments.back());
        }
        if (node.regex) {
            const auto* text = arguments[0].as<std::string>();
            if (text == nullptr) return no_overload("matches", arguments);
            const auto found = matches(*node.regex, *text, budget_);
            return found ? Value(*found) : over_budget();
        }
        if (node.name == "label" && arguments[0].is<std::string>()) return label(arguments[0]);
        return function.call(arguments, budget_);
    }

    /// a.or(b), a.orValue(b): b may fail, or cost much, where a has a value.
    Value otherwise(const Node& node, const Function& function)
    {
        auto value = run(node.children[0]);
        if (value.is_error()) return value;
        const auto* optional = value.as<Optional>();
        if (optional == nullptr) return no_overload(node.name, std::array{std::move(value)});
        if (!optional->value) return run(node.children[1]);
        return function.lazy == Function::Lazy::unwraps ? copied(*optional->value, budget_) : value;
    }

    /// labels[?name].orValue("")
    Value label(const Value& name)
    {
        const auto labels = names_("labels", budget_);
        const auto* map = labels ? labels->as_map() : nullptr;
        if (map == nullptr) return Value::error("there are no labels here");
        if (!budget_.charge(price::kMapFound + price::blocks(name.as<std::string>()->size(), price::kRead))) {
            return over_budget();
        }
        const auto* found = map->find(name);
        return found != nullptr ? copied(*found, budget_) : Value("");
    }

    Value list(const Node& node)
    {
        List items;
        items.reserve(node.children.size());
        for (std::size_t i = 0; i < node.children.size(); ++i) {
            auto item = run(node.children[i]);
            if (item.is_error()) return item;
            if (node.optional_at[i]) {
                const auto* optional = item.as<Optional>();
                if (optional == nullptr) return Value::error("an element after ? must be an optional value");
                if (!optional->value) continue;
                if (!budget_.charge(price::of_copy(*optional->value))) return over_budget();
                item = Value(*optional->value);
            }
            if (!budget_.charge(price::of_keeping(item))) return over_budget();
            items.push_back(std::move(item));
        }
        return Value::list(std::move(items));
    }

    Value map(const Node& node)
    {
        Map entries;
        for (std::size_t i = 0; i + 1 < node.children.size(); i += 2) {
            auto key = run(node.children[i]);
            if (key.is_error()) return key;
            auto value = run(node.children[i + 1]);
            if (value.is_error()) return value;
            if (node.optional_at[i / 2]) {
                const auto* optional = value.as<Optional>();
                if (optional == nullptr) return Value::error("a value after ? must be an optional value");
                if (!optional->value) continue;
                if (!budget_.charge(price::of_copy(*optional->value))) return over_budget();
                value = Value(*optional->value);
            }
            if (!is_map_key(key)) return Value::error("a map's key is a string, a bool or a whole number");
            const auto* text = key.as<std::string>();
            const auto bytes = text == nullptr ? 0 : text->size();
            const auto entry = price::kMapEntry + price::blocks(bytes, price::kRead);
            if (!budget_.charge(entry + price::of_keeping(key) + price::of_keeping(value))) return over_budget();
            if (!entries.insert(key, std::move(value))) return Value::error("the key " + shown(key) + " repeats");
        }
        return Value::map(std::move(entries));
    }

    // ------------------------------------------------------------------ macros

    Value macro(const Node& node)
    {
        auto range = run(node.children[0]);
        if (range.is_error()) return range;
        if (node.name == "optMap" || node.name == "optFlatMap") return over_optional(node, range);
        if (const auto* list = range.as_list()) return over(node, *list);
        if (const auto* map = range.as_map()) {
            List keys;
            keys.reserve(map->entries().size());
            for (const auto& [key, value] : map->entries()) {
                if (!budget_.charge(1 + price::of_copy(key) + price::of_keeping(key))) return over_budget();
                keys.push_back(key);
            }
            return over(node, keys);
        }
        return no_overload(node.name, std::array{std::move(range)});
    }

    Value over(const Node& node, const List& items)
    {
        if (node.name == "all") return quantified(node, items, false);
        if (node.name == "exists") return quantified(node, items, true);
        if (node.name == "exists_one") return exists_one(node, items);
        return mapped(node, items);
    }

    Value with(const Node& node, const Value& item, const Node& body)
    {
        variables_.emplace_back(&node.variable, &item);
        auto value = run(body);
        variables_.pop_back();
        return value;
    }

    Value quantified(const Node& node, const List& items, bool deciding)
    {
        Value trouble;
        bool troubled = false;
        for (const auto& item : items) {
            auto value = with(node, item, node.children[1]);
            if (const auto* flag = value.as<bool>()) {
                if (*flag == deciding) return deciding;
                continue;
            }
            if (!swallow()) return over_budget();
            if (!std::exchange(troubled, true)) {
                trouble = value.is_error() ? std::move(value) : no_overload(node.name, std::array{std::move(value)});
            }
        }
        return troubled ? trouble : Value(!deciding);
    }

    Value exists_one(const Node& node, const List& items)
    {
        std::size_t found = 0;
        for (const auto& item : items) {
            auto value = with(node, item, node.children[1]);
            if (value.is_error()) return value;
            const auto* flag = value.as<bool>();
            if (flag == nullptr) return no_overload(node.name, std::array{std::move(value)});
            found += *flag ? 1 : 0;
        }
        return found == 1;
    }

    /// map(x, f), map(x, p, f) and filter(x, p).
    Value mapped(const Node& node, const List& items)
    {
        const bool is_filter = node.name == "filter";
        const bool has_filter = is_filter || node.children.size() == 3;
        List out;
        for (const auto& item : items) {
            if (has_filter) {
                auto keep = with(node, item, node.children[1]);
                if (keep.is_error()) return keep;
                const auto* flag = keep.as<bool>();
                if (flag == nullptr) return no_overload(node.name, std::array{std::move(keep)});
                if (!*flag) continue;
            }
            if (!budget_.charge(1)) return over_budget();
            auto value = is_filter ? copied(item, budget_) : with(node, item, node.children.back());
            if (value.is_error()) return value;
            if (!budget_.charge(price::of_keeping(value))) return over_budget();
            out.push_back(std::move(value));
        }
        return Value::list(std::move(out));
    }

    Value over_optional(const Node& node, const Value& range)
    {
        const auto* optional = range.as<Optional>();
        if (optional == nullptr) return no_overload(node.name, std::array{range});
        if (!optional->value) return Optional{};
        auto value = with(node, *optional->value, node.children[1]);
        if (value.is_error()) return value;
        return node.name == "optMap" ? Optional{std::make_shared<const Value>(std::move(value))} : value;
    }

    const Names& names_;
    Budget& budget_;
    /// What macros go through stays where it is while they do.
    std::vector<std::pair<const std::string*, const Value*>> variables_;
};

}  // namespace

Value evaluate(const Node& node, const Names& names, Budget& budget)
{
    return Evaluation(names, budget).run(node);
}

Value Expression::evaluate(const Names& names, Budget& budget) const
{
    return expr::evaluate(*root_, names, budget);
}

}  // namespace winnow::expr
