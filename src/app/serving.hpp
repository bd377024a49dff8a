#pragma once

/// @file
/// What `winnow serve` and `winnow dev` do alike.

#include "winnow/base/error.hpp"

namespace winnow::app {

class Node;
class Signals;

/// Each problem on a line of standard error.
void print_problems(const Error& error);

/// Reloads certificates at SIGHUP; at SIGTERM or SIGINT stops the node and returns.
void serve_until_signalled(Node& node, Signals& signals);

}  // namespace winnow::app
