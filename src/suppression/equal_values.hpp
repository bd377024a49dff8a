#pragma once

/// @file
/// By what the sides of an inhibition are compared: the values of its equal labels. Private to suppression.

#include "winnow/domain/alert.hpp"
#include "winnow/suppression/suppressions.hpp"

#include <cstddef>
#include <string>

namespace winnow::suppression {

/// An alert may have 64 KB of labels, and there is a key for each inhibition that finds it: in memory, in the
/// parameters of a statement, and stored for each source.
constexpr std::size_t kMostKeyBytes = 256;

/// The values themselves, one after the other: no two lists of values give the same text.
[[nodiscard]] std::string equal_text(const Suppressions::CompiledInhibition& inhibition, const domain::Alert& alert);

/// The text while it has at most kMostKeyBytes, else its SHA-256, which is no text: all that is asked of keys is
/// whether they are the same. Takes as long as the text has bytes. What is stored are keys: where another one is made
/// of the same values, sources that are stored explain nothing until they fire again.
[[nodiscard]] std::string equal_key(const Suppressions::CompiledInhibition& inhibition, const domain::Alert& alert);

}  // namespace winnow::suppression
