#include "winnow/pg/tenant_keys.hpp"

#include "pg/rows/array_literal.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/session_pool.hpp"
#include "pg/upkeep/sealed_tables.hpp"

#include <pqxx/nontransaction>

namespace winnow::pg {

std::function<Result<bool>(const std::vector<std::string>& with_vault)> begins_tenant_keys(const Sessions& sessions)
{
    return [pool = sessions.of(Errand::control)](const std::vector<std::string>& with_vault) {
        return pool.run([&](Session& session) -> Result<bool> {
            Arguments arguments;
            arguments.add_literal(array_of(with_vault));
            pqxx::nontransaction tx(session.connection());
            return query(tx, "select begin_tenant_keys($1::text[])", arguments)[0][0].as<bool>();
        });
    };
}

std::function<Result<bool>(TenantId tenant)> finds_older_secrets(const Sessions& sessions)
{
    return [pool = sessions.of(Errand::control)](TenantId tenant) {
        return pool.run([&](Session& session) -> Result<bool> {
            pqxx::nontransaction tx(session.connection());
            return query(tx, kSealedUnderOlder, tenant, 1)[0][0].as<bool>();
        });
    };
}

Result<Done> check_needs_no_vault(const std::string& conninfo)
{
    return translated([&]() -> Result<Done> {
        Session session({.conninfo = conninfo});
        pqxx::nontransaction tx(session.connection());
        if (!tx.exec("select tenant_keys_seal()")[0][0].as<bool>()) return Done{};
        return Error(ErrorCode::conflict,
                     "the database holds secrets that are sealed under the keys of a vault: configure vault.url and "
                     "vault.root_key_files as on the other nodes");
    });
}

}  // namespace winnow::pg
