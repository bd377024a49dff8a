#pragma once

/// @file
/// A fresh database with tenants in it, and SQL beside the stores under test.

#include "support/postgres.hpp"
#include "winnow/domain/position.hpp"
#include "winnow/pg/chores.hpp"
#include "winnow/pg/journal_streams.hpp"
#include "winnow/pg/options.hpp"
#include "winnow/pg/provider_store.hpp"

#include <gmock/gmock.h>
#include <pqxx/connection>
#include <pqxx/nontransaction>
#include <pqxx/result>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace winnow::pg {

/// Different each time, the same in each run.
[[nodiscard]] inline Uuid new_uuid()
{
    static std::uint64_t count = 0;
    return Uuid::v7(1'764'000'000'000, 1, ++count);
}

/// `condition` holds within ten seconds.
template <typename Condition>
[[nodiscard]] bool eventually(Condition condition)
{
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds{5});  // polls for the condition
    }
    return true;
}

class PgTest : public testing::Test {
protected:
    [[nodiscard]] PgOptions as(const std::string& conninfo) const { return {.conninfo = conninfo}; }
    [[nodiscard]] PgOptions pipeline() const { return as(database_.pipeline); }

    /// As the superuser, autocommitted.
    pqxx::result sql(const std::string& statement)
    {
        pqxx::connection connection(database_.superuser);
        return pqxx::nontransaction(connection).exec(statement);
    }
    [[nodiscard]] std::int64_t number(const std::string& statement) { return sql(statement)[0][0].as<std::int64_t>(); }
    [[nodiscard]] std::string text(const std::string& statement) { return sql(statement)[0][0].c_str(); }

    /// Step by step until nothing is left; how many rows that were in all.
    std::size_t do_chore(const std::string& name)
    {
        const auto chores = make_chores(pipeline());
        const auto found = std::ranges::find(chores->list(), name, &ports::Chore::name);
        if (found == chores->list().end()) throw std::invalid_argument("there is no chore " + name);
        std::size_t rows = 0;
        for (bool more = true; more;) {
            const auto step = chores->step(static_cast<std::size_t>(found - chores->list().begin()));
            if (!step) throw std::runtime_error(name + ": " + step.error().message());
            rows += step->rows;
            more = step->more;
        }
        return rows;
    }

    TenantId new_tenant()
    {
        const auto count = std::to_string(++tenants_);
        const TenantId id(new_uuid());
        const auto made = make_provider_store(as(database_.provider))
                              ->create_tenant({.id = id,
                                               .service_code = "tenant" + count,
                                               .name = "Tenant " + count,
                                               .admin_id = UserId(new_uuid()),
                                               .admin_email = "admin@example.org",
                                               .admin_name = "Admin",
                                               .admin_key_id = ApiKeyId(new_uuid()),
                                               .admin_key_hash = std::string(31, 'k') + static_cast<char>(tenants_),
                                               .admin_key_hint = "wnu_1234"});
        EXPECT_TRUE(made) << made.error().message();
        return id;
    }

    ContactId new_contact(TenantId tenant, const std::string& name)
    {
        const ContactId id(new_uuid());
        sql("insert into contacts (tenant_id, contact_id, name, type, url) values ('" + tenant.str() + "', '" +
            id.str() + "', '" + name + "', 'webhook', 'https://example.org/')");
        return id;
    }

    test::TestDatabase database_ = test::PostgresCluster::instance().fresh_database();

private:
    int tenants_ = 0;
};

}  // namespace winnow::pg
