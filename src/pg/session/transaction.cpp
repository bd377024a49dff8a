#include "pg/session/transaction.hpp"

#include "pg/session/sql_errors.hpp"

#include <pqxx/except>

#include <stdexcept>

namespace winnow::pg {

Transaction::Transaction(Session& session, NotBegun /*unused*/) : tx_(session.connection()) {}

// By way of the other one: where `begin` fails half way, the destructor runs, and the session is of use afterwards.
Transaction::Transaction(Session& session, const char* begin) : Transaction(session, NotBegun())
{
    begun_ = tx_.exec(begin);
}

Transaction::~Transaction()
{
    if (!open_ || !tx_.conn().is_open()) return;
    try {
        tx_.exec("rollback");
    } catch (const std::exception&) {  // the server rolls back when the session ends
    }
}

pqxx::transaction_base& Transaction::tx()
{
    if (over_) throw std::logic_error("a transaction is asked for something after its commit");
    return tx_;
}

void Transaction::commit()
{
    auto& tx = this->tx();
    over_ = true;
    open_ = false;
    try {
        tx.exec("select; commit");  // the select fails where an earlier statement has
    } catch (const pqxx::broken_connection&) {
        throw InDoubt();
    } catch (const pqxx::sql_error& failure) {
        const std::string_view state = failure.sqlstate();
        if (state.empty() || state.starts_with("57P")) throw InDoubt();
        open_ = true;  // refused (a deferred constraint, an aborted transaction): roll back
        throw;
    }
}

}  // namespace winnow::pg
