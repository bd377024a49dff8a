#include "intake/json/json_diagnosis.hpp"

#include "intake/json/json_text.hpp"
#include "winnow/base/text.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace winnow::intake {

namespace {

class Scanner {
public:
    explicit Scanner(std::string_view text) noexcept : text_(text) {}

    std::optional<Diagnosis> run()
    {
        skip_space();
        if (at_end()) return fail("it is empty");
        bool complete = false;
        while (!failure_ && !complete) {
            if (value()) complete = after_value();
        }
        if (!failure_ && !at_end()) fail("something follows the end of the document");
        return std::move(failure_);
    }

private:
    struct Frame {
        std::size_t index = 0;
        std::optional<std::string_view> name;  // absent until it was read; escapes left as they are
    };

    void push(bool is_array)
    {
        // A body may be all brackets: what no pointer shows is a bit.
        if (is_array_.size() < kShown) frames_.emplace_back();
        is_array_.push_back(is_array);
    }

    void pop()
    {
        is_array_.pop_back();
        if (is_array_.size() < frames_.size()) frames_.pop_back();
    }

    // The innermost container's, where a pointer would show it.
    Frame* innermost() { return frames_.size() == is_array_.size() ? &frames_.back() : nullptr; }

    // Reads a value's beginning. True when a whole value was read; false when one was opened or it failed.
    bool value()
    {
        if (at_end()) return refuse("it ends where a value should stand");
        switch (text_[at_]) {
            case '{':
                ++at_;
                skip_space();
                if (take('}')) return true;
                push(false);
                member_name();
                return false;
            case '[':
                ++at_;
                skip_space();
                if (take(']')) return true;
                push(true);
                return false;
            case '"': return string(nullptr);
            default: return scalar();
        }
    }

    // After a value: closes what ends, moves on to the next one. True at the end of the document.
    bool after_value()
    {
        skip_space();
        while (!is_array_.empty()) {
            const bool is_array = is_array_.back();
            const char close = is_array ? ']' : '}';
            if (take(',')) {
                skip_space();
                auto* const frame = innermost();
                if (is_array) {
                    if (frame != nullptr) ++frame->index;
                    if (!at_end() && text_[at_] == ']') fail("a value must follow the comma");
                } else {
                    if (frame != nullptr) frame->name.reset();
                    member_name();
                }
                return false;
            }
            if (!take(close)) {
                fail(at_end()   ? "it ends before its last bracket is closed"
                     : is_array ? "a comma or ] must stand here"
                                : "a comma or } must stand here");
                return false;
            }
            pop();
            skip_space();
        }
        return true;
    }

    void member_name()
    {
        if (at_end() || text_[at_] != '"') {
            fail("a member's name in double quotes must stand here");
            return;
        }
        std::string_view name;
        if (!string(&name)) return;
        if (auto* const frame = innermost()) frame->name = name;
        skip_space();
        if (!take(':')) {
            fail("a colon must follow the member's name");
            return;
        }
        skip_space();
    }

    bool scalar()
    {
        const auto begin = at_;
        constexpr std::string_view kEnds = " \t\r\n,:[]{}\"";
        while (!at_end() && kEnds.find(text_[at_]) == std::string_view::npos) ++at_;
        const auto word = text_.substr(begin, at_ - begin);
        if (word == "true" || word == "false" || word == "null") return true;
        if (judge_number(word) != Number::malformed) return true;
        at_ = begin;
        return refuse("a value must stand here: a string in double quotes, a number, true, false, null, { or [");
    }

    bool string(std::string_view* name)
    {
        const auto begin = ++at_;
        while (!at_end() && text_[at_] != '"') {
            const auto byte = static_cast<unsigned char>(text_[at_]);
            if (byte < 0x20) return refuse("a control character in a string must be escaped");
            if (byte == '\\') {
                if (!escape()) return false;
            } else {
                ++at_;
            }
        }
        if (at_end()) return refuse("a string is not closed");
        const auto raw = text_.substr(begin, at_ - begin);
        if (!is_valid_utf8(raw)) {
            at_ = begin + valid_prefix(raw);
            return refuse("a string is not well-formed UTF-8");
        }
        if (name != nullptr) *name = raw;
        ++at_;
        return true;
    }

