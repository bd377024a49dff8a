#pragma once

/// @file
/// The command line: `winnow COMMAND …`.

#include "app/cli/syntax.hpp"

#include <functional>
#include <memory>

namespace winnow::app::cli {

/// Parses and runs. Exit status: 0 done, 1 failed, 2 wrong usage, 3 done, but the output could
/// not be written.
[[nodiscard]] int run(int argc, const char* const* argv);

/// What the chosen sub-command does, once the arguments are parsed.
using Command = std::function<int()>;

/// The command tree. `chosen` is set while parsing; both must outlive the Syntax.
[[nodiscard]] std::shared_ptr<Syntax> make_command_line(Command& chosen);

}  // namespace winnow::app::cli
