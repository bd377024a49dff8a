#pragma once

/// @file
/// Sessions with PostgreSQL. Private to pg.

#include "pg/watchdog.hpp"
#include "winnow/pg/options.hpp"

#include <pqxx/connection>

#include <memory>
#include <string>

namespace winnow::pg {

/// `options.conninfo` (a connection string or URI) with our timeouts, keepalives, time zone and application name; what
/// it sets itself is kept. Throws std::invalid_argument where libpq cannot read it.
[[nodiscard]] std::string session_conninfo(const PgOptions& options);

/// An open connection. After pqxx::broken_connection throw it away: libpqxx would reconnect behind our back and lose
/// the session's settings, so reconnecting is switched off.
class Session {
public:
    /// Throws pqxx::broken_connection where it cannot be reached within the connect timeout.
    explicit Session(const PgOptions& options);

    [[nodiscard]] pqxx::connection& connection() noexcept { return *connection_; }
    /// True where the server has ended the session while nobody used it.
    [[nodiscard]] bool went_away() const;

    [[nodiscard]] const SocketHandle& socket() const noexcept { return socket_; }

private:
    std::unique_ptr<pqxx::connection> connection_;
    SocketHandle socket_;
};

}  // namespace winnow::pg
