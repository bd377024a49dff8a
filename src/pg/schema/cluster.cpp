#include "winnow/pg/cluster.hpp"

#include "pg/rows/values.hpp"
#include "pg/session/connection.hpp"
#include "pg/session/sql_errors.hpp"

#include <pqxx/connection>
#include <pqxx/except>
#include <pqxx/nontransaction>

namespace winnow::pg {

bool accepts_connections(const std::string& conninfo)
{
    try {
        const pqxx::connection quietly(session_conninfo({.conninfo = conninfo}));  // a Session would log each failure
        return true;
    } catch (const pqxx::broken_connection&) {
        return false;
    }
}

Result<Done> ensure_database(const std::string& conninfo, const std::string& name)
{
    return translated([&]() -> Result<Done> {
        constexpr std::chrono::minutes kPatience{1};  // copying a template takes what the disk takes
        Session session({.conninfo = conninfo, .statement_timeout = kPatience});
        pqxx::nontransaction tx(session.connection());
        if (query(tx, "select exists (select from pg_database where datname = $1)", name)[0][0].as<bool>()) {
            return Done{};
        }
        tx.exec("create database " + tx.quote_name(name) +
                " template template0 encoding 'UTF8' locale_provider icu icu_locale 'en-US' locale 'C.UTF-8'");
        return Done{};
    });
}

}  // namespace winnow::pg
