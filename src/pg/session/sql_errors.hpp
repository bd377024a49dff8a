#pragma once

/// @file
/// From libpqxx's exceptions to Errors. The only place that knows SQLSTATEs. Private to pg.

#include "pg/rows/bad_parameter.hpp"
#include "winnow/base/error.hpp"
#include "winnow/base/result.hpp"

#include <pqxx/except>

#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace winnow::pg {

/// No session was to be had. Becomes `unavailable`; what() is for the log only, it may name hosts and users.
class NoSession : public pqxx::broken_connection {
public:
    NoSession(std::string sqlstate, const std::string& message)
        : pqxx::broken_connection(message), sqlstate_(std::move(sqlstate))
    {
    }
    /// "" where the server did not answer.
    [[nodiscard]] const std::string& sqlstate() const noexcept { return sqlstate_; }

private:
    std::string sqlstate_;
};

/// The outcome of a commit is unknown. Becomes `timeout`.
class InDoubt : public std::runtime_error {
public:
    InDoubt() : std::runtime_error("the outcome of the write is unknown") {}
};

/// Maps by SQLSTATE; the message is safe to show to the tenant. What nobody expected becomes `internal` and is logged.
[[nodiscard]] Error to_error(const std::exception& failure);

/// As above for code that speaks libpq: "" means that the connection is gone.
[[nodiscard]] Error error_of_sqlstate(std::string_view sqlstate, std::string_view first_line);

/// For a write of many tenants' data that the server refused, so that nothing was stored: `internal` where the data
/// itself is at fault, so that parts of it may do better; else `unavailable`, with the cause in an operator's words and
/// its SQLSTATE.
[[nodiscard]] Error error_of_refused_write(std::string_view sqlstate, std::string_view message);

/// What stands behind a SQLSTATE that is nobody's input's fault: "the database's disk is full (SQLSTATE 53100)".
[[nodiscard]] std::string cause_of(std::string_view sqlstate);

/// True where `failure` says that the named constraint or unique index was violated. After it the transaction is
/// aborted: return an Error, do not go on.
[[nodiscard]] bool violates(const std::exception& failure, std::string_view constraint) noexcept;

/// The adapter's edge: runs `work`, which returns a Result, and turns what it throws into an Error.
template <typename Work>
std::invoke_result_t<Work&> translated(Work&& work)
{
    try {
        return work();
    } catch (const std::exception& failure) {
        return to_error(failure);
    }
}

}  // namespace winnow::pg
