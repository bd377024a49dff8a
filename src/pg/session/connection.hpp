#pragma once

/// @file
/// Sessions with PostgreSQL. Private to pg.

#include "pg/session/watchdog.hpp"
#include "winnow/pg/options.hpp"

#include <pqxx/connection>

#include <memory>
#include <string>

namespace winnow::pg {

/// `options.conninfo` (a connection string or URI) with our timeouts, keepalives, time zone and application name; what
/// it sets itself is kept. Throws std::invalid_argument where libpq cannot read it.
[[nodiscard]] std::string session_conninfo(const PgOptions& options);

/// What the string itself calls its sessions; "" where it does not, or cannot be read.
[[nodiscard]] std::string application_name_of(const std::string& conninfo);

/// Asks anew why no session is to be had, for at most a second, and logs it: `SQLSTATE` ("" where the server did not
/// answer) and its words. libpq tells the SQLSTATE of a refused login to nobody who connects in one call.
struct Refusal {
    std::string sqlstate;
    std::string words;  ///< May name hosts and users; never a password.
};
[[nodiscard]] Refusal why_no_session(const PgOptions& options);

/// Where no session is to be had because of what is on this machine, which no waiting mends (a certificate's file that
/// cannot be read, a word that libpq does not know): what an operator is to mend. "" where it may be anything else.
/// `words` are why_no_session()'s.
[[nodiscard]] std::string problem_of_our_side(const std::string& conninfo, const std::string& words);

/// An open connection. After pqxx::broken_connection throw it away: libpqxx would reconnect behind our back and lose
/// the session's settings, so reconnecting is switched off.
class Session {
public:
    /// Throws NoSession where there is none within the connect timeout.
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
