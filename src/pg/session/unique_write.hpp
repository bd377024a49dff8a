#pragma once

/// @file
/// Writes of rows whose name must be their own. Private to pg.

#include "pg/session/sql_errors.hpp"
#include "winnow/base/result.hpp"

#include <exception>
#include <string>
#include <utility>

namespace winnow::pg {

/// Runs a write; where it violates `constraint`, that is a `conflict` with this message. The transaction is aborted
/// then, as it is after every error of the database.
template <typename Write>
Result<Done> unless_taken(const char* constraint, std::string message, Write write)
{
    return translated([&]() -> Result<Done> {
        try {
            write();
        } catch (const std::exception& failure) {
            if (!violates(failure, constraint)) throw;
            return Error(ErrorCode::conflict, std::move(message));
        }
        return Done{};
    });
}

}  // namespace winnow::pg
