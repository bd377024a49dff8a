#include "expr/keywords/keywords.hpp"

#include "expr/build.hpp"
#include "expr/values/alert_words.hpp"
#include "winnow/base/text.hpp"
#include "winnow/domain/severity.hpp"
#include "winnow/domain/words.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace winnow::expr {

namespace {

using Kind = Node::Kind;

struct Word {
    enum class Kind : std::uint8_t { word, quoted, open, close, op_and, op_or, op_not, end };
    Kind kind = Kind::end;
    std::string text;
    std::string field;  ///< "" : anywhere.
    Position at;
};

struct Failure {
    cel::SyntaxError error;
};

bool equals_ignoring_case(std::string_view a, std::string_view lower)
{
    if (a.size() != lower.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if ((a[i] >= 'A' && a[i] <= 'Z' ? static_cast<char>(a[i] + 32) : a[i]) != lower[i]) return false;
    }
    return true;
}

constexpr std::array<std::string_view, 12> kFields = {"title",     "description", "source",      "service",
                                                      "component", "group",       "class",       "dedup_key",
                                                      "status",    "text",        "integration", "severity"};

bool is_field(std::string_view name)
{
    if (std::ranges::find(kFields, name) != kFields.end()) return true;
    return name.starts_with("labels.") && name.size() > std::string_view("labels.").size();
}

/// The part before the dot is nearly the one before a label's name.
bool is_nearly_label(std::string_view name)
{
    constexpr std::size_t kNear = 2;
    const auto dot = name.find('.');
    return dot != std::string_view::npos &&
           edit_distance(name.substr(0, std::min<std::size_t>(dot, 16)), "labels") <= kNear;
}

/// What could be meant as a field's name: `titel`, `labls.env`; not the `10` of a time, the `https` of an address, nor
/// the `db-7` of `db-7:5432`.
bool looks_like_field(std::string_view word, std::size_t colon)
{
    const auto name = word.substr(0, colon);
    const auto is_letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    };
    if (name.empty() || !is_letter(name.front()) || word.substr(colon + 1).starts_with("//")) return false;
    const bool plain = std::ranges::all_of(name, [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
    return plain || name.starts_with("details.") || is_nearly_label(name);
}

std::string unknown_field(std::string_view name)
{
    const auto near = nearest(name.substr(0, 64), kFields);
    std::string advice = "a label is labels." + std::string(name);
    if (!near.empty()) advice = "did you mean " + near + "?";
    if (is_nearly_label(name)) advice = "did you mean labels" + std::string(name.substr(name.find('.'))) + "?";
    if (name.starts_with("details.")) advice = "keywords do not see details, CEL does";
    return "there is no field " + std::string(name) + "; " + advice + "; a word with a colon in it stands in quotes";
}

class Keywords {
public:
    Keywords(std::string_view text, const Limits& limits, Wording wording)
        : text_(text), limits_(limits), wording_(wording)
    {
        advance();
    }

    Node run()
    {
        auto node = any_of();
        if (next_.kind == Word::Kind::close) fail("this ) closes nothing");
        if (next_.kind != Word::Kind::end) fail("write and or or between two words, or quotes around both");
        return node;
    }

private:
    [[noreturn]] void fail(std::string message) const { throw Failure{{next_.at, std::move(message)}}; }

    Node any_of() { return chain(Word::Kind::op_or, Kind::logical_or, &Keywords::all_of); }
    Node all_of() { return chain(Word::Kind::op_and, Kind::logical_and, &Keywords::factor); }

    Node chain(Word::Kind sign, Kind kind, Node (Keywords::*operand)())
    {
        auto first = (this->*operand)();
        if (next_.kind != sign) return first;
        auto node = make(kind, std::move(first));
        while (next_.kind == sign) {
            advance();
            node.children.push_back((this->*operand)());
        }
        return node;
    }

    Node factor()
    {
        if (++depth_ > limits_.max_depth)
            fail("this is nested more than " + std::to_string(limits_.max_depth) + " deep");
        auto node = bounded_factor();
        --depth_;
        return node;
    }

    Node bounded_factor()
    {
        if (next_.kind == Word::Kind::op_not) {
            advance();
            return make(Kind::logical_not, factor());
        }
        if (next_.kind == Word::Kind::open) {
            advance();
            auto inner = any_of();
            if (next_.kind != Word::Kind::close) fail("expected ) that closes the parenthesis");
            advance();
            return inner;
        }
        if (next_.kind != Word::Kind::word && next_.kind != Word::Kind::quoted) fail("expected a word to look for");
        auto node =
            next_.field == "severity" ? severity() : call_method("contains", field(next_.field), literal(next_.text));
        if (next_.field == "status") check_status();
        node.at = next_.at;
        advance();
        return node;
    }

    /// Not a part of its word, as with texts, but the word: severities are numbers in CEL.
    [[nodiscard]] Node severity() const
    {
        std::string word = next_.text;
        for (auto& c : word) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
        const auto found = domain::parse_severity(word);
        if (!found && wording_ == Wording::as_stored) {
            return call_method("contains", identifier("text"), literal("severity:" + next_.text));
        }
        if (!found)
            fail("severity is " + domain::listed(domain::severities(), " or ") + no_severity(next_.text).value_or(""));
        return make(Kind::equal, identifier("severity"), literal(static_cast<std::int64_t>(*found)));
    }

    void check_status() const
    {
        if (wording_ == Wording::as_stored) return;
        const auto holds = [&](domain::AlertStatus status) {
            return to_string(status).contains(next_.text);
        };
        if (std::ranges::any_of(domain::alert_statuses(), holds)) return;
        fail("status is " + domain::listed(domain::alert_statuses(), " or ") + no_status(next_.text).value_or(""));
    }

    static Node field(const std::string& name)
    {
        if (name.empty()) return identifier("text");
        if (name.starts_with("labels.")) return call("label", literal(name.substr(std::string_view("labels.").size())));
        return identifier(name);
    }

    // ------------------------------------------------------------------ words

    [[nodiscard]] std::string_view rest() const { return text_.substr(offset_); }

    void skip(std::size_t bytes)
    {
        at_.column += static_cast<std::uint32_t>(count_code_points(rest().substr(0, bytes)));
        for (std::size_t i = 0; i < bytes; ++i) {
            if (text_[offset_ + i] != '\n') continue;
            ++at_.line;
            at_.column =
                static_cast<std::uint32_t>(count_code_points(text_.substr(offset_ + i + 1, bytes - i - 1))) + 1;
        }
        offset_ += bytes;
    }

    void advance()
    {
        constexpr std::string_view kBlanks = " \t\r\n";
        skip(std::min(rest().find_first_not_of(kBlanks), rest().size()));
        next_ = {};
        next_.at = at_;
        if (rest().empty()) return;
        if (rest().front() == '(' || rest().front() == ')') {
            next_.kind = rest().front() == '(' ? Word::Kind::open : Word::Kind::close;
            return skip(1);
        }
        if (rest().front() == '"') return quoted();
        const auto length = std::min(rest().find_first_of(" \t\r\n()\""), rest().size());
        std::string word(rest().substr(0, length));
        skip(length);
        plain(std::move(word));
    }

    void plain(std::string word)
    {
        const auto colon = word.find(':');
        if (colon != std::string::npos && is_field(std::string_view(word).substr(0, colon))) {
            next_.field = word.substr(0, colon);
            word.erase(0, colon + 1);
            if (word.empty() && rest().starts_with('"')) {
                const auto field = next_.field;
                quoted();
                next_.field = field;
                return;
            }
            if (word.empty()) fail("a word to look for follows the colon");
        } else if (wording_ == Wording::as_written && colon != std::string::npos && looks_like_field(word, colon)) {
            fail(unknown_field(std::string_view(word).substr(0, colon)));
        } else if (equals_ignoring_case(word, "and")) {
            next_.kind = Word::Kind::op_and;
            return;
        } else if (equals_ignoring_case(word, "or")) {
            next_.kind = Word::Kind::op_or;
            return;
        } else if (equals_ignoring_case(word, "not")) {
            next_.kind = Word::Kind::op_not;
            return;
        }
        next_.kind = Word::Kind::word;
        next_.text = std::move(word);
    }

    void quoted()
    {
        std::size_t i = 1;
        for (; i < rest().size() && rest()[i] != '"'; ++i) {
            if (rest()[i] == '\\' && i + 1 < rest().size()) ++i;
            next_.text += rest()[i];
        }
        if (i >= rest().size()) fail("these quotes are not closed");
        if (next_.text.empty()) fail("there is nothing between these quotes");
        next_.kind = Word::Kind::quoted;
        skip(i + 1);
    }

    std::string_view text_;
    const Limits& limits_;
    Wording wording_;
    std::size_t offset_ = 0;
    std::size_t depth_ = 0;
    Position at_;
    Word next_;
};

}  // namespace

std::expected<Node, cel::SyntaxError> parse_keywords(std::string_view text, const Limits& limits, Wording wording)
{
    if (!is_valid_utf8(text)) return std::unexpected(cel::SyntaxError{{}, "not UTF-8"});
    try {
        return Keywords(text, limits, wording).run();
    } catch (Failure& failure) {
        return std::unexpected(std::move(failure.error));
    }
}

}  // namespace winnow::expr
