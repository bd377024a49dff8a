#pragma once

/// @file
/// A parsed condition. All three syntaxes (CEL, matchers, keywords) become this tree.

#include "winnow/expr/value.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace re2 {
class RE2;
}

namespace winnow::expr {

/// Where something stands in a condition's text: 1-based; columns count code points.
struct Position {
    std::uint32_t line = 1;
    std::uint32_t column = 1;
    friend bool operator==(const Position&, const Position&) = default;
};

struct Node {
    enum class Kind : std::uint8_t {
        literal,          ///< `value`
        identifier,       ///< `name`, perhaps qualified: `optional.none`
        select,           ///< children[0].name
        optional_select,  ///< children[0].?name
        has,              ///< has(children[0].name)
        index,            ///< children[0][children[1]]
        optional_index,   ///< children[0][?children[1]]
        call,             ///< name(children…); with `method` children[0] is what it is called on
        list,             ///< children; those marked in `optional_at` are optional elements
        map,              ///< children: key, value, key, value…; `optional_at` marks entries
        macro,            ///< name: all, exists, exists_one, map, filter; variable; children: range, body[, transform]
        conditional,      ///< children: condition, then, else
        logical_and,      ///< two or more children: a && b && c is one node
        logical_or,
        logical_not,
        negate,
        equal,
        not_equal,
        less,
        less_equal,
        greater,
        greater_equal,
        in,
        add,
        subtract,
        multiply,
        divide,
        modulo,
    };

    Kind kind = Kind::literal;
    bool method = false;
    Position at;
    Value value;
    std::string name;
    std::string variable;
    std::vector<Node> children;
    std::vector<bool> optional_at;
    /// `matches` with a literal pattern: compiled when checked. Matches anywhere in the text.
    std::shared_ptr<const re2::RE2> regex;
    std::uint16_t function = 0;  ///< `call`: index of the function, set when checked.
};

/// Back to CEL text, fully parenthesised where precedence asks for it. Parsing it gives the same tree.
[[nodiscard]] std::string to_cel(const Node& node);

}  // namespace winnow::expr
