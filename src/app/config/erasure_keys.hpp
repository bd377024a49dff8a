#pragma once

/// @file
/// The keys under `erasure:`. Private to app.

#include "app/config/config_key.hpp"

#include <vector>

namespace winnow::app {

void add_erasure(std::vector<Key>& keys);

}  // namespace winnow::app
