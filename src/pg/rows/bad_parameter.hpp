#pragma once

/// @file
/// What refuses a value before it is a parameter. Private to pg.

#include <stdexcept>

namespace winnow::pg {

/// A parameter that PostgreSQL cannot store as it is. Becomes `invalid_argument` (sql_errors.hpp).
class BadParameter : public std::invalid_argument {
public:
    using std::invalid_argument::invalid_argument;
};

}  // namespace winnow::pg
