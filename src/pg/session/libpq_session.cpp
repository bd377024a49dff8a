#include "pg/session/libpq_session.hpp"

#include "pg/session/connection.hpp"

#include <poll.h>

namespace winnow::pg {

LibpqSession::LibpqSession(const PgOptions& options)
    : deadline_(options.deadline), connection_(PQconnectdb(session_conninfo(options).c_str()))
{
    if (PQstatus(connection_.get()) != CONNECTION_OK) {
        const auto refusal = why_no_session(options);
        throw StatementFailed(true, refusal.sqlstate, refusal.words);
    }
    socket_ = SocketHandle(PQsocket(connection_.get()));
    PQsetNoticeProcessor(connection_.get(), [](void*, const char*) {}, nullptr);
}

LibpqSession::ResultPtr LibpqSession::checked(PGresult* raw)
{
    ResultPtr result(raw);
    const auto status = PQresultStatus(result.get());  // of nullptr: PGRES_FATAL_ERROR
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return result;
    const char* sqlstate = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
    const char* message = PQresultErrorField(result.get(), PG_DIAG_MESSAGE_PRIMARY);
    const char* constraint = PQresultErrorField(result.get(), PG_DIAG_CONSTRAINT_NAME);
    throw StatementFailed(PQstatus(connection_.get()) != CONNECTION_OK, sqlstate == nullptr ? "" : sqlstate,
                          message == nullptr ? "connection lost" : message, constraint == nullptr ? "" : constraint);
}

bool LibpqSession::went_away() const
{
    pollfd socket{.fd = PQsocket(connection_.get()), .events = POLLIN, .revents = 0};
    return ::poll(&socket, 1, 0) != 0;
}

void LibpqSession::prepare(const char* name, const char* sql)
{
    const Watchdog::Guard guard(*dog_, socket_, deadline_);
    checked(PQprepare(connection_.get(), name, sql, 0, nullptr));
}

LibpqSession::ResultPtr LibpqSession::run(const char* prepared, const std::vector<LibpqParameter>& parameters,
                                          Answer answer)
{
    std::vector<const char*> values;
    std::vector<int> lengths;
    std::vector<int> formats;
    for (const auto& parameter : parameters) {
        values.push_back(parameter.data);
        lengths.push_back(parameter.length);
        formats.push_back(parameter.format);
    }
    const Watchdog::Guard guard(*dog_, socket_, deadline_);
    return checked(PQexecPrepared(connection_.get(), prepared, static_cast<int>(values.size()), values.data(),
                                  lengths.data(), formats.data(), static_cast<int>(answer)));
}

LibpqSession::ResultPtr LibpqSession::run(const char* sql)
{
    const Watchdog::Guard guard(*dog_, socket_, deadline_);
    return checked(PQexec(connection_.get(), sql));
}

std::vector<LibpqSession::Notice> LibpqSession::notices(std::chrono::milliseconds timeout)
{
    auto all = come();
    if (!all.empty() || timeout.count() <= 0) return all;
    pollfd socket{.fd = PQsocket(connection_.get()), .events = POLLIN, .revents = 0};
    ::poll(&socket, 1, static_cast<int>(timeout.count()));  // whatever woke it: what came is read
    return come();
}

std::vector<LibpqSession::Notice> LibpqSession::come()
{
    struct Free {
        void operator()(PGnotify* notice) const noexcept { PQfreemem(notice); }
    };
    if (PQconsumeInput(connection_.get()) == 0) throw StatementFailed(true, "", "connection lost");
    std::vector<Notice> all;
    for (;;) {
        const std::unique_ptr<PGnotify, Free> notice(PQnotifies(connection_.get()));
        if (!notice) return all;
        all.push_back({.channel = notice->relname, .payload = notice->extra, .backend = notice->be_pid});
    }
}

}  // namespace winnow::pg
