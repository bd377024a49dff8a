#pragma once

/// @file
/// What a configuration that reads well may still get wrong: everything that it names is opened.

#include "app/config/config.hpp"

#include <string>
#include <vector>

namespace winnow::app {

/// One thing that is wrong.
struct Finding {
    FieldError error;        ///< Its place, and what to do.
    bool tolerable = false;  ///< `winnow serve` says it and serves.
};

/// What keeps the listeners from using the certificates, keys and authorities that are in their files now, in words for
/// an operator; "" for nothing.
[[nodiscard]] std::string problem_of_certificates(const Config& config);

/// Reads the files that the configuration names, and looks at networks, addresses, hosts, URLs and ports. Connects
/// nowhere. `file` is where the configuration was read from.
[[nodiscard]] std::vector<Finding> look_closer(const Config& config, const std::string& file);

}  // namespace winnow::app
