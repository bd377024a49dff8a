#pragma once

/// @file
/// One transaction on a session. Private to pg.

#include "pg/session/connection.hpp"

#include <pqxx/nontransaction>
#include <pqxx/result>

namespace winnow::pg {

/// BEGIN when made; rolled back unless committed. Like pqxx::work, but a commit of an aborted transaction is an
/// exception, never a silent roll-back, and costs one round trip. A transaction whose connection broke is gone.
/// `begin` may ask for something in the same round trip.
class Transaction {
public:
    explicit Transaction(Session& session, const char* begin = "begin");
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    /// Throws std::logic_error after a commit(), whatever became of that: PostgreSQL ends a transaction whose commit it
    /// refuses, too, and what came after it would be autocommitted.
    [[nodiscard]] pqxx::transaction_base& tx();

    /// What the last statement of `begin` answered.
    [[nodiscard]] const pqxx::result& begun() const noexcept { return begun_; }

    /// Once. Throws InDoubt where the connection was lost meanwhile; std::logic_error the second time.
    void commit();

private:
    struct NotBegun {};
    Transaction(Session& session, NotBegun /*unused*/);

    pqxx::nontransaction tx_;
    pqxx::result begun_;
    bool open_ = true;  ///< To be rolled back.
    bool over_ = false;
};

}  // namespace winnow::pg
