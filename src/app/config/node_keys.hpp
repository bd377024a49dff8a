#pragma once

/// @file
/// What the configuration says of the node itself. Private to app.

#include "app/config/config_schema.hpp"

#include <vector>

namespace winnow::app {

void add_node(std::vector<Key>& keys);

}  // namespace winnow::app
