#pragma once

/// @file
/// A vault's database of a test's own.

#include "support/postgres.hpp"
#include "winnow/pg/migrator.hpp"

#include <pqxx/connection>
#include <pqxx/nontransaction>
#include <pqxx/result>

#include <stdexcept>
#include <string>

namespace winnow::test {

class VaultDatabase {
public:
    VaultDatabase()
    {
        const auto migrated = pg::migrate_vault(database_.superuser);
        if (!migrated) throw std::runtime_error("migration failed: " + migrated.error().message());
    }

    /// As the role winnow_vault.
    [[nodiscard]] std::string url() const { return as("winnow_vault"); }
    [[nodiscard]] std::string as(const std::string& role) const
    {
        return database_.superuser.substr(0, database_.superuser.rfind(" user=")) + " user=" + role;
    }

    /// As the superuser, autocommitted.
    pqxx::result sql(const std::string& statement) const
    {
        pqxx::connection connection(database_.superuser);
        return pqxx::nontransaction(connection).exec(statement);
    }
    [[nodiscard]] std::string text(const std::string& statement) const { return sql(statement)[0][0].c_str(); }

private:
    const TestDatabase database_ = PostgresCluster::instance().empty_database();
};

}  // namespace winnow::test
