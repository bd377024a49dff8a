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

    [[nodiscard]] pqxx::transaction_base& tx() noexcept { return tx_; }

    /// What the last statement of `begin` answered.
    [[nodiscard]] const pqxx::result& begun() const noexcept { return begun_; }

    /// Throws InDoubt where the connection was lost meanwhile.
    void commit();

private:
    struct NotBegun {};
    Transaction(Session& session, NotBegun /*unused*/);

    pqxx::nontransaction tx_;
    pqxx::result begun_;
    bool open_ = true;
};

}  // namespace winnow::pg
