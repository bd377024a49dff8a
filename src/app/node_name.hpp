#pragma once

/// @file
/// What a process calls itself.

#include "app/config.hpp"

#include <string>

namespace winnow::app {

/// Names this node in streams and leases: the host's name where none is configured, the process, and dice, because a
/// container's processes all have the same number.
[[nodiscard]] std::string node_name(const Config& config);

}  // namespace winnow::app
