#include "expr/cel/parser.hpp"

#include "expr/cel/grammar.hpp"
#include "winnow/base/text.hpp"

#include <utility>

namespace winnow::expr::cel {

std::expected<Node, SyntaxError> parse(std::string_view text, const Limits& limits)
{
    if (text.size() > limits.max_bytes) {
        return std::unexpected(SyntaxError{{}, "longer than " + std::to_string(limits.max_bytes) + " bytes"});
    }
    if (!is_valid_utf8(text)) return std::unexpected(SyntaxError{{}, "not UTF-8"});
    auto tokens = lex(text, limits.max_literal_bytes);
    if (!tokens) return std::unexpected(std::move(tokens).error());
    try {
        return Grammar(*std::move(tokens), limits).run();
    } catch (Failure& failure) {
        return std::unexpected(std::move(failure.error));
    }
}

}  // namespace winnow::expr::cel
