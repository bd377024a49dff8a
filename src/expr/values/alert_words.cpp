#include "expr/values/alert_words.hpp"

#include "winnow/base/text.hpp"
#include "winnow/domain/alert.hpp"
#include "winnow/domain/severity.hpp"
#include "winnow/domain/words.hpp"

#include <algorithm>

namespace winnow::expr {

namespace {

std::string lower(std::string_view text)
{
    std::string out(text);
    for (auto& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    return out;
}

}  // namespace

std::optional<std::string> suggestion(std::string_view word, std::span<const std::string_view> words)
{
    if (std::ranges::find(words, word) != words.end()) return std::nullopt;
    const auto near = nearest(lower(word).substr(0, 64), words);
    return near.empty() ? "" : "; did you mean " + near + "?";
}

std::optional<std::string> no_severity(std::string_view word)
{
    return suggestion(word, domain::words_of(domain::severities()));
}

std::optional<std::string> no_status(std::string_view word)
{
    return suggestion(word, domain::words_of(domain::alert_statuses()));
}

}  // namespace winnow::expr
