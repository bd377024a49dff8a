#pragma once

/// @file
/// What rows of sessions have in common wherever they are read. Private to pg.

#include <pqxx/result>

#include <string>
#include <vector>

namespace winnow::pg {

/// Of `array_to_string(amr, ' ')`.
[[nodiscard]] inline std::vector<std::string> words_of(const pqxx::field& field)
{
    std::vector<std::string> words;
    std::string word;
    for (const char c : std::string(field.is_null() ? "" : field.c_str()) + ' ') {
        if (c != ' ') {
            word += c;
        } else if (!word.empty()) {
            words.push_back(std::move(word));
            word.clear();
        }
    }
    return words;
}

}  // namespace winnow::pg
