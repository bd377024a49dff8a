#include "winnow/expr/matchers.hpp"

#include "expr/matchers/matcher_lexer.hpp"
#include "expr/patterns/regex.hpp"
#include "expr/prices.hpp"
#include "winnow/base/text.hpp"
#include "winnow/expr/pattern.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace winnow::expr {

namespace {

using Kind = MatcherToken::Kind;

constexpr std::size_t kMaxPatternBytes = 1'024;

struct OwnText {
    std::string_view name;
    std::string domain::Alert::* member;
};

constexpr std::array kOwnTexts{
    OwnText{"title", &domain::Alert::title},
    OwnText{"description", &domain::Alert::description},
    OwnText{"source", &domain::Alert::source},
    OwnText{"service", &domain::Alert::service},
    OwnText{"component", &domain::Alert::component},
    OwnText{"group", &domain::Alert::group},
    OwnText{"class", &domain::Alert::class_name},
    OwnText{"dedup_key", &domain::Alert::dedup_key},
    OwnText{"integration", &domain::Alert::integration},
};

Error invalid(std::string message)
{
    return Error(ErrorCode::invalid_argument, std::move(message));
}

// What the alert has under `name`. `made` is the memory of a value that is put together for the purpose.
std::string_view find_value(std::string_view name, const domain::Alert& alert, std::string& made)
{
    if (const auto* label = alert.labels.find(name)) return *label;
    for (const auto& own : kOwnTexts) {
        if (name == own.name) return alert.*own.member;
    }
    if (name == "status") return domain::to_string(alert.status);
    if (name == "severity") return domain::to_string(alert.severity);
    if (name == "text") return made = alert.title + "\n" + alert.description + "\n" + alert.source;
    return {};
}

bool matches_whole(const RE2& regex, std::string_view text)
{
    return RE2::FullMatch(re2::StringPiece(text.data(), text.size()), regex);
}

std::string_view op_text(Matcher::Op op) noexcept
{
    switch (op) {
        case Matcher::Op::equal: return "=";
        case Matcher::Op::not_equal: return "!=";
        case Matcher::Op::regex: return "=~";
        case Matcher::Op::not_regex: return "!~";
    }
    return "=";
}

Matcher::Op op_of(std::string_view text) noexcept
{
    for (const auto op : {Matcher::Op::not_equal, Matcher::Op::regex, Matcher::Op::not_regex}) {
        if (text == op_text(op)) return op;
    }
    return Matcher::Op::equal;
}

// `matchers = "{" list "}" | list`, where a list may end in a comma.
class Parser {
public:
    explicit Parser(std::string_view text) noexcept : lexer_(text) {}

    Result<std::vector<Matcher>> run()
    {
        auto token = lexer_.peek();
        if (!token) return token.error();
        if (token->kind == Kind::end) return std::move(matchers_);
        if (token->kind == Kind::open_brace) {
            braced_ = true;
            lexer_.advance();
            token = lexer_.peek();
            if (!token) return token.error();
        }
        while (token->kind != Kind::close_brace && token->kind != Kind::end) {
            if (auto read = matcher(); !read) return read.error();
            if (auto read = separator(); !read) return read.error();
            token = lexer_.peek();
            if (!token) return token.error();
        }
        if (auto closed = close(*token); !closed) return closed.error();
        return std::move(matchers_);
    }

private:
    // The next token if it is one of `kinds`; else an error that ends in `expected`.
    Result<MatcherToken> expect(std::initializer_list<Kind> kinds, std::string_view expected)
    {
        auto token = lexer_.peek();
        if (!token) return invalid(token.error().message() + ": " + std::string(expected));
        if (token->kind == Kind::end) return invalid("end of input: " + std::string(expected));
        if (std::ranges::find(kinds, token->kind) == kinds.end()) {
            return invalid(where(*token) + "unexpected " + std::string(token->text) + ": " + std::string(expected));
        }
        return token;
    }

    Result<std::string> text(std::string_view expected)
    {
        const auto token = expect({Kind::word, Kind::quoted}, expected);
        if (!token) return token.error();
        lexer_.advance();
        if (token->kind == Kind::word) return std::string(token->text);
        auto plain = unquote(token->text);
        if (!plain) return invalid(where(*token) + std::string(token->text) + ": invalid input");
        return plain;
    }

    Result<Done> matcher()
    {
        auto name = text("expected label name");
        if (!name) return name.error();
        const auto op = expect({Kind::op}, "expected an operator such as '=', '!=', '=~' or '!~'");
        if (!op) return op.error();
        lexer_.advance();
        auto value = text("expected label value");
        if (!value) return value.error();
        auto made = Matcher::make(std::move(*name), op_of(op->text), std::move(*value));
        if (!made) return invalid("failed to create matcher: " + made.error().message());
        matchers_.push_back(std::move(*made));
        return Done{};
    }

