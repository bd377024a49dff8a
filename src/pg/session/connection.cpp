#include "pg/session/connection.hpp"

#include "pg/session/sql_errors.hpp"
#include "winnow/observe/log.hpp"

#include <libpq-fe.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <map>
#include <new>
#include <regex>
#include <stdexcept>
#include <string_view>
#include <system_error>
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

/// From libpq's verbose text: `connection to server at "…" failed: FATAL:  28P01: password authentication failed…`.
Refusal read_refusal(std::string_view text)
{
    Refusal refusal;
    refusal.words = text.substr(0, std::min(text.find('\n'), std::size_t{300}));
    static const std::regex code("  ([0-9A-Z]{5}): ");
    if (std::smatch found; std::regex_search(refusal.words, found, code)) {
        refusal.sqlstate = found[1];
        refusal.words.replace(static_cast<std::size_t>(found.position(0)), static_cast<std::size_t>(found.length(0)),
                              " ");
    }
    return refusal;
}

/// Debian's bundle: libpq 15 takes a file only, and by itself none but one in the home folder.
constexpr const char* kSystemAuthorities = "/etc/ssl/certs/ca-certificates.crt";

/// A socket, or an address that no other machine can answer at.
bool is_here(std::string_view host)
{
    return host.empty() || host.front() == '/' || host.front() == '@' || host == "localhost" || host == "::1" ||
           host.starts_with("127.");
}

/// What stands at `name`, or else in the environment, as libpq takes it; "" for neither.
std::string value_of(const std::map<std::string, std::string>& values, const char* name, const char* variable)
{
    const auto at = values.find(name);
    if (at != values.end() && !at->second.empty()) return at->second;
    const char* const set = std::getenv(variable);
    return set == nullptr ? "" : set;
}

/// Whether one of the hosts is another machine. A host's name goes before its address: it is what the certificate is
/// for, and an address here may be the mouth of a tunnel.
bool is_remote(const std::map<std::string, std::string>& values)
{
    auto hosts = value_of(values, "host", "PGHOST");
    if (hosts.empty()) hosts = value_of(values, "hostaddr", "PGHOSTADDR");
    std::string_view rest = hosts;
    while (true) {
        const auto host = rest.substr(0, rest.find(','));
        if (!is_here(host)) return true;
        if (host.size() == rest.size()) return false;
        rest.remove_prefix(host.size() + 1);
    }
}

std::string milliseconds(std::chrono::milliseconds duration)
{
    return std::to_string(duration.count());
}

}  // namespace

bool is_connection_string(const std::string& conninfo)
{
    try {
        parse(conninfo);
        return true;
    } catch (const std::invalid_argument&) {
        return false;
    }
}

std::string problem_of_connection_string(const std::string& conninfo)
{
    if (!is_connection_string(conninfo)) {
        return "is no connection string: write postgresql://user@host/database (its text is not shown: it may hold a "
               "password)";
    }
    const auto values = parse(conninfo);
    const auto ports = values.find("port");
    if (ports == values.end()) return "";
    std::string_view rest = ports->second;  // one for all hosts, or one each; an empty one is the default
    while (true) {
        const auto port = rest.substr(0, rest.find(','));
        constexpr unsigned kMost = 65'535;
        unsigned number = 1;
        const auto [end, wrong] = std::from_chars(port.data(), port.data() + port.size(), number);
        const bool good = port.empty() || (wrong == std::errc{} && end == port.data() + port.size());
        if (!good || number == 0 || number > kMost) return "names a port that is none: write a number from 1 to 65535";
        if (port.size() == rest.size()) return "";
        rest.remove_prefix(port.size() + 1);
    }
}

bool is_verified(const std::string& conninfo)
{
    if (!is_connection_string(conninfo)) return false;
    const auto values = parse(conninfo);
    return !is_remote(values) || value_of(values, "sslmode", "PGSSLMODE") == "verify-full";
}

std::string with_tls(const std::string& conninfo, const std::string& sslmode, const std::string& ca_file)
{
    if (!is_connection_string(conninfo)) return conninfo;
    auto values = parse(conninfo);
    if (!is_remote(values)) return conninfo;
    const auto said = value_of(values, "sslmode", "PGSSLMODE");
    if (said.empty()) values["sslmode"] = sslmode;
    const bool verifies = (said.empty() ? sslmode : said).starts_with("verify");
    // Who says sslmode=verify-… and no authority means libpq's own, in the home folder.
    const auto authorities = !ca_file.empty() ? ca_file : said.empty() ? kSystemAuthorities : std::string();
    if (verifies && !authorities.empty() && value_of(values, "sslrootcert", "PGSSLROOTCERT").empty()) {
        values["sslrootcert"] = authorities;
    }
    return join(values);
}

