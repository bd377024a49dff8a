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
/// them. Words with a digit are taken to change. What comes of a text depends on those before it. However different
/// texts are, each is compared with so many at most. Not thread-safe.
class TitleTemplates {
public:
    /// More templates than that are not made, in all and in a leaf, nor are texts cut into more words.
    static constexpr std::size_t kMaxTemplates = 10'000;
    static constexpr std::size_t kMaxInLeaf = 100;
    static constexpr std::size_t kMaxWords = 64;
    static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

    /// A text, cut. Refers to it.
    struct Words {
        std::vector<std::string_view> words;  ///< Those that change are "".
        bool open_end = false;                ///< There are more than kMaxWords.
    };
    [[nodiscard]] static Words cut(std::string_view text);

    struct Template {
        std::vector<std::string> words;  ///< "" is any one word.
        bool open_end = false;           ///< Texts were longer than kMaxWords.

        /// Words with a blank between them, `*` for any one.
        [[nodiscard]] std::string text() const;
        /// RE2 that finds what text() stands for, and nothing else: anchored.
        [[nodiscard]] std::string regex() const;
        /// What the RE2 does, for a fraction of the cost.
        [[nodiscard]] bool matches(const Words& text) const;
    };

    /// The number of the text's template, for good; kNone for a text without words, or where there are too many.
    std::size_t add(std::string_view text);

    [[nodiscard]] const std::vector<Template>& all() const noexcept { return templates_; }
    /// Words that were compared so far.
    [[nodiscard]] std::size_t compared() const noexcept { return compared_; }

private:
    /// How many they share; 0 where it is less than half.
    [[nodiscard]] std::size_t shared(const std::vector<std::string>& known, const Words& text);

    std::size_t compared_ = 0;
    std::vector<Template> templates_;
    std::map<std::pair<std::size_t, std::string>, std::vector<std::size_t>, std::less<>> leaves_;
};

}  // namespace winnow::rules
