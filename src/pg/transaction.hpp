#pragma once

/// @file
/// One transaction on a session. Private to pg.

#include "pg/connection.hpp"

#include <pqxx/nontransaction>

namespace winnow::pg {

/// BEGIN when made; rolled back unless committed. Like pqxx::work, but a commit of an aborted transaction is an
/// exception, never a silent roll-back, and costs one round trip. A transaction whose connection broke is gone.
class Transaction {
public:
    explicit Transaction(Session& session);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    [[nodiscard]] pqxx::transaction_base& tx() noexcept { return tx_; }

    /// Throws InDoubt where the connection was lost meanwhile.
    void commit();

private:
    pqxx::nontransaction tx_;
    bool open_ = true;
};

}  // namespace winnow::pg
