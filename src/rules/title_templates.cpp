#include "winnow/rules/title_templates.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <utility>

namespace winnow::rules {

namespace {

bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool changes(std::string_view word)
{
    return std::ranges::any_of(word, [](char c) { return c >= '0' && c <= '9'; });
}

/// At most one more than are looked at. A word that changes is "".
std::vector<std::string> words_of(std::string_view text)
{
    std::vector<std::string> words;
    std::size_t at = 0;
    while (words.size() <= TitleTemplates::kMaxWords) {
        while (at < text.size() && is_blank(text[at])) ++at;
        if (at == text.size()) break;
        const auto begin = at;
        while (at < text.size() && !is_blank(text[at])) ++at;
        const auto word = text.substr(begin, at - begin);
        words.emplace_back(changes(word) ? std::string_view() : word);
    }
    return words;
}

std::size_t shared(const std::vector<std::string>& a, const std::vector<std::string>& b)
{
    std::size_t count = 0;
    for (std::size_t i = 0; i < a.size(); ++i) count += a[i] == b[i] ? 1U : 0U;
    return count;
}

}  // namespace

std::string TitleTemplates::Template::text() const
{
    std::string out;
    for (const auto& word : words) out += (out.empty() ? "" : " ") + (word.empty() ? std::string("*") : word);
    return open_end ? out + " …" : out;
}

std::string TitleTemplates::Template::regex() const
{
    std::string out = "^\\s*";
    for (std::size_t i = 0; i < words.size(); ++i) {
        out += (i == 0 ? "" : "\\s+") + (words[i].empty() ? std::string("\\S+") : re2::RE2::QuoteMeta(words[i]));
    }
    return out + (open_end ? "\\s" : "\\s*$");
}

std::size_t TitleTemplates::add(std::string_view text)
{
    auto words = words_of(text);
    if (words.empty()) return kNone;
    const bool open_end = words.size() > kMaxWords;
    if (open_end) words.pop_back();
    auto& leaf = leaves_[{words.size() + (open_end ? 1U : 0U), words.front()}];
    std::size_t best = kNone;
    std::size_t most = 0;
    for (const auto number : leaf) {
        const auto count = shared(templates_[number].words, words);
        if (count * 2 >= words.size() && (best == kNone || count > most)) {
            best = number;
            most = count;
        }
    }
    if (best != kNone) {
        auto& known = templates_[best].words;
        for (std::size_t i = 0; i < known.size(); ++i) {
            if (known[i] != words[i]) known[i].clear();
        }
        return best;
    }
    if (templates_.size() == kMaxTemplates) return kNone;
    leaf.push_back(templates_.size());
    templates_.push_back({.words = std::move(words), .open_end = open_end});
    return templates_.size() - 1;
}

}  // namespace winnow::rules
