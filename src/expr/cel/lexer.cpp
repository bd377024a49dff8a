#include "expr/cel/lexer.hpp"

#include "expr/cel/string_literal.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace winnow::expr::cel {

namespace {

bool is_digit(char c) noexcept
{
    return c >= '0' && c <= '9';
}
bool begins_identifier(char c) noexcept
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool continues_identifier(char c) noexcept
{
    return begins_identifier(c) || is_digit(c);
}

class Lexer {
public:
    Lexer(std::string_view text, std::size_t max_literal) : text_(text), max_literal_(max_literal) {}

    std::expected<std::vector<Token>, SyntaxError> run()
    {
        std::vector<Token> tokens;
        while (true) {
            skip_blanks();
            Token token;
            token.at = at_;
            if (rest().empty()) {
                tokens.push_back(std::move(token));
                return tokens;
            }
            if (auto wrong = read(token); !wrong.empty()) return std::unexpected(SyntaxError{token.at, wrong});
            tokens.push_back(std::move(token));
        }
    }

private:
    [[nodiscard]] std::string_view rest() const { return text_.substr(offset_); }

    void advance(std::size_t bytes)
    {
        for (std::size_t i = 0; i < bytes; ++i) {
            const char c = text_[offset_++];
            if (c == '\n') {
                ++at_.line;
                at_.column = 1;
            } else if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) {  // not a code point's further byte
                ++at_.column;
            }
        }
    }

    void skip_blanks()
    {
        while (!rest().empty()) {
            const char c = rest().front();
            if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
                advance(1);
            } else if (rest().starts_with("//")) {
                advance(std::min(rest().find('\n'), rest().size()));
            } else {
                return;
            }
        }
    }

    /// "" or what is wrong.
    std::string read(Token& token)
    {
        const auto text = rest();
        if (begins_string(text)) return read_string_token(token);
        if (is_digit(text[0]) || (text[0] == '.' && text.size() > 1 && is_digit(text[1]))) return read_number(token);
        if (begins_identifier(text[0])) return read_identifier(token);
        if (text[0] == '`') return read_quoted_identifier(token);
        static constexpr std::array<std::string_view, 6> kPairs = {"&&", "||", "==", "!=", "<=", ">="};
        token.kind = Token::Kind::sign;
        for (const auto pair : kPairs) {
            if (text.starts_with(pair)) {
                token.text = pair;
                advance(pair.size());
                return "";
            }
        }
        if (std::string_view("()[]{}.,?:!-+*/%<>").contains(text[0])) {
            token.text = text[0];
            advance(1);
            return "";
        }
        return unexpected_character(text);
    }

    static std::string unexpected_character(std::string_view text)
    {
        if (text[0] == '=') return "= is no operator; == compares";
        if (text[0] == '&') return "& is no operator; && is \"and\"";
        if (text[0] == '|') return "| is no operator; || is \"or\"";
        std::size_t length = 1;
        while (length < text.size() && (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U) ++length;
        return "unexpected " + std::string(text.substr(0, length)) + "; text stands in quotes";
    }

    std::string read_string_token(Token& token)
    {
        auto literal = read_string(rest());
        if (!literal) return literal.error();
        if (literal->length > max_literal_) {
            return "this literal is longer than " + std::to_string(max_literal_) + " bytes";
        }
        token.kind = Token::Kind::literal;
        token.value = std::move(literal->value);
        advance(literal->length);
        return "";
    }

    std::string read_identifier(Token& token)
    {
        std::size_t length = 1;
        while (length < rest().size() && continues_identifier(rest()[length])) ++length;
        token.kind = Token::Kind::identifier;
        token.text = rest().substr(0, length);
        advance(length);
        return "";
    }

    std::string read_quoted_identifier(Token& token)
    {
        const auto end = rest().find('`', 1);
        const auto name = rest().substr(1, end == std::string_view::npos ? 0 : end - 1);
        constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-/ ";
        if (name.empty() || name.find_first_not_of(kAllowed) != std::string_view::npos) {
            return "a field between backquotes takes letters, digits, _ . - / and blanks";
        }
        token.kind = Token::Kind::quoted_identifier;
        token.text = name;
        advance(end + 1);
        return "";
    }

    std::string read_number(Token& token)
    {
        const auto text = rest();
        token.kind = Token::Kind::literal;
        if (text.starts_with("0x") || text.starts_with("0X")) return read_hex(token);
        std::size_t length = 0;
        bool whole = true;
        const auto digits = [&] {
            while (length < text.size() && is_digit(text[length])) ++length;
        };
        digits();
        if (length + 1 < text.size() && text[length] == '.' && is_digit(text[length + 1])) {
            whole = false;
            ++length;
            digits();
        }
        if (length < text.size() && (text[length] == 'e' || text[length] == 'E')) {
            auto exponent = length + 1;
            if (exponent < text.size() && (text[exponent] == '+' || text[exponent] == '-')) ++exponent;
            if (exponent < text.size() && is_digit(text[exponent])) {
                whole = false;
                length = exponent;
                digits();
            }
        }
        if (!whole) return finish_double(token, length);
        return finish_integer(token, text.substr(0, length), length, 10);
    }

    std::string read_hex(Token& token)
    {
        std::size_t length = 2;
        while (length < rest().size() && std::string_view("0123456789abcdefABCDEF").contains(rest()[length])) ++length;
        if (length == 2) return "a hexadecimal number needs digits after 0x";
        return finish_integer(token, rest().substr(2, length - 2), length, 16);
    }

    std::string finish_double(Token& token, std::size_t length)
    {
        double number = 0;
        const auto [end, wrong] = std::from_chars(rest().data(), rest().data() + length, number);
        if (wrong == std::errc::result_out_of_range) {
            number = std::strtod(std::string(rest().substr(0, length)).c_str(), nullptr);  // tiny ones become zero
            if (std::isinf(number)) return "this number is beyond what a double holds";
        }
        token.value = number;
        advance(length);
        return follows_number();
    }

    std::string finish_integer(Token& token, std::string_view digits, std::size_t length, int base)
    {
        std::uint64_t number = 0;
        const auto [end, wrong] = std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
        if (wrong != std::errc()) return "this number is beyond 64 bits";
        advance(length);
        if (!rest().empty() && (rest().front() == 'u' || rest().front() == 'U')) {
            token.value = number;
            advance(1);
            return follows_number();
        }
        constexpr auto kLargest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
        if (number > kLargest + 1) return "this number is beyond 64 bits; write u after it for an unsigned one";
        token.too_large_unless_negated = number == kLargest + 1;
        token.value = static_cast<std::int64_t>(number);
        return follows_number();
    }

    [[nodiscard]] std::string follows_number() const
    {
        const bool joined = !rest().empty() && continues_identifier(rest().front());
        return joined ? "a letter follows this number; text stands in quotes" : "";
    }

    std::string_view text_;
    std::size_t max_literal_;
    std::size_t offset_ = 0;
    Position at_;
};

}  // namespace

std::expected<std::vector<Token>, SyntaxError> lex(std::string_view text, std::size_t max_literal_bytes)
{
    return Lexer(text, max_literal_bytes).run();
}

}  // namespace winnow::expr::cel
