#pragma once

/// @file
/// What the command line does on this machine, without a server. The program gives it: the commands themselves are a
/// client of the API, and know nothing of what is behind it.

#include "winnow/cli/syntax.hpp"

#include <functional>

namespace winnow::cli {

struct Local {
    /// serve, dev, migrate, config; `chosen` as in command_line.hpp.
    std::function<void(Syntax& root, std::function<int()>& chosen)> add_server_commands;
};

}  // namespace winnow::cli
