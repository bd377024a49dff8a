#include "winnow/pg/migrator.hpp"

#include "pg/connection.hpp"
#include "pg/sql_errors.hpp"
#include "pg/transaction.hpp"
#include "pg/values.hpp"
#include "winnow/observe/log.hpp"

#include <pqxx/except>
#include <pqxx/nontransaction>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <thread>

namespace winnow::pg {

namespace {

constexpr std::int64_t kMigrationLock = 0x57696E6E6F77;  // "Winnow"

constexpr std::array kRoles = {"winnow_owner", "winnow_api", "winnow_pipeline", "winnow_provider"};

constexpr auto kCreateTable = R"sql(
create table if not exists schema_migrations (
    name       text        primary key,
    checksum   text        not null,  -- SHA-256 of the file
    applied_at timestamptz not null default now(),
    compatible boolean     not null default false  -- a program that does not know it may go on serving
);
grant select on schema_migrations to winnow_api, winnow_pipeline, winnow_provider;
)sql";

constexpr auto kKnowsCompatible = R"sql(
select exists (select from pg_attribute
                where attrelid = 'public.schema_migrations'::regclass and attname = 'compatible' and not attisdropped)
)sql";

// Through JSON, because a database that no such program has migrated yet has no such column.
constexpr auto kApplied = R"sql(
select name, checksum, coalesce((to_jsonb(m) ->> 'compatible')::boolean, false) from schema_migrations m
)sql";

enum class Newer : std::uint8_t { refused, accepted_if_compatible };

bool is_compatible(std::string_view sql)
{
    return sql.contains("\n-- compatible: yes\n");
}

PgOptions unhurried(const std::string& conninfo)
{
    return {.conninfo = conninfo,
            .application_name = "winnow migrate",
            .lock_timeout = std::chrono::milliseconds{0},  // 0: none
            .statement_timeout = std::chrono::milliseconds{0},
            .idle_in_transaction_timeout = std::chrono::milliseconds{0}};
}

bool is_true(const pqxx::result& rows)
{
    return rows[0][0].as<bool>();
}

void make_role(pqxx::transaction_base& tx, const char* role)
{
    if (is_true(query(tx, "select exists (select from pg_roles where rolname = $1)", role))) return;
    try {
        tx.exec(std::string("create role ") + role + " login");  // one of kRoles
    } catch (const pqxx::sql_error& failure) {
        const std::string state = failure.sqlstate();
        if (state != "42710" && state != "23505") throw;  // another database's migration was faster
    }
}

/// The database is for Winnow's roles alone: PostgreSQL lets everybody in, and make temporary tables, by itself. Only
/// its owner can change that; who migrates as somebody else leaves it as it is.
void close_to_everybody(pqxx::transaction_base& tx)
{
    const auto facts = tx.exec(
        "select (has_database_privilege('public', d.oid, 'connect') or has_database_privilege('public', d.oid, "
        "'temporary'))"
        " and pg_has_role(current_user, d.datdba, 'usage'), quote_ident(d.datname)"
        " from pg_database d where d.datname = current_database()");
    if (!facts[0][0].as<bool>()) return;
    const std::string database = facts[0][1].c_str();
    std::string roles;
    for (const char* role : kRoles) roles += (roles.empty() ? "" : ", ") + std::string(role);
    tx.exec("grant connect on database " + database + " to " + roles);
    tx.exec("revoke connect, temporary on database " + database + " from public");
}

void prepare(pqxx::transaction_base& tx)
{
    for (const char* role : kRoles) make_role(tx, role);
    close_to_everybody(tx);
    if (!is_true(tx.exec("select pg_has_role(current_user, 'winnow_owner', 'member')"))) {
        tx.exec("grant winnow_owner to current_user");
    }
    if (!is_true(tx.exec("select has_schema_privilege('winnow_owner', 'public', 'create')"))) {
        tx.exec("grant usage, create on schema public to winnow_owner");
    }
    tx.exec("set role winnow_owner");
    if (tx.exec("select to_regclass('public.schema_migrations')")[0][0].is_null()) tx.exec(kCreateTable);
    if (!is_true(tx.exec(kKnowsCompatible))) {
        tx.exec("alter table schema_migrations add compatible boolean not null default false");
    }
}

/// Those that are not applied, if what is applied is a prefix of ours.
Result<std::vector<Migration>> pending(pqxx::transaction_base& tx, const std::vector<Migration>& migrations,
                                       Newer newer)
{
    struct Applied {
        std::string checksum;
        bool compatible;
    };
    std::map<std::string, Applied, std::less<>> applied;
    for (const auto& row : tx.exec(kApplied)) {
        applied.emplace(row[0].c_str(), Applied{row[1].c_str(), row[2].as<bool>()});
    }
    std::vector<Migration> missing;
    for (const auto& migration : migrations) {
        const auto found = applied.find(migration.name);
        if (found == applied.end()) {
            missing.push_back(migration);
            continue;
        }
        const std::string name(migration.name);
        if (!missing.empty()) {
            return Error(ErrorCode::conflict, name + " is applied, but " + std::string(missing.front().name) +
                                                  " before it is not: restore the database or the program");
        }
        if (!is_true(query(tx, "select encode(sha256(convert_to($1, 'UTF8')), 'hex') = $2", migration.sql,
                           found->second.checksum))) {
            return Error(ErrorCode::conflict, name + " has changed since it was applied to this database");
        }
        applied.erase(found);
    }
    if (newer == Newer::accepted_if_compatible) {
        const auto compatible = std::erase_if(applied, [](const auto& step) { return step.second.compatible; });
        if (compatible > 0 && applied.empty()) {
            observe::info("the schema is newer than this program, and compatible", {{"steps", compatible}});
        }
    }
    if (!applied.empty()) {
        return Error(ErrorCode::conflict, "the database was migrated by a newer winnow: " + applied.begin()->first +
                                              " is unknown to this one");
    }
    return missing;
}

