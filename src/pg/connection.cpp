#include "pg/connection.hpp"

#include <libpq-fe.h>
#include <poll.h>

#include <map>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace winnow::pg {

namespace {

struct FreeOptions {
    void operator()(PQconninfoOption* options) const noexcept { PQconninfoFree(options); }
};

std::map<std::string, std::string> parse(const std::string& conninfo)
{
    char* error = nullptr;
    const std::unique_ptr<PQconninfoOption, FreeOptions> options(PQconninfoParse(conninfo.c_str(), &error));
    if (!options) {
        PQfreemem(error);  // its text may quote a password
        throw std::invalid_argument("the database connection string cannot be read");
    }
    std::map<std::string, std::string> values;
    for (const auto* option = options.get(); option->keyword != nullptr; ++option) {
        if (option->val != nullptr) values.emplace(option->keyword, option->val);
    }
    return values;
}

std::string join(const std::map<std::string, std::string>& values)
{
    std::string text;
    for (const auto& [name, value] : values) {
        text += name + "='";
        for (const char c : value) {
            if (c == '\'' || c == '\\') text += '\\';
            text += c;
        }
        text += "' ";
    }
    return text;
}

std::string milliseconds(std::chrono::milliseconds duration)
{
    return std::to_string(duration.count());
}

}  // namespace

std::string session_conninfo(const PgOptions& options)
{
    auto values = parse(options.conninfo);
    const std::pair<const char*, std::string> defaults[] = {
        {"application_name", options.application_name},
        {"connect_timeout", std::to_string(options.connect_timeout.count())},
        {"keepalives", "1"},
        {"keepalives_idle", "10"},
        {"keepalives_interval", "5"},
        {"keepalives_count", "3"},
        {"tcp_user_timeout", milliseconds(options.deadline)},
        {"client_encoding", "UTF8"},
    };
    for (const auto& [name, value] : defaults) values.emplace(name, value);
    values["options"] +=
        " -c DateStyle=ISO -c TimeZone=UTC -c bytea_output=hex -c lock_timeout=" + milliseconds(options.lock_timeout) +
        " -c statement_timeout=" + milliseconds(options.statement_timeout) +
        " -c idle_in_transaction_session_timeout=" + milliseconds(options.idle_in_transaction_timeout);
    return join(values);
}

Session::Session(const PgOptions& options) : connection_(std::make_unique<pqxx::connection>(session_conninfo(options)))
{
    connection_->inhibit_reactivation(true);
    socket_ = SocketHandle(connection_->sock());
}

// An idle session has nothing to read; a readable one was ended (or has a notice: a new session costs little then).
bool Session::went_away() const
{
    pollfd socket{.fd = connection_->sock(), .events = POLLIN, .revents = 0};
    return !connection_->is_open() || ::poll(&socket, 1, 0) != 0;
}

}  // namespace winnow::pg
