#include "winnow/pg/database_checks.hpp"

#include "pg/rows/values.hpp"
#include "pg/session/connection.hpp"
#include "pg/session/sql_errors.hpp"
#include "pg/session/transaction.hpp"

#include <pqxx/except>
#include <pqxx/nontransaction>

#include <stdexcept>
#include <string_view>

namespace winnow::pg {

namespace {

bool is_true(const pqxx::result& rows)
{
    return rows[0][0].as<bool>();
}

/// Nobody answered, or the server says that it is only now that it cannot.
bool lets_in_later(std::string_view state)
{
    return state.empty() || state.starts_with("08") || state.starts_with("53") || state.starts_with("57P");
}

/// What the stores of a session would work on, in words.
struct Reached {
    std::string database;
    std::string tables;  ///< Identifies what `tenants` is to this session; "" where there is none.
    bool standby;
};

Reached look_where(Session& session, pqxx::transaction_base& tx)
{
    const auto row = tx.exec("select current_database(), to_regclass('tenants')::oid, pg_is_in_recovery()")[0];
    auto& connection = session.connection();
    return {.database = std::string("the database ") + row[0].c_str() + " at " + connection.hostname() + " (port " +
                        connection.port() + ")",
            .tables = row[1].is_null() ? "" : row[1].c_str(),
            .standby = row[2].as<bool>()};
}

// The last: a role may give itself settings; PostgreSQL has no privilege that it could be denied.
constexpr auto kElsewhere = R"sql(
select data_region, count(*) from tenants where data_region not in ('', $1)
 group by data_region order by count(*) desc, data_region limit 1
)sql";

constexpr auto kOpenings = R"sql(
select 'everybody may ' || string_agg(privilege, ' and ' order by privilege)
       || ' in this database; as its owner: revoke connect, temporary on database '
       || quote_ident(current_database()) || ' from public'
  from unnest(array['connect', 'make temporary tables']) as privilege
 where has_database_privilege('public', current_database(),
                              case privilege when 'connect' then privilege else 'temporary' end)
having count(*) > 0
union all
select 'everybody may create functions in the schema public; as its owner: revoke create on schema public from public'
 where has_schema_privilege('public', 'public', 'create')
union all
select 'sessions are put on a tenant without a proof, for programs from before it; that ends by itself, five minutes after '
       || 'the last of them has'
  from tenant_key where not required
union all
select 'the role ' || r.rolname || ' has more rights than it needs (superuser, BYPASSRLS, CREATEROLE, CREATEDB or '
       || 'REPLICATION); take them from it'
  from pg_roles r where r.rolname = any($1::text[])
   and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication)
union all
select 'the role ' || m.member::regrole || ' is a member of ' || m.roleid::regrole || '; revoke that'
  from pg_auth_members m join pg_roles r on r.oid = m.member where r.rolname = any($1::text[])
union all
select 'the role ' || s.setrole::regrole || ' has settings of its own, which it can give itself: ' || string_agg(
           split_part(setting, '=', 1), ', ' order by setting) || '; where that was not you: alter role '
       || s.setrole::regrole || case when s.setdatabase = 0 then '' else ' in database '
       || quote_ident(current_database()) end || ' reset all'
  from pg_db_role_setting s join pg_roles r on r.oid = s.setrole, unnest(s.setconfig) as setting
 where r.rolname = any($1::text[]) and s.setdatabase in (0, (select oid from pg_database
                                                              where datname = current_database()))
 group by s.setrole, s.setdatabase
)sql";

}  // namespace

