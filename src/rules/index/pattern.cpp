#include "rules/index/pattern.hpp"

#include <algorithm>
#include <utility>

namespace winnow::rules::index {

namespace {

constexpr std::string_view kSpecial = R"(\.+*?()|[]{}^$)";

bool is_letter_or_digit(char c) noexcept
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Takes the last character, which may be several bytes, off a text.
void drop_last_character(std::string& text)
{
    constexpr unsigned kContinuation = 0x80U;
    constexpr unsigned kMask = 0xC0U;
    while (!text.empty()) {
        const auto byte = static_cast<unsigned char>(text.back());
        text.pop_back();
        if ((byte & kMask) != kContinuation) return;
    }
}

/// Walks over the pattern's top level and collects runs of characters that must be there. Gives up, by finding nothing,
/// on whatever it does not know.
class RequiredText {
public:
    explicit RequiredText(std::string_view pattern) : rest_(pattern) {}

    std::string run()
    {
        while (!rest_.empty()) {
            if (!step()) return {};
        }
        end_run();
        return std::move(best_);
    }

private:
    bool step()
    {
        const char c = rest_.front();
        switch (c) {
            case '|': return false;
            case '\\': return escape();
            case '(': return group();
            case '[': return character_class();
            case '*':
            case '?': return optional_last(1);
            case '{': return repetition();
            case '+': end_run(); break;
            case '.':
            case '^':
            case '$':
            case ')': end_run(); break;
            default: run_ += c;
        }
        rest_.remove_prefix(1);
        return true;
    }

    /// What stands before a quantifier that allows none of it is not required.
    bool optional_last(std::size_t length)
    {
        drop_last_character(run_);
        end_run();
        rest_.remove_prefix(length);
        return true;
    }

    bool repetition()
    {
        const auto close = rest_.find('}');
        if (close == std::string_view::npos) return false;
        return optional_last(close + 1);
    }

    bool escape()
    {
        if (rest_.size() < 2) return false;
        const char c = rest_[1];
        constexpr std::string_view kSimpleClasses = "dDsSwWbBAztnrfva";
        if (!is_letter_or_digit(c)) {
            run_ += c;
        } else if (kSimpleClasses.contains(c)) {
            end_run();
        } else {
            return false;
        }
        rest_.remove_prefix(2);
        return true;
    }

    /// What is inside is not looked at: it may be optional, or one of several.
    bool group()
    {
        end_run();
        if (rest_.starts_with("(?") && !rest_.starts_with("(?:") && !rest_.starts_with("(?P<")) return false;
        std::size_t depth = 0;
        while (!rest_.empty()) {
            if (rest_.front() == '\\') {
                if (rest_.size() < 2 || rest_[1] == 'Q') return false;
                rest_.remove_prefix(2);
                continue;
            }
            if (rest_.front() == '[') {
                if (!character_class()) return false;
                continue;
            }
            // Flags inside a group end with it.
            if (rest_.front() == '(') ++depth;
            const bool closes = rest_.front() == ')' && --depth == 0;
            rest_.remove_prefix(1);
            if (closes) return true;
        }
        return false;
    }

    bool character_class()
    {
        end_run();
        std::size_t i = 1;
        if (i < rest_.size() && rest_[i] == '^') ++i;
        if (i < rest_.size() && rest_[i] == ']') ++i;  // a ] right after [ is one of the characters
        while (i < rest_.size() && rest_[i] != ']') {
            if (rest_[i] == '\\') ++i;
            if (rest_.substr(i).starts_with("[:")) {
                const auto close = rest_.find(":]", i);
                if (close != std::string_view::npos) i = close + 1;
            }
            ++i;
        }
        if (i >= rest_.size()) return false;
        rest_.remove_prefix(i + 1);
        return true;
    }

    void end_run()
    {
        if (run_.size() > best_.size()) best_ = run_;
        run_.clear();
    }

    std::string_view rest_;
    std::string run_;
    std::string best_;
};

/// The text without its escapes; nullopt where it is not plain.
std::optional<std::string> plain_text(std::string_view pattern)
{
    std::string text;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] == '\\') {
            if (++i >= pattern.size() || is_letter_or_digit(pattern[i])) return std::nullopt;
        } else if (kSpecial.contains(pattern[i])) {
            return std::nullopt;
        }
        text += pattern[i];
    }
    return text;
}

}  // namespace

std::string required_text(std::string_view pattern)
{
    return RequiredText(pattern).run();
}

std::optional<std::vector<std::string>> exact_texts(std::string_view pattern)
{
    if (!pattern.starts_with('^') || !pattern.ends_with('$') || pattern.size() < 2) return std::nullopt;
    pattern = pattern.substr(1, pattern.size() - 2);
    const bool grouped = pattern.starts_with('(') && pattern.ends_with(')');
    if (grouped) {
        pattern.remove_suffix(1);
        pattern.remove_prefix(pattern.starts_with("(?:") ? 3 : 1);
    }
    std::vector<std::string> texts;
    for (;;) {
        const auto bar = pattern.find('|');
        if (bar != std::string_view::npos && !grouped) return std::nullopt;
        auto text = plain_text(pattern.substr(0, bar));
        if (!text) return std::nullopt;
        if (std::ranges::find(texts, *text) == texts.end()) texts.push_back(*std::move(text));
        if (bar == std::string_view::npos) return texts;
        pattern.remove_prefix(bar + 1);
    }
}

}  // namespace winnow::rules::index
