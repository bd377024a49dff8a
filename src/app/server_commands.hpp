#pragma once

/// @file
/// The commands that run something on this machine, as a part of the command line.

#include "winnow/cli/command_line.hpp"

namespace winnow::app {

void add_server_commands(cli::Syntax& root, cli::Command& chosen);  ///< serve, dev, migrate, config

}  // namespace winnow::app
