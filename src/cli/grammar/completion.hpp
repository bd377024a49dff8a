#pragma once

/// @file
/// Shell completion, written from the command tree itself so that it cannot go stale.

#include "winnow/cli/syntax.hpp"

#include <string>

namespace winnow::cli {

enum class Shell { bash, zsh, fish };

/// A script for that shell that completes sub-commands and option names.
[[nodiscard]] std::string completion_script(const Syntax& root, Shell shell);

}  // namespace winnow::cli