/// Nobody answered, or the server says that it is only now that it cannot.
bool lets_in_later(std::string_view state)
{
    return state.empty() || state.starts_with("08") || state.starts_with("53") || state.starts_with("57P");
}

/// Every table but the partitions, which nobody reaches past their table, and our own.
constexpr auto kTables = R"sql(
select quote_ident(relname) from pg_class
 where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
   and relname <> 'schema_migrations'
 order by relname
)sql";

/// Whoever already works ends what it is at, and nobody begins: what follows waits for nobody. Longer than any
/// statement of a node takes, but not for ever: nobody is served meanwhile.
void lock_everything(pqxx::transaction_base& tx)
{
    tx.exec("set local lock_timeout = '20s'");
    for (const auto& row : tx.exec(kTables)) {
        tx.exec(std::string("lock table only public.") + row[0].c_str() + " in access exclusive mode");
    }
    tx.exec("set local lock_timeout = 0");
}

void apply(Session& session, const Migration& migration, bool alone)
{
    Transaction transaction(session);
    if (alone) lock_everything(transaction.tx());
    transaction.tx().exec(std::string(migration.sql));
    query(transaction.tx(),
          "insert into schema_migrations (name, checksum, compatible) "
          "values ($1, encode(sha256(convert_to($2, 'UTF8')), 'hex'), $3)",
          migration.name, migration.sql, is_compatible(migration.sql));
    transaction.commit();
}

/// A step that builds an index lets readers in until it changes the table. A statement of a node that is at work and
/// reads to change waits for it then, and it for that statement: PostgreSQL ends one of the two, mostly us, who waited
/// later and did more. Trying the same again would meet the next statement, so from then on the step is alone.
Result<Done> apply_beside_nodes(Session& session, const Migration& migration)
{
    constexpr int kMostTries = 10;
    constexpr std::chrono::milliseconds kPause{200};
    for (int tries = 1;; ++tries) {
        std::string state;
        try {
            apply(session, migration, tries > 1);
            return Done{};
        } catch (const pqxx::deadlock_detected&) {  // no pqxx::sql_error
            state = "40P01";
        } catch (const pqxx::sql_error& failure) {
            state = failure.sqlstate();
            if (state != "55P03") throw;
        }
        if (tries == kMostTries) {
            return Error(ErrorCode::conflict, std::string(migration.name) + " did not get its locks in " +
                                                  std::to_string(kMostTries) +
                                                  " tries, and changed nothing: stop the nodes and what else uses the "
                                                  "database, then run `winnow migrate` again");
        }
        observe::warn("a step of the schema and a session at work were in each other's way; it is tried again",
                      {{"step", migration.name}, {"try", tries}, {"sqlstate", state}});
        std::this_thread::sleep_for(kPause);
    }
}

}  // namespace

Result<std::size_t> migrate(const std::string& conninfo, const MigrationProgress& progress,
                            const std::vector<Migration>& migrations)
{
    return translated([&]() -> Result<std::size_t> {
        Session session(unhurried(conninfo));
        std::vector<Migration> missing;
        {
            pqxx::nontransaction tx(session.connection());
            query(tx, "select pg_advisory_lock($1)", kMigrationLock);  // until the session ends
            prepare(tx);
            auto found = pending(tx, migrations, Newer::refused);
            if (!found) return found.error();
            missing = std::move(*found);
        }
        for (std::size_t i = 0; i < missing.size(); ++i) {
            if (progress) progress(i, missing.size(), missing[i].name);
            if (const auto applied = apply_beside_nodes(session, missing[i]); !applied) return applied.error();
        }
        if (progress) progress(missing.size(), missing.size(), "");
        return missing.size();
    });
}

Result<Done> check_schema(const std::string& conninfo, const std::vector<Migration>& migrations)
{
    return translated([&]() -> Result<Done> {
        Session session({.conninfo = conninfo});
        pqxx::nontransaction tx(session.connection());
        if (tx.exec("select to_regclass('public.schema_migrations')")[0][0].is_null()) {
            return Error(ErrorCode::conflict, "the database is empty: run `winnow migrate`");
        }
        const auto missing = pending(tx, migrations, Newer::accepted_if_compatible);
        if (!missing) return missing.error();
        if (!missing->empty()) {
            return Error(ErrorCode::conflict,
                         std::string(missing->front().name) + " is not applied: run `winnow migrate`");
        }
        return Done{};
    });
}

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

}  // namespace winnow::pg
