#pragma once

/// @file
/// Which texts are the same but for what changes from one to the next: "disk * full on *".

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::rules {

/// Drain (He, Zhu, Zheng, Lyu: "Drain: an online log parsing approach with fixed depth tree", ICWS 2017): a tree by the
/// number of words and the first word; in its leaves the template that shares most words, if it is at least half of
/// them. Words with a digit are taken to change. What comes of a text depends on those before it. Not thread-safe.
class TitleTemplates {
public:
    /// More templates than that are not made, nor are texts cut into more words.
    static constexpr std::size_t kMaxTemplates = 10'000;
    static constexpr std::size_t kMaxWords = 64;
    static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

    struct Template {
        std::vector<std::string> words;  ///< "" is any one word.
        bool open_end = false;           ///< Texts were longer than kMaxWords.

        /// Words with a blank between them, `*` for any one.
        [[nodiscard]] std::string text() const;
        /// RE2 that finds what text() stands for, and nothing else: anchored.
        [[nodiscard]] std::string regex() const;
    };

    /// The number of the text's template, for good; kNone for a text without words, or where there are too many.
    std::size_t add(std::string_view text);

    [[nodiscard]] const std::vector<Template>& all() const noexcept { return templates_; }

private:
    std::vector<Template> templates_;
    std::map<std::pair<std::size_t, std::string>, std::vector<std::size_t>, std::less<>> leaves_;
};

}  // namespace winnow::rules
