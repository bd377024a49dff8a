#include "winnow/signin/password_choice.hpp"

#include "winnow/base/text.hpp"

#include <zxcvbn.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace winnow::signin {

namespace {

// A shorter word would make every password that holds it by chance look easier.
constexpr std::size_t kShortestWord = 3;

void add_word(std::vector<std::string>& words, std::string_view text)
{
    if (text.size() >= kShortestWord && std::ranges::find(words, text) == words.end()) words.emplace_back(text);
}

/// A text, and what it consists of.
void add_words(std::vector<std::string>& words, std::string_view text)
{
    constexpr std::string_view kBetween = " \t\r\n@.-_+,;:/'\"()";
    add_word(words, text);
    while (!text.empty()) {
        const auto end = std::min(text.find_first_of(kBetween), text.size());
        add_word(words, text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

std::vector<std::string> words_of(const PasswordContext& context)
{
    std::vector<std::string> words;
    for (const auto* const text : {&context.address, &context.service_code, &context.user_name, &context.tenant_name}) {
        add_words(words, *text);
    }
    add_word(words, "winnow");
    return words;
}

/// How many guesses it takes, as a power of two. libzxcvbn reads C strings: of the password, a NUL stands as another
/// character that no word has; context words end with one, as no name has any.
double bits_of(std::string_view password, const PasswordContext& context)
{
    std::string text(password);
    std::ranges::replace(text, '\0', '\x01');
    const auto words = words_of(context);
    std::vector<const char*> dictionary;
    dictionary.reserve(words.size() + 1);
    for (const auto& word : words) dictionary.push_back(word.c_str());
    dictionary.push_back(nullptr);
    return ZxcvbnMatch(text.c_str(), dictionary.data(), nullptr);
}

}  // namespace

std::string_view to_string(PasswordProblem problem) noexcept
{
    switch (problem) {
        case PasswordProblem::not_text: return "not_text";
        case PasswordProblem::too_short: return "too_short";
        case PasswordProblem::too_long: return "too_long";
        case PasswordProblem::guessable: return "guessable";
        case PasswordProblem::breached: return "breached";
    }
    return "guessable";
}

std::optional<PasswordProblem> password_problem(std::string_view password, const PasswordContext& context)
{
    if (password.size() > kMaxPassword * 4) return PasswordProblem::too_long;  // a code point has four bytes at most
    if (!is_valid_utf8(password)) return PasswordProblem::not_text;
    const auto length = count_code_points(password);
    if (length < kMinPassword) return PasswordProblem::too_short;
    if (length > kMaxPassword) return PasswordProblem::too_long;
    if (bits_of(password, context) < std::log2(kMinGuesses)) return PasswordProblem::guessable;
    return std::nullopt;
}

FieldError field_error(PasswordProblem problem, std::string pointer)
{
    std::string detail;
    switch (problem) {
        case PasswordProblem::not_text: detail = "must be text"; break;
        case PasswordProblem::too_short:
            detail = "must have at least " + std::to_string(kMinPassword) + " characters";
            break;
        case PasswordProblem::too_long:
            detail = "must have at most " + std::to_string(kMaxPassword) + " characters";
            break;
        case PasswordProblem::guessable:
            detail =
                "is too easy to guess; take several words that do not belong together, or what a password manager "
                "makes";
            break;
        case PasswordProblem::breached:
            detail = "stands in a list of passwords that were stolen elsewhere; take another one";
            break;
    }
    return {.pointer = std::move(pointer), .code = std::string(to_string(problem)), .detail = std::move(detail)};
}

bool can_be_a_password(std::string_view password) noexcept
{
    return password.size() <= kMaxPassword * 4 && is_valid_utf8(password) &&
           count_code_points(password) >= kMinPassword && count_code_points(password) <= kMaxPassword;
}

}  // namespace winnow::signin
