#pragma once

/// @file
/// Files that people write, read as what they must be: one text, one document, each key once.

#include <yaml-cpp/yaml.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace winnow::documents {

/// The whole of a file or pipe; of standard input where it is "-". Throws std::runtime_error that names the file.
[[nodiscard]] std::string read_text_file(const std::string& file);

/// Why a file cannot be read, in words that follow its name and a colon; "" where it can. A pipe or a device may never
/// end, and a folder has nothing to read: they are no files here.
[[nodiscard]] std::string why_unreadable(const std::string& file);

/// What is wrong with a value or line that is to be text, a clause; "" for nothing. What is not UTF-8 or has a line
/// feed or worse in it would only be found at work, if ever.
[[nodiscard]] std::string problem_of_text(const std::string& text);

/// The number of the first line that is not UTF-8, from 1; 0 where there is none, or a mark at the start says that the
/// text is UTF-16 or UTF-32, which YAML reads as well.
[[nodiscard]] std::size_t line_that_is_no_text(std::string_view text);

/// The document in a YAML text; null where there is none. Throws YAML::Exception, with the place, also where a second
/// one follows: whoever put it there would think that it counts.
[[nodiscard]] YAML::Node one_document(const std::string& text);

}  // namespace winnow::documents
