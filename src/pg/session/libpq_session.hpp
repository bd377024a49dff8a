#pragma once

/// @file
/// A session on bare libpq, for the journal and for notices: binary parameters, prepared statements, and exact
/// knowledge of when an outcome is unknown. Private to pg.

#include "pg/session/watchdog.hpp"
#include "winnow/pg/options.hpp"

#include <libpq-fe.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::pg {

/// A statement did not succeed.
class StatementFailed : public std::runtime_error {
public:
    StatementFailed(bool lost, std::string sqlstate, const std::string& message, std::string constraint = "")
        : std::runtime_error(message), lost_(lost), sqlstate_(std::move(sqlstate)), constraint_(std::move(constraint))
    {
    }

    /// The connection is gone: whether the statement took effect is unknown.
    [[nodiscard]] bool lost() const noexcept { return lost_; }
    [[nodiscard]] const std::string& sqlstate() const noexcept { return sqlstate_; }
    /// The constraint that was violated, "" where none was.
    [[nodiscard]] const std::string& constraint() const noexcept { return constraint_; }

private:
    bool lost_;
    std::string sqlstate_;
    std::string constraint_;
};

/// A parameter: text (format 0, null-terminated) or binary (format 1). Refers to the caller's bytes.
struct LibpqParameter {
    const char* data;
    int length;
    int format;
};

class LibpqSession {
public:
    struct Clear {
        void operator()(PGresult* result) const noexcept { PQclear(result); }
    };
    using ResultPtr = std::unique_ptr<PGresult, Clear>;

    /// Throws StatementFailed (lost) where it cannot connect.
    explicit LibpqSession(const PgOptions& options);

    /// True where the server has ended the session while nobody used it.
    [[nodiscard]] bool went_away() const;

    void prepare(const char* name, const char* sql);

    enum class Answer : std::uint8_t { text = 0, binary = 1 };

    /// Runs a prepared statement; throws StatementFailed.
    ResultPtr run(const char* prepared, const std::vector<LibpqParameter>& parameters, Answer answer = Answer::text);
    /// Runs one statement without parameters.
    ResultPtr run(const char* sql);

    /// Something that a session told a channel to which this one listens.
    struct Notice {
        std::string channel;
        std::string payload;
        int backend;  ///< The process of the session that told it.
    };

    /// Those that have come, with an answer or by themselves, in their order; where there are none, after waiting for
    /// something to come, for up to `timeout`. Throws StatementFailed (lost) where the server has ended the session.
    std::vector<Notice> notices(std::chrono::milliseconds timeout);

    /// The server's process for this session.
    [[nodiscard]] int backend() const { return PQbackendPID(connection_.get()); }

    /// From any thread: whatever runs fails, and the session is broken.
    void shut_down() const noexcept { socket_.shut_down(); }

private:
    struct Finish {
        void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
    };

    ResultPtr checked(PGresult* result);
    [[nodiscard]] std::vector<Notice> come();

    std::shared_ptr<Watchdog> dog_ = Watchdog::shared();
    std::chrono::milliseconds deadline_;
    std::unique_ptr<PGconn, Finish> connection_;
    SocketHandle socket_;
};

}  // namespace winnow::pg
