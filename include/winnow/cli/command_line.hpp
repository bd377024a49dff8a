#pragma once

/// @file
/// The command line: `winnow COMMAND …`.

#include "winnow/cli/local.hpp"
#include "winnow/cli/syntax.hpp"

#include <functional>
#include <memory>

namespace winnow::cli {

/// Parses and runs. Exit status: 0 done, 1 failed, 2 wrong usage, 3 done, but the output could
/// not be written.
[[nodiscard]] int run(int argc, const char* const* argv, const Local& local);

/// What the chosen sub-command does, once the arguments are parsed.
using Command = std::function<int()>;

/// The command tree. `chosen` is set while parsing; it and `local` must outlive the Syntax.
[[nodiscard]] std::shared_ptr<Syntax> make_command_line(Command& chosen, const Local& local);

}  // namespace winnow::cli
