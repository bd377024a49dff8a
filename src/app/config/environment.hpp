#pragma once

/// @file
/// Variables of the environment that begin with WINNOW_.

#include "winnow/base/error.hpp"

#include <string>
#include <vector>

namespace winnow::app {

/// Those that nothing reads and that look like one that something does: each with its name and the nearest. What looks
/// like nothing of ours is left alone: WINNOW_PORT_8443_TCP is Kubernetes' word for a service of that name.
[[nodiscard]] std::vector<FieldError> misspelt_variables();

/// The same of a list of names.
[[nodiscard]] std::vector<FieldError> misspelt_variables(const std::vector<std::string>& names);

/// Those that nothing reads and that look like nothing of ours either, for a warning. What Kubernetes sets for services
/// whose names begin with winnow is left alone.
[[nodiscard]] std::vector<FieldError> unread_variables();
[[nodiscard]] std::vector<FieldError> unread_variables(const std::vector<std::string>& names);

}  // namespace winnow::app