std::string user_of_connection_string(const std::string& conninfo)
{
    if (!is_connection_string(conninfo)) return "";
    const auto values = parse(conninfo);
    const auto user = values.find("user");
    return user == values.end() ? "" : user->second;
}

std::string application_name_of(const std::string& conninfo)
{
    if (!is_connection_string(conninfo)) return "";
    const auto values = parse(conninfo);
    const auto name = values.find("application_name");
    return name == values.end() ? "" : name->second;
}

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
    // Before what the URL says, which may know better, but not what SQL can give its own role (`alter role … set`).
    values["options"].insert(0, "-c search_path=public ");
    values["options"] +=
        " -c DateStyle=ISO -c TimeZone=UTC -c bytea_output=hex -c jit=off -c lock_timeout=" +
        milliseconds(options.lock_timeout) + " -c statement_timeout=" + milliseconds(options.statement_timeout) +
        " -c idle_in_transaction_session_timeout=" + milliseconds(options.idle_in_transaction_timeout) +
        " -c winnow.max_retention_days=" + std::to_string(options.max_retention.count());
    const auto limit = [&](const char* name, std::int64_t most) {
        if (most > 0) values["options"] += " -c winnow." + std::string(name) + '=' + std::to_string(most);
    };
    limit("max_history_bytes", options.max_history_bytes);
    limit("max_contacts_told", options.max_contacts_told);
    limit("max_owed_deliveries", options.max_owed_deliveries);
    limit("max_mails_a_day", options.max_mails_a_day);
    return join(values);
}

Refusal why_no_session(const PgOptions& options)
{
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{1};
    const std::unique_ptr<PGconn, void (*)(PGconn*)> connection(PQconnectStart(session_conninfo(options).c_str()),
                                                                PQfinish);
    if (!connection) throw std::bad_alloc();
    PQsetErrorVerbosity(connection.get(), PQERRORS_VERBOSE);
    auto wants = PGRES_POLLING_WRITING;
    while (wants == PGRES_POLLING_READING || wants == PGRES_POLLING_WRITING) {
        if (PQstatus(connection.get()) == CONNECTION_BAD) break;
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        pollfd socket{.fd = PQsocket(connection.get()),
                      .events = static_cast<short>(wants == PGRES_POLLING_READING ? POLLIN : POLLOUT),
                      .revents = 0};
        if (left.count() <= 0 || ::poll(&socket, 1, static_cast<int>(left.count())) <= 0) break;
        wants = PQconnectPoll(connection.get());
    }
    Refusal refusal = read_refusal(PQerrorMessage(connection.get()));
    if (refusal.words.empty()) refusal.words = "no answer";
    observe::error("a session with the database cannot be opened",
                   {{"session", options.application_name}, {"sqlstate", refusal.sqlstate}, {"reason", refusal.words}});
    return refusal;
}

std::string problem_of_our_side(const std::string& conninfo, const std::string& words)
{
    // In libpq's English, which is all that a program without setlocale() gets.
    if (words.starts_with("invalid ") || words.contains("certificate file") || words.contains("private key file")) {
        return words;
    }
    // libpq opens these files only once a server has answered.
    const auto values = parse(conninfo);
    const auto value = [&](const char* name) {
        const auto found = values.find(name);
        return found == values.end() ? std::string() : found->second;
    };
    const auto mode = value("sslmode");
    const bool verifies = mode.starts_with("verify-");
    if (!verifies && mode != "require") return "";
    for (const char* name : {"sslrootcert", "sslcrl", "sslcert", "sslkey"}) {
        const auto file = value(name);
        if (file.empty() || ::access(file.c_str(), R_OK) == 0) continue;
        const auto why = errno;
        const bool needed = verifies && std::string_view(name) == "sslrootcert";
        if (!needed && (why == ENOENT || why == ENOTDIR)) continue;  // libpq does without it
        return std::string(name) + ": " + file + " cannot be read: " + std::generic_category().message(why);
    }
    return "";
}

Session::Session(const PgOptions& options)
{
    try {
        connection_ = std::make_unique<pqxx::connection>(session_conninfo(options));
    } catch (const pqxx::broken_connection&) {
        auto refusal = why_no_session(options);
        throw NoSession(std::move(refusal.sqlstate), refusal.words);
    }
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
