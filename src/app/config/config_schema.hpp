#pragma once

/// @file
/// The configuration's schema as a table: one line a key.

#include "app/config/config.hpp"

#include <functional>
#include <string>
#include <vector>

namespace winnow::app {

/// Sets a key from its scalars (one, or a list's). Returns what is wrong, "" if nothing.
using Setter = std::function<std::string(Config&, const std::vector<std::string>&)>;

struct Key {
    std::string path;  ///< "database.api_url"
    Setter set;
    bool list = false;
};

[[nodiscard]] const std::vector<Key>& config_schema();

}  // namespace winnow::app
