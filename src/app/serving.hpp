#pragma once

/// @file
/// What `winnow serve` and `winnow dev` do alike.

#include "winnow/base/error.hpp"

namespace winnow::app {

class Node;
struct Config;
class Signals;

/// Each problem on a line of standard error.
void print_problems(const Error& error);

/// No image of this process's memory is made when it ends: it would hold keys, and what tenants' alerts say.
void forbid_core_dumps();

/// Reloads certificates at SIGHUP, where they are as `config`, the node's, wants them; at SIGTERM or SIGINT stops the
/// node and returns.
void serve_until_signalled(Node& node, const Config& config, Signals& signals);

}  // namespace winnow::app
