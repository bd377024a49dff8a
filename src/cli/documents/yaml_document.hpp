#pragma once

/// @file
/// YAML (of which JSON is a part) as JSON.

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace winnow::cli {

/// Reads a file, or standard input where it is "-". Throws std::runtime_error with file, line and column.
[[nodiscard]] nlohmann::json read_document(const std::string& file);

/// Plain scalars become booleans, numbers and null by YAML's core schema; quoted ones stay text. Throws
/// YAML::Exception.
[[nodiscard]] nlohmann::json yaml_to_json(const std::string& text);

/// Text that yaml_to_json() reads as the same document; members keep their order. Invalid UTF-8 becomes U+FFFD.
[[nodiscard]] std::string json_to_yaml(const nlohmann::ordered_json& document);

}  // namespace winnow::cli
