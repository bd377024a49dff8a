#include "pg/session/sql_errors.hpp"

#include "winnow/domain/history.hpp"
#include "winnow/observe/log.hpp"

#include <pqxx/except>

#include <algorithm>
#include <array>
#include <new>
#include <string>
#include <utility>
#include <vector>

namespace winnow::pg {

namespace {

Error unavailable(std::string_view state)
{
    return {ErrorCode::unavailable, cause_of(state)};
}

/// By the first characters of a SQLSTATE; the longer ones first.
constexpr std::array<std::pair<std::string_view, std::string_view>, 18> kCauses{{
    {"53100", "the database's disk is full"},
    {"53200", "the database is out of memory"},
    {"53300", "the database has no connection left"},
    {"53", "the database is short of something"},
    {"57P01", "the database is being shut down"},
    {"57P02", "the database has crashed and is recovering"},
    {"57P03", "the database is starting up or shutting down"},
    {"57014", "the database took too long"},
    {"55P03", "a lock in the database was not free in time"},
    {"25006", "the database is read-only"},
    {"25P03", "the database ended an idle transaction"},
    {"28", "the database refused the login"},
    {"3D000", "the database does not exist"},
    {"42501", "the database's role lacks a permission"},
    {"42", "the database does not hold what this version works with"},
    {"58", "the database has trouble with its files"},
    {"XX", "the database is damaged or has failed inside"},
    {"08", "the connection to the database broke"},
}};

bool is_an_outage(std::string_view state) noexcept
{
    for (const std::string_view known :
         {"42501", "42P01", "42703", "42883", "53", "57P", "58", "08", "28", "3D000", "25006", "25P03"}) {
        if (state.starts_with(known)) return true;
    }
    return state.empty();
}

/// libpqxx 6 leaves the SQLSTATE out where it has a class for it.
std::string sqlstate_of(const pqxx::sql_error& failure)
{
    if (!failure.sqlstate().empty()) return failure.sqlstate();
    if (dynamic_cast<const pqxx::insufficient_privilege*>(&failure) != nullptr) return "42501";
    if (dynamic_cast<const pqxx::disk_full*>(&failure) != nullptr) return "53100";
    if (dynamic_cast<const pqxx::out_of_memory*>(&failure) != nullptr) return "53200";
    if (dynamic_cast<const pqxx::insufficient_resources*>(&failure) != nullptr) return "53000";
    return "";  // its connection broke under it
}

/// keep_history_limit() says no more than the limit's value.
Error history_full(std::string_view what)
{
    constexpr std::string_view kDigits = "0123456789";
    const auto begin = std::min(what.find_first_of(kDigits), what.size());
    auto value = std::string(what.substr(begin, what.find_first_not_of(kDigits, begin) - begin));
    return Error(std::vector<FieldError>{
        {.pointer = "",
         .code = std::string(domain::kHistoryFull),
         .detail = "the tenant's histories (versions of rules, people's entries in timelines, silences) take all that "
                   "they may: " +
                   value + " bytes (" + std::string(domain::kHistoryLimit) +
                   "). What is past its retention makes room by itself: keep it for fewer days (the settings "
                   "rule_history_retention_days, ticket_retention_days, silence_retention_days, and "
                   "journal_retention_days, before which no version of a rule goes), or ask your provider for more"},
        {.pointer = "", .code = "value", .detail = std::move(value)}});
}

std::string_view first_line(std::string_view text)
{
    return text.substr(0, std::min(text.find('\n'), std::size_t{200}));
}

}  // namespace

Error error_of_sqlstate(std::string_view state, std::string_view what)
{
    if (is_an_outage(state)) {
        // Waiting helps once somebody mends it, and meanwhile this is all that he has.
        const bool is_ours = state.starts_with("42") || state == "25006";  // or a transaction's that should only read
        if (is_ours) {
            observe::error("the database refused a statement", {{"sqlstate", state}, {"reason", first_line(what)}});
        }
        return unavailable(state);
    }
    if (state == "40001" || state == "40P01" || state == "55P03") return {ErrorCode::conflict, "concurrent update"};
    if (state == "23505") return {ErrorCode::conflict, "it exists already"};
    if (state == "23503") return {ErrorCode::conflict, "it refers to something that does not exist, or is in use"};
    if (state == "WQ001") return history_full(what);
    if (state == "57014") return {ErrorCode::timeout, "the database took too long"};
    observe::error("the database refused a statement", {{"sqlstate", state}, {"reason", first_line(what)}});
    return {ErrorCode::internal, "internal error"};
}

Error error_of_refused_write(std::string_view state, std::string_view what)
{
    const bool known = is_an_outage(state) || state == "57014" || state == "55P03" || state.starts_with("40");
    if (!known) observe::error("the database refused a write", {{"sqlstate", state}, {"reason", first_line(what)}});
    for (const std::string_view of_the_data : {"21", "22", "23", "54"}) {
        if (state.starts_with(of_the_data)) return {ErrorCode::internal, "internal error"};
    }
    return unavailable(state);
}

std::string cause_of(std::string_view state)
{
    if (state.empty()) return "the database cannot be reached";
    std::string_view words = "the database refused it";
    for (const auto& [known, cause] : kCauses) {
        if (!state.starts_with(known)) continue;
        words = cause;
        break;
    }
    return std::string(words) + " (SQLSTATE " + std::string(state) + ")";
}

Error to_error(const std::exception& failure)
{
    if (dynamic_cast<const InDoubt*>(&failure) != nullptr ||
        dynamic_cast<const pqxx::in_doubt_error*>(&failure) != nullptr) {
        return {ErrorCode::timeout, "the outcome of the write is unknown"};
    }
    if (dynamic_cast<const pqxx::statement_completion_unknown*>(&failure) != nullptr) {
        return {ErrorCode::timeout, "the outcome of the write is unknown"};
    }
    if (dynamic_cast<const pqxx::transaction_rollback*>(&failure) != nullptr) {  // a deadlock, a serialization failure
        return error_of_sqlstate("40001", failure.what());
    }
    if (dynamic_cast<const BadParameter*>(&failure) != nullptr) return {ErrorCode::invalid_argument, failure.what()};
    if (const auto* none = dynamic_cast<const NoSession*>(&failure)) return unavailable(none->sqlstate());
    if (dynamic_cast<const pqxx::broken_connection*>(&failure) != nullptr) return unavailable("");
    if (const auto* sql = dynamic_cast<const pqxx::sql_error*>(&failure)) {
        return error_of_sqlstate(sqlstate_of(*sql), sql->what());
    }
    // Of this process, and nothing of what was to be stored: waiting helps.
    if (dynamic_cast<const std::bad_alloc*>(&failure) != nullptr) return {ErrorCode::unavailable, "no memory is left"};
    observe::error("a database adapter failed", {{"reason", first_line(failure.what())}});
    return {ErrorCode::internal, "internal error"};
}

bool violates(const std::exception& failure, std::string_view constraint) noexcept
{
    const auto* sql = dynamic_cast<const pqxx::sql_error*>(&failure);
    if (sql == nullptr || !std::string_view(sql->sqlstate()).starts_with("23")) return false;
    const std::string_view what = first_line(sql->what());
    const auto at = what.find(constraint);
    return at != std::string_view::npos && at > 0 && what[at - 1] == '"' && what.size() > at + constraint.size() &&
           what[at + constraint.size()] == '"';
}

}  // namespace winnow::pg
