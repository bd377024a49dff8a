#pragma once

/// @file
/// Rows of the table `contacts`. Private to pg.

#include "winnow/domain/contact.hpp"

#include <pqxx/result>

namespace winnow::pg {

/// Reads the table's own column names. Throws std::runtime_error where the row holds what this version cannot read.
[[nodiscard]] domain::Contact read_contact(const pqxx::row& row);

}  // namespace winnow::pg