    bool escape()
    {
        const auto begin = at_++;
        if (at_end()) return refuse("a string is not closed");
        const char kind = text_[at_++];
        if (std::string_view("\"\\/bfnrt").find(kind) != std::string_view::npos) return true;
        if (kind == 'u') {
            if (hex4()) return true;  // half a surrogate pair is JSON, though no text: the reader replaces it
            at_ = begin;
            return refuse("\\u must be followed by four hex digits");
        }
        at_ = begin;
        return refuse("an escape is not one of JSON's");
    }

    std::optional<std::uint32_t> hex4()
    {
        if (at_ + 4 > text_.size()) return std::nullopt;
        std::uint32_t value = 0;
        for (int i = 0; i < 4; ++i) {
            const auto digit = std::string_view("0123456789abcdef").find(lower(text_[at_++]));
            if (digit == std::string_view::npos) return std::nullopt;
            value = value << 4U | static_cast<std::uint32_t>(digit);
        }
        return value;
    }

    static char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

    // The longest well-formed beginning, by bisection.
    static std::size_t valid_prefix(std::string_view text)
    {
        std::size_t good = 0;
        while (good < text.size()) {
            std::size_t length = 1;
            while (length <= 4 && good + length <= text.size() && !is_valid_utf8(text.substr(good, length))) ++length;
            if (length > 4 || good + length > text.size()) break;
            good += length;
        }
        return good;
    }

    bool refuse(std::string what)
    {
        fail(std::move(what));
        return false;
    }

    std::optional<Diagnosis> fail(std::string what)
    {
        if (!failure_) failure_ = Diagnosis{at_, pointer(), std::move(what)};
        return failure_;
    }

    [[nodiscard]] std::string pointer() const
    {
        std::string text;
        for (std::size_t i = 0; i < frames_.size(); ++i) {
            const auto& frame = frames_[i];
            if (is_array_[i]) append_pointer_token(text, std::to_string(frame.index));
            if (frame.name) append_pointer_token(text, *frame.name);
        }
        cut_pointer(text);
        return text;
    }

    bool take(char c) noexcept
    {
        if (at_end() || text_[at_] != c) return false;
        ++at_;
        return true;
    }

    void skip_space() noexcept
    {
        while (!at_end() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
    }

    [[nodiscard]] bool at_end() const noexcept { return at_ == text_.size(); }

    std::string_view text_;
    std::size_t at_ = 0;
    static constexpr std::size_t kShown = kMaxPointerBytes / 2 + 1;  // each has two characters at least
    std::vector<bool> is_array_;
    std::vector<Frame> frames_;  // of the outermost kShown containers
    std::optional<Diagnosis> failure_;
};

}  // namespace

std::optional<Diagnosis> diagnose(std::string_view text)
{
    return Scanner(text).run();
}

Error malformed_json(std::string_view text)
{
    const auto found = diagnose(text).value_or(Diagnosis{0, "", "it cannot be read"});
    const auto before = text.substr(0, found.offset);
    const auto line = std::ranges::count(before, '\n') + 1;
    const auto line_begin = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
    FieldError field;
    field.pointer = is_valid_utf8(found.pointer) ? found.pointer : std::string();
    field.code = "malformed_json";
    field.detail = "The body is not JSON: " + found.what + " (byte " + std::to_string(found.offset) + ", line " +
                   std::to_string(line) + ", column " + std::to_string(before.size() - line_begin + 1) + ").";
    return Error(std::vector<FieldError>{std::move(field)});
}

}  // namespace winnow::intake
