#pragma once

/// @file
/// What a server sends, into a file or to standard output, piece by piece as it comes.

#include "cli/rest/rest_client.hpp"

#include <cstdint>
#include <string>

namespace winnow::cli {

/// Writes the answer into `file`, which only its owner may read; how many bytes that are.
/// Until all of it is there it is called `file`.part, and `file` is as it was. Throws std::runtime_error where it
/// cannot be had or written; then no part is left.
[[nodiscard]] std::int64_t download(const Connection& connection, Call what, const std::string& file);

/// Writes the answer to standard output, until that takes no more.
void print_answer(const Connection& connection, Call what);

}  // namespace winnow::cli
