#pragma once

/// @file
/// Bytes that are no text: what stands in their place, so that one of them does not cost a whole push. Slow: run only
/// after the fast path has met one.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::intake {

/// A body in which every string is well-formed UTF-8 without raw control characters.
struct Repaired {
    std::string text;
    std::vector<std::size_t> places;  ///< The first of each string in `text` that was changed, ascending.
};

/// Replaces inside of strings: ill-formed UTF-8 by U+FFFD (one for each maximal part, as browsers do), raw line ends
/// and tabs by their escapes, other control characters by U+FFFD. What stands outside of strings stays. `by_lines`: a
/// string ends with its line at the latest (NDJSON).
[[nodiscard]] Repaired repair_text(std::string_view body, bool by_lines);

/// Decodes what stands between the quotes of a JSON string. A surrogate without its other half and U+0000 become
/// U+FFFD. `out` needs room for as many bytes as `raw` has; nullopt where an escape is not one of JSON's.
[[nodiscard]] std::optional<std::string_view> decode_leniently(std::string_view raw, char* out);

}  // namespace winnow::intake