Result<Done> check_login(const std::string& conninfo)
{
    static constexpr auto kHowItIsVerified =
        "; the server is verified by the authority in sslrootcert of the URL or in database.ca_file, and as sslmode or "
        "database.sslmode says";
    try {
        const Session session({.conninfo = conninfo});
        return Done{};
    } catch (const NoSession& refused) {
        const std::string words = refused.what();
        if (refused.sqlstate().empty()) {
            // What is on this machine first: libpq speaks of certificates there, too.
            if (const auto ours = problem_of_our_side(conninfo, words); !ours.empty()) {
                const bool verifying = ours.contains("root certificate") || ours.starts_with("sslrootcert");
                return Error(ErrorCode::invalid_argument, verifying ? ours + kHowItIsVerified : ours);
            }
            if (words.contains("certificate") || words.contains("not support SSL")) {
                return Error(ErrorCode::permission_denied, words + kHowItIsVerified);
            }
        }
        const auto state = refused.sqlstate().empty() ? std::string() : " (SQLSTATE " + refused.sqlstate() + ")";
        return Error(lets_in_later(refused.sqlstate()) ? ErrorCode::unavailable : ErrorCode::permission_denied,
                     words + state);
    } catch (const std::invalid_argument& unreadable) {
        return Error(ErrorCode::invalid_argument, unreadable.what());
    } catch (const std::exception& failure) {
        return to_error(failure);
    }
}

Result<Done> check_isolation(const std::string& conninfo)
{
    return translated([&]() -> Result<Done> {
        Session session({.conninfo = conninfo});
        pqxx::nontransaction tx(session.connection());
        const auto rows =
            tx.exec("select current_user, rolsuper or rolbypassrls from pg_roles where rolname = current_user");
        if (!rows[0][1].as<bool>()) return Done{};
        return Error(ErrorCode::conflict, std::string("the role ") + rows[0][0].c_str() +
                                              " is a superuser or has BYPASSRLS: it would see every tenant's rows");
    });
}

Result<Done> check_same_database(const std::string& one, const std::string& other)
{
    return translated([&]() -> Result<Done> {
        Session session({.conninfo = one});
        Transaction transaction(session);  // not the session's lock: a pool between may hand the session on
        auto& tx = transaction.tx();
        const auto here = look_where(session, tx);
        const std::string lock = tx.exec(
                                       "select key, pg_advisory_xact_lock(key) "
                                       "from (select (random() * 4e18)::bigint as key offset 0) as dice")[0][0]
                                     .c_str();
        Session second({.conninfo = other});
        pqxx::nontransaction there_tx(second.connection());
        const auto there = look_where(second, there_tx);
        const auto both = "it reaches " + there.database + ", and the other " + here.database;
        if (is_true(query(there_tx, "select pg_try_advisory_xact_lock($1::bigint)", lock))) {
            if (here.standby != there.standby) {
                return Error(ErrorCode::unavailable, both +
                                                         ": one of them is a standby (several hosts in a URL want "
                                                         "target_session_attrs=read-write)");
            }
            return Error(ErrorCode::conflict, both + (here.database == there.database ? ", on another server" : ""));
        }
        if (here.tables != there.tables) {
            return Error(ErrorCode::conflict, both + ", but other tables in it: leave search_path out of the URLs");
        }
        return Done{};
    });
}

Result<Done> check_durability(const std::string& conninfo)
{
    return translated([&]() -> Result<Done> {
        Session session({.conninfo = conninfo});
        pqxx::nontransaction tx(session.connection());
        for (const char* setting : {"fsync", "full_page_writes", "synchronous_commit"}) {
            if (is_true(query(tx, "select current_setting($1) = 'off'", setting))) {
                return Error(ErrorCode::conflict, std::string("PostgreSQL runs with ") + setting +
                                                      " = off: an acknowledged alert could be lost in a crash");
            }
        }
        return Done{};
    });
}

Result<Done> check_region(const std::string& conninfo, const std::string& region)
{
    return translated([&]() -> Result<Done> {
        Session session({.conninfo = conninfo});
        pqxx::nontransaction tx(session.connection());
        const auto elsewhere = query(tx, kElsewhere, region);
        if (elsewhere.empty()) return Done{};
        return Error(ErrorCode::conflict,
                     std::string(elsewhere[0][1].c_str()) + " of its tenants must lie in " + elsewhere[0][0].c_str());
    });
}

Result<std::vector<std::string>> check_openings(const std::string& conninfo)
{
    return translated([&]() -> Result<std::vector<std::string>> {
        Session session({.conninfo = conninfo});
        pqxx::nontransaction tx(session.connection());
        std::vector<std::string> openings;
        for (const auto& row : query(tx, kOpenings, "{winnow_api,winnow_pipeline,winnow_provider}")) {
            openings.emplace_back(row[0].c_str());
        }
        return openings;
    });
}

}  // namespace winnow::pg
