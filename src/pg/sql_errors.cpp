#include "pg/sql_errors.hpp"

#include "winnow/observe/log.hpp"

#include <pqxx/except>

#include <string>

namespace winnow::pg {

namespace {

Error unavailable()
{
    return {ErrorCode::unavailable, "the database is unavailable"};
}

std::string_view first_line(std::string_view text)
{
    return text.substr(0, std::min(text.find('\n'), std::size_t{200}));
}

}  // namespace

Error error_of_sqlstate(std::string_view state, std::string_view what)
{
    if (state.empty() || state.starts_with("57P") || state.starts_with("53") || state.starts_with("08") ||
        state == "25006" || state == "25P03") {
        return unavailable();
    }
    if (state == "40001" || state == "40P01" || state == "55P03") return {ErrorCode::conflict, "concurrent update"};
    if (state == "23505") return {ErrorCode::conflict, "it exists already"};
    if (state == "23503") return {ErrorCode::conflict, "it refers to something that does not exist, or is in use"};
    if (state == "57014") return {ErrorCode::timeout, "the database took too long"};
    observe::error("the database refused a statement", {{"sqlstate", state}, {"message", first_line(what)}});
    return {ErrorCode::internal, "internal error"};
}

Error to_error(const std::exception& failure)
{
    if (dynamic_cast<const InDoubt*>(&failure) != nullptr ||
        dynamic_cast<const pqxx::in_doubt_error*>(&failure) != nullptr) {
        return {ErrorCode::timeout, "the outcome of the write is unknown"};
    }
    if (dynamic_cast<const BadParameter*>(&failure) != nullptr) return {ErrorCode::invalid_argument, failure.what()};
    if (dynamic_cast<const pqxx::broken_connection*>(&failure) != nullptr) return unavailable();
    if (const auto* sql = dynamic_cast<const pqxx::sql_error*>(&failure)) {
        // A statement whose connection broke under it comes without a SQLSTATE.
        return error_of_sqlstate(sql->sqlstate(), sql->what());
    }
    observe::error("a database adapter failed", {{"message", first_line(failure.what())}});
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
