#include "winnow/rules/title_templates.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <utility>

namespace winnow::rules {

namespace {

bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';  // \s of RE2
}

bool changes(std::string_view word)
{
    return std::ranges::any_of(word, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

TitleTemplates::Words TitleTemplates::cut(std::string_view text)
{
    Words cut;
    std::size_t at = 0;
    for (;;) {
        while (at < text.size() && is_blank(text[at])) ++at;
        if (at == text.size()) return cut;
        cut.open_end = cut.words.size() == kMaxWords;
        if (cut.open_end) return cut;
        const auto begin = at;
        while (at < text.size() && !is_blank(text[at])) ++at;
        const auto word = text.substr(begin, at - begin);
        cut.words.push_back(changes(word) ? std::string_view() : word);
    }
}

bool TitleTemplates::Template::matches(const Words& text) const
{
    return open_end == text.open_end &&
           std::ranges::equal(words, text.words, [](const std::string& known, std::string_view word) {
               return known.empty() || known == word;
           });
}

std::size_t TitleTemplates::shared(const std::vector<std::string>& known, const Words& text)
{
    std::size_t different = 0;
    for (std::size_t i = 0; i < known.size(); ++i) {
        ++compared_;
        different += known[i] == text.words[i] ? 0U : 1U;
        if (2 * different > known.size()) return 0;
    }
    return known.size() - different;
}

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
    const auto cut = TitleTemplates::cut(text);
    const auto& words = cut.words;
    if (words.empty()) return kNone;
    auto& leaf = leaves_[{words.size() + (cut.open_end ? 1U : 0U), std::string(words.front())}];
    std::size_t best = kNone;
    std::size_t most = 0;
    for (const auto number : leaf) {
        const auto count = shared(templates_[number].words, cut);
        if (count > most) {
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
    if (templates_.size() == kMaxTemplates || leaf.size() == kMaxInLeaf) return kNone;
    leaf.push_back(templates_.size());
    templates_.push_back({.words = {words.begin(), words.end()}, .open_end = cut.open_end});
    return templates_.size() - 1;
}

}  // namespace winnow::rules
