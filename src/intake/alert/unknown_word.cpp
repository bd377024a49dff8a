#include "intake/alert/unknown_word.hpp"

#include "winnow/base/text.hpp"
#include "winnow/domain/alert.hpp"
#include "winnow/domain/severity.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace winnow::intake {

namespace {

template <typename Words>
std::string nearest_word(std::string_view word, const Words& words)
{
    constexpr std::size_t kShortest = 4;  // shorter ones are near to too many
    constexpr std::size_t kLongest = 64;
    if (word.size() < kShortest || word.size() > kLongest) return {};
    std::string lower(word);
    std::ranges::transform(lower, lower.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    std::vector<std::string_view> known;
    for (const auto& [text, value] : words) {
        if (text.size() >= kShortest) known.push_back(text);
    }
    return nearest(lower, known);
}

template <typename Words>
std::string unknown(std::string_view word, std::string_view taken, const Words& words)
{
    constexpr std::size_t kShownBytes = 256;
    std::string detail = "\"";
    detail += truncate_utf8(word, kShownBytes);
    detail += "\" is no word we know and was taken for \"";
    detail += taken;
    detail += '"';
    if (const auto meant = nearest_word(word, words); !meant.empty()) detail += "; did you mean \"" + meant + "\"?";
    return detail;
}

}  // namespace

std::string unknown_severity(std::string_view word, std::string_view taken)
{
    return unknown(word, taken, domain::severity_words());
}

std::string unknown_status(std::string_view word, std::string_view taken)
{
    return unknown(word, taken, domain::status_words());
}

}  // namespace winnow::intake
