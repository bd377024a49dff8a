#pragma once

/// @file
/// What somebody who runs a PostgreSQL of their own needs besides migrating it.

#include "winnow/base/result.hpp"

#include <string>

namespace winnow::pg {

/// True where the server answers and lets us in.
[[nodiscard]] bool accepts_connections(const std::string& conninfo);

/// Makes the database `name` where it is missing: UTF-8, compared by ICU as our tests do. `conninfo` is a superuser's
/// on another database of the cluster.
[[nodiscard]] Result<Done> ensure_database(const std::string& conninfo, const std::string& name);

}  // namespace winnow::pg
