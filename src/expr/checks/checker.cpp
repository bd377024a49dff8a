#include "expr/checks/checker.hpp"

#include "expr/functions/function.hpp"
#include "expr/patterns/regex.hpp"
#include "winnow/base/text.hpp"
#include "winnow/domain/alert.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace winnow::expr {

namespace {

using Kind = Node::Kind;

constexpr std::array<std::string_view, 13> kTypes = {"bool",
                                                     "int",
                                                     "uint",
                                                     "double",
                                                     "string",
                                                     "bytes",
                                                     "list",
                                                     "map",
                                                     "null_type",
                                                     "type",
                                                     "optional_type",
                                                     "google.protobuf.Timestamp",
                                                     "google.protobuf.Duration"};

struct Failure {
    cel::SyntaxError error;
};

class Checker {
public:
    Checker(const Limits& limits, const std::function<bool(std::string_view)>& known) : limits_(limits), known_(known)
    {
    }

    void check(Node& node, std::size_t depth, std::size_t macros)
    {
        if (depth > limits_.max_depth) {
            fail(node, "this is nested more than " + std::to_string(limits_.max_depth) + " deep; split the rule");
        }
        resolve_qualified(node);
        switch (node.kind) {
            case Kind::literal: return check_literal(node);
            case Kind::identifier: return check_identifier(node);
            case Kind::macro: return check_macro(node, depth, macros);
            case Kind::call: resolve_namespace(node); break;
            default: break;
        }
        for (auto& child : node.children) check(child, depth + 1, macros);
        if (node.kind == Kind::call) check_call(node);
    }

private:
    [[noreturn]] static void fail(const Node& node, std::string message)
    {
        throw Failure{{node.at, std::move(message)}};
    }

    void count_leaf(const Node& node)
    {
        if (++leaves_ > limits_.max_leaves) {
            fail(node, "more than " + std::to_string(limits_.max_leaves) + " names and literals; split the rule");
        }
    }

    [[nodiscard]] bool is_variable(std::string_view name) const
    {
        return std::ranges::find(variables_, name) != variables_.end();
    }

    void check_literal(const Node& node)
    {
        count_leaf(node);
        const auto* text = node.value.as<std::string>();
        if (text != nullptr && text->size() > limits_.max_literal_bytes) {
            fail(node, "this literal is longer than " + std::to_string(limits_.max_literal_bytes) + " bytes");
        }
    }

    void check_identifier(Node& node)
    {
        count_leaf(node);
        if (is_variable(node.name) || (known_ && known_(node.name))) return;
        if (std::ranges::find(kTypes, node.name) != kTypes.end()) {
            node.kind = Kind::literal;
            node.value = TypeName{node.name};
            return;
        }
        if (known_) fail(node, "there is nothing named " + node.name + suggestion(node.name));
    }

    static std::string suggestion(std::string_view name)
    {
        static constexpr std::array<std::string_view, 22> kNames = {
            "title", "description", "status",   "severity", "source",  "service",   "component",   "group",
            "class", "dedup_key",   "labels",   "details",  "links",   "starts_at", "received_at", "now",
            "text",  "integration", "CRITICAL", "ERROR",    "WARNING", "INFO"};
        std::string lower(name);
        for (auto& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
        if (domain::parse_alert_status(lower)) return "; a status is a text: write \"" + lower + '"';
        const auto near = nearest(name, kNames);
        if (!near.empty()) return "; did you mean " + near + "?";
        return "; a label is labels." + std::string(name) + ", a text stands in quotes";
    }

    /// `a.b.c` where that is one known name or a type's.
    void resolve_qualified(Node& node) const
    {
        if (node.kind != Kind::select) return;
        const auto name = dotted(node);
        if (name.empty() || is_variable(name.substr(0, name.find('.')))) return;
        if ((known_ && known_(name)) || std::ranges::find(kTypes, name) != kTypes.end()) {
            node.kind = Kind::identifier;
            node.name = name;
            node.children.clear();
        }
    }

    /// "a.b.c" where the node is just that; else "".
    static std::string dotted(const Node& node)
    {
        if (node.kind == Kind::identifier) return node.name;
        if (node.kind != Kind::select) return "";
        const auto from = dotted(node.children[0]);
        return from.empty() ? "" : from + "." + node.name;
    }

    /// optional.of(x) is a function in a namespace, not a method of `optional`.
    void resolve_namespace(Node& node) const
    {
        if (!node.method) return;
        const auto space = dotted(node.children[0]);
        if (space.empty() || is_variable(space) || !find_function(space + "." + node.name, false)) return;
        node.name = space + "." + node.name;
        node.method = false;
        node.children.erase(node.children.begin());
    }

    void check_macro(Node& node, std::size_t depth, std::size_t macros)
    {
        if (macros >= limits_.max_macro_nesting) {
            fail(node, "macros are nested more than " + std::to_string(limits_.max_macro_nesting) + " deep");
        }
        check(node.children[0], depth + 1, macros);
        variables_.push_back(node.variable);
        for (std::size_t i = 1; i < node.children.size(); ++i) check(node.children[i], depth + 1, macros + 1);
        variables_.pop_back();
    }

    void check_call(Node& node) const
    {
        const auto found = find_function(node.name, node.method);
        if (!found && !known_) {
            node.function = kUnknownFunction;
            return;
        }
        if (!found) fail_unknown(node);
        const auto& function = functions()[*found];
        if (node.children.size() < function.least || node.children.size() > function.most) {
            const auto hidden = node.method ? 1U : 0U;
            fail(node, node.name + "() takes " + std::to_string(function.least - hidden) +
                           (function.most > function.least ? " to " + std::to_string(function.most - hidden) : "") +
                           " arguments, not " + std::to_string(node.children.size() - hidden));
        }
        node.function = *found;
        if (node.name == "matches") compile_pattern(node);
    }

    [[noreturn]] static void fail_unknown(const Node& node)
    {
        if (find_function(node.name, !node.method)) {
            fail(node, node.method ? "write " + node.name + "(…), it is no method"
                                   : node.name + "() is called on a value: x." + node.name + "(…)");
        }
        std::vector<std::string> names;
        for (const auto& function : functions()) names.emplace_back(function.name);
        const auto near = nearest(node.name, names);
        fail(node, "there is no function " + node.name + "()" + (near.empty() ? "" : "; did you mean " + near + "()?"));
    }

    static void compile_pattern(Node& node)
    {
        const auto* pattern = node.children[1].value.as<std::string>();
        if (node.children[1].kind != Kind::literal || pattern == nullptr) {
            fail(node.children[1], "the pattern of matches() is a text in quotes");
        }
        auto regex = compile_regex(*pattern);
        if (!regex) fail(node.children[1], "this regular expression is refused: " + regex.error().message());
        node.regex = *std::move(regex);
    }

    const Limits& limits_;
    const std::function<bool(std::string_view)>& known_;
    std::vector<std::string> variables_;
    std::size_t leaves_ = 0;
};

}  // namespace

std::optional<cel::SyntaxError> check(Node& root, const Limits& limits,
                                      const std::function<bool(std::string_view)>& known)
{
    try {
        Checker(limits, known).check(root, 1, 0);
        return std::nullopt;
    } catch (Failure& failure) {
        return std::move(failure.error);
    }
}

}  // namespace winnow::expr
