#pragma once

/// @file
/// What a sender is told of a word that we do not know. Private to intake.

#include <string>
#include <string_view>

namespace winnow::intake {

/// The text of the warning `unknown_word`. `taken` is what the word was taken for: the default, never the nearest
/// word, which is only named (near "resolved" are also words of trouble).
[[nodiscard]] std::string unknown_severity(std::string_view word, std::string_view taken);
[[nodiscard]] std::string unknown_status(std::string_view word, std::string_view taken);

}  // namespace winnow::intake
