#pragma once

/// @file
/// Files that people write, read as what they must be: one text, one document, each key once.

#include <yaml-cpp/yaml.h>

#include <string>

namespace winnow::app {

/// The whole of a file or pipe; of standard input where it is "-". Throws std::runtime_error that names the file.
[[nodiscard]] std::string read_text_file(const std::string& file);

/// The document in a YAML text; null where there is none. Throws YAML::Exception, with the place, also where a second
/// one follows: whoever put it there would think that it counts.
[[nodiscard]] YAML::Node one_document(const std::string& text);

}  // namespace winnow::app