    // After a matcher: a comma and what may follow it, or the end.
    Result<Done> separator()
    {
        const auto next = lexer_.peek();
        if (next && next->kind == Kind::end) return Done{};
        const auto token = expect({Kind::comma, Kind::close_brace}, "expected a comma or close brace");
        if (!token) return token.error();
        if (token->kind == Kind::close_brace) return Done{};
        lexer_.advance();
        const auto after = lexer_.peek();
        if (after && after->kind == Kind::end) return Done{};
        const auto follower =
            expect({Kind::close_brace, Kind::word, Kind::quoted}, "expected a matcher or close brace after comma");
        if (!follower) return follower.error();
        return Done{};
    }

    Result<Done> close(const MatcherToken& token)
    {
        const bool closes = token.kind == Kind::close_brace;
        if (closes) lexer_.advance();
        const auto here = "0:" + std::to_string(lexer_.column()) + ": ";
        if (braced_ && !closes) return invalid(here + "end of input: expected close brace");
        if (!braced_ && closes) return invalid(here + "}: expected opening brace");
        const auto rest = lexer_.peek();
        if (!rest) return invalid(rest.error().message() + ": expected end of input");
        if (rest->kind != Kind::end) return invalid(where(*rest) + std::string(rest->text) + ": expected end of input");
        return Done{};
    }

    static std::string where(const MatcherToken& token)
    {
        return std::to_string(token.first_column) + ":" + std::to_string(token.last_column) + ": ";
    }

    MatcherLexer lexer_;
    bool braced_ = false;
    std::vector<Matcher> matchers_;
};

}  // namespace

Matcher::Matcher(std::string name, Op op, std::string value, std::shared_ptr<const re2::RE2> regex)
    : name_(std::move(name)), op_(op), value_(std::move(value)), regex_(std::move(regex))
{
}

Result<Matcher> Matcher::make(std::string name, Op op, std::string value)
{
    if (op == Op::equal || op == Op::not_equal) return Matcher(std::move(name), op, std::move(value), nullptr);
    if (value.size() > kMaxPatternBytes) {
        return invalid("the regular expression is longer than " + std::to_string(kMaxPatternBytes) + " bytes");
    }
    auto regex = compile_whole(value);
    if (!regex) return invalid("bad regular expression: " + regex.error().message());
    return Matcher(std::move(name), op, std::move(value), *std::move(regex));
}

std::string Matcher::value_in(const domain::Alert& alert) const
{
    std::string made;
    return std::string(find_value(name_, alert, made));
}

bool Matcher::matches(const domain::Alert& alert) const
{
    std::string made;
    const auto actual = find_value(name_, alert, made);
    switch (op_) {
        case Op::equal: return actual == value_;
        case Op::not_equal: return actual != value_;
        case Op::regex: return matches_whole(*regex_, actual);
        case Op::not_regex: return !matches_whole(*regex_, actual);
    }
    return false;
}

std::optional<bool> Matcher::matches(const domain::Alert& alert, Budget& budget) const
{
    std::string made;
    const auto actual = find_value(name_, alert, made);
    if (!budget.charge(1 + price::blocks(made.size(), price::kWritten))) return std::nullopt;
    if (op_ == Op::equal || op_ == Op::not_equal) {
        if (!budget.charge(price::blocks(std::min(actual.size(), value_.size()), price::kCompared)))
            return std::nullopt;
        return (actual == value_) == (op_ == Op::equal);
    }
    const auto found = expr::matches_whole(*regex_, actual, budget);
    if (!found) return std::nullopt;
    return *found == (op_ == Op::regex);
}

std::string Matcher::str() const
{
    const auto name = is_plain_word(name_) ? name_ : quote(name_);
    return name + std::string(op_text(op_)) + quote(value_);
}

Result<std::vector<Matcher>> parse_matchers(std::string_view text)
{
    if (!is_valid_utf8(text)) return invalid("the matchers are not well-formed UTF-8");
    return Parser(text).run();
}

bool is_own_field(std::string_view name) noexcept
{
    return std::ranges::find(kOwnTexts, name, &OwnText::name) != kOwnTexts.end() || name == "status" ||
           name == "severity" || name == "text";
}

bool matches_all(const std::vector<Matcher>& matchers, const domain::Alert& alert)
{
    return std::ranges::all_of(matchers, [&](const Matcher& matcher) { return matcher.matches(alert); });
}

std::optional<bool> matches_all(const std::vector<Matcher>& matchers, const domain::Alert& alert, Budget& budget)
{
    for (const auto& matcher : matchers) {
        const auto found = matcher.matches(alert, budget);
        if (found != true) return found;
    }
    return true;
}

}  // namespace winnow::expr
