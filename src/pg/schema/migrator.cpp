#include "winnow/pg/migrator.hpp"

#include "pg/rows/values.hpp"
#include "pg/session/connection.hpp"
#include "pg/session/sql_errors.hpp"
#include "pg/session/transaction.hpp"
#include "winnow/observe/log.hpp"

#include <pqxx/except>
#include <pqxx/nontransaction>

#include <algorithm>
#include <chrono>
#include <map>
#include <thread>

namespace winnow::pg {

namespace {

constexpr std::int64_t kMigrationLock = 0x57696E6E6F77;  // "Winnow"

/// Of a database: the owner first.
using Roles = std::vector<std::string>;

const Roles& roles_of_winnow()
{
    static const Roles roles{"winnow_owner", "winnow_api", "winnow_pipeline", "winnow_provider"};
    return roles;
}

const Roles& roles_of_vault()
{
    static const Roles roles{"winnow_owner", "winnow_vault"};
    return roles;
}

constexpr auto kCreateTable = R"sql(
create table if not exists schema_migrations (
    name       text        primary key,
    checksum   text        not null,  -- SHA-256 of the file
    applied_at timestamptz not null default now(),
    compatible boolean     not null default false  -- a program that does not know it may go on serving
)
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

void make_role(pqxx::transaction_base& tx, const std::string& role)
{
    if (is_true(query(tx, "select exists (select from pg_roles where rolname = $1)", role))) return;
    try {
        tx.exec("create role " + role + " login");  // one of ours
    } catch (const pqxx::sql_error& failure) {
        const std::string state = failure.sqlstate();
        if (state != "42710" && state != "23505") throw;  // another database's migration was faster
    }
}

/// The names of all but the first `without`, as a list.
std::string list_of(const Roles& roles, std::size_t without = 0)
{
    std::string list;
    for (std::size_t i = without; i < roles.size(); ++i) list += (list.empty() ? "" : ", ") + roles[i];
    return list;
}

/// The database is for Winnow's roles alone: PostgreSQL lets everybody in, and make temporary tables, by itself. Only
/// its owner can change that; who migrates as somebody else leaves it as it is.
void close_to_everybody(pqxx::transaction_base& tx, const Roles& roles)
{
    const auto facts = tx.exec(
        "select (has_database_privilege('public', d.oid, 'connect') or has_database_privilege('public', d.oid, "
        "'temporary'))"
        " and pg_has_role(current_user, d.datdba, 'usage'), quote_ident(d.datname)"
        " from pg_database d where d.datname = current_database()");
    if (!facts[0][0].as<bool>()) return;
    const std::string database = facts[0][1].c_str();
    tx.exec("grant connect on database " + database + " to " + list_of(roles));
    tx.exec("revoke connect, temporary on database " + database + " from public");
}

/// Before PostgreSQL 15, and in a cluster that was upgraded from there, everybody makes functions and tables in the
/// schema that all our statements look into. Only its owner can change that, too.
void close_schema_to_everybody(pqxx::transaction_base& tx)
{
    if (!is_true(tx.exec("select has_schema_privilege('public', n.oid, 'create') and pg_has_role(current_user, "
                         "n.nspowner, 'usage') from pg_namespace n where n.nspname = 'public'"))) {
        return;
    }
    tx.exec("revoke create on schema public from public");
}

void prepare(pqxx::transaction_base& tx, const Roles& roles)
{
    for (const auto& role : roles) make_role(tx, role);
    close_to_everybody(tx, roles);
    close_schema_to_everybody(tx);
    if (!is_true(tx.exec("select pg_has_role(current_user, 'winnow_owner', 'member')"))) {
        tx.exec("grant winnow_owner to current_user");
    }
    if (!is_true(tx.exec("select has_schema_privilege('winnow_owner', 'public', 'create')"))) {
        tx.exec("grant usage, create on schema public to winnow_owner");
    }
    tx.exec("set role winnow_owner");
    if (tx.exec("select to_regclass('public.schema_migrations')")[0][0].is_null()) {
        tx.exec(kCreateTable);
        tx.exec("grant select on schema_migrations to " + list_of(roles, 1));
    }
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

/// On a new database at once: there is no older program at work that could not prove a tenant. Else nodes see to it.
void require_tenant_proofs(Session& session)
{
    Transaction transaction(session);
    auto& tx = transaction.tx();
    if (tx.exec("select to_regprocedure('public.require_tenant_proofs()')")[0][0].is_null()) return;
    const bool required = is_true(tx.exec("select require_tenant_proofs()"));
    transaction.commit();
    if (required) return;
    observe::info("nodes need not prove tenants yet: an older program is at work, or was less than five minutes ago");
}

/// Every table but the partitions, which nobody reaches past their table, and our own.
constexpr auto kTables = R"sql(
select quote_ident(relname) from pg_class
 where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
   and relname <> 'schema_migrations'
 order by relname
)sql";

void wait_at_most(pqxx::transaction_base& tx, std::chrono::milliseconds time)
{
    constexpr std::chrono::milliseconds kShortest{1};  // 0 would be for ever
    query(tx, "select set_config('lock_timeout', $1, true)", std::max(time, kShortest).count());
}

/// A table that a step did not get, as its try left it.
struct Locks {
    std::string missed;  ///< Quoted; "" where it is not known.
};

/// Whoever already works ends what it is at, and nobody begins: what follows waits for nobody. A fold may work for
/// minutes, a dump for hours, and nobody is served meanwhile: so it waits for a moment in all.
void lock_everything(pqxx::transaction_base& tx, std::chrono::milliseconds wait, Locks& locks)
{
    const auto until = std::chrono::steady_clock::now() + wait;
    for (const auto& row : tx.exec(kTables)) {
        locks.missed = row[0].c_str();
        wait_at_most(tx, std::chrono::floor<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()));
        tx.exec("lock table only public." + locks.missed + " in access exclusive mode");
    }
    locks.missed.clear();
}

void apply(Session& session, const Migration& migration, bool alone, std::chrono::milliseconds wait, Locks& locks)
{
    Transaction transaction(session);
    auto& tx = transaction.tx();
    if (alone) lock_everything(tx, wait, locks);
    wait_at_most(tx, wait);
    tx.exec(std::string(migration.sql));
    query(tx,
          "insert into schema_migrations (name, checksum, compatible) "
          "values ($1, encode(sha256(convert_to($2, 'UTF8')), 'hex'), $3)",
          migration.name, migration.sql, is_compatible(migration.sql));
    transaction.commit();
}

// Whoever holds any lock of a table keeps us from it; the oldest transaction is the one that lasts. Without a table
// (the step's own locks): who has been at work for longest.
constexpr auto kInTheWay = R"sql(
select a.pid, coalesce(nullif(a.application_name, ''), a.backend_type), coalesce(a.usename, ''),
       date_trunc('second', a.xact_start at time zone 'UTC'), coalesce(a.state, ''),
       left(regexp_replace(coalesce(a.query, ''), '\s+', ' ', 'g'), 100)
  from pg_stat_activity a
 where a.datname = current_database() and a.pid <> pg_backend_pid()
   and exists (select from pg_locks l join pg_class c on c.oid = l.relation
                where l.pid = a.pid and l.granted and l.database = a.datid and c.relnamespace = 'public'::regnamespace
                  and ($1 = '' or quote_ident(c.relname) = $1))
 order by a.xact_start nulls last limit 1
)sql";

/// Who holds the table by now, in words; "" where nobody does any more.
std::string in_the_way(Session& session, const Locks& locks)
{
    Transaction transaction(session);
    auto& tx = transaction.tx();
    tx.exec("set local role none");  // the login may be shown more of others than winnow_owner is
    const auto rows = query(tx, kInTheWay, locks.missed);
    if (rows.empty()) return "";
    const auto row = rows[0];
    std::string words = "process " + std::string(row[0].c_str()) + ", " + row[1].c_str();
    if (row[2].size() > 0) words.append(" as ").append(row[2].c_str());
    if (!row[3].is_null()) words.append(", at work since ").append(row[3].c_str()).append(" UTC");
    if (row[4].size() > 0) words.append(", ").append(row[4].c_str());
    if (row[5].size() > 0) words.append(": ").append(row[5].c_str());
    return words;
}

Error never_locked(const Migration& migration, const Locks& locks, const std::string& who, const LockPatience& patience)
{
    std::string words(migration.name);
    words += " did not get its locks in " +
             std::to_string(std::chrono::ceil<std::chrono::seconds>(patience.in_all).count()) +
             " seconds, and changed nothing";
    if (!locks.missed.empty()) words += "; the last was that of the table " + locks.missed;
    if (!who.empty()) words += "; in its way was " + who;
    return {ErrorCode::conflict,
            words + ": stop the nodes and what else uses the database, then run `winnow migrate` again"};
}

/// A step that builds an index lets readers in until it changes the table. A statement of a node that is at work and
/// reads to change waits for it then, and it for that statement: PostgreSQL ends one of the two, mostly us, who waited
/// later and did more. Trying the same again would meet the next statement, so from then on the step is alone.
Result<Done> apply_beside_nodes(Session& session, const Migration& migration, const LockPatience& patience)
{
    const auto until = std::chrono::steady_clock::now() + patience.in_all;
    for (int tries = 1;; ++tries) {
        Locks locks;
        std::string state;
        try {
            apply(session, migration, tries > 1, patience.wait, locks);
            return Done{};
        } catch (const pqxx::deadlock_detected&) {  // no pqxx::sql_error
            state = "40P01";
        } catch (const pqxx::sql_error& failure) {
            state = failure.sqlstate();
            if (state != "55P03") throw;
        }
        const auto who = in_the_way(session, locks);
        if (std::chrono::steady_clock::now() + patience.pause >= until) {
            return never_locked(migration, locks, who, patience);
        }
        observe::warn("a step of the schema and a session at work were in each other's way; it is tried again",
                      {{"step", migration.name},
                       {"try", tries},
                       {"sqlstate", state},
                       {"table", locks.missed},
                       {"in_the_way", who}});
        std::this_thread::sleep_for(patience.pause);
    }
}

Result<std::size_t> bring_up_to_date(const std::string& conninfo, const Roles& roles, const MigrationProgress& progress,
                                     const std::vector<Migration>& migrations, const LockPatience& patience)
{
    return translated([&]() -> Result<std::size_t> {
        Session session(unhurried(conninfo));
        std::vector<Migration> missing;
        {
            pqxx::nontransaction tx(session.connection());
            query(tx, "select pg_advisory_lock($1)", kMigrationLock);  // until the session ends
            try {
                prepare(tx, roles);
            } catch (const pqxx::insufficient_privilege&) {
                const std::string role = session.connection().username();
                return Error(ErrorCode::permission_denied,
                             "the role " + role +
                                 " may not migrate this database: log in as a superuser, or, where "
                                 "winnow_owner exists, as a member of it (GRANT winnow_owner TO " +
                                 role + ")");
            }
            auto found = pending(tx, migrations, Newer::refused);
            if (!found) return found.error();
            missing = std::move(*found);
        }
        for (std::size_t i = 0; i < missing.size(); ++i) {
            if (progress) progress(i, missing.size(), missing[i].name);
            if (const auto applied = apply_beside_nodes(session, missing[i], patience); !applied)
                return applied.error();
        }
        if (missing.size() == migrations.size()) require_tenant_proofs(session);
        if (progress) progress(missing.size(), missing.size(), "");
        return missing.size();
    });
}

}  // namespace

Result<std::size_t> migrate(const std::string& conninfo, const MigrationProgress& progress,
                            const std::vector<Migration>& migrations, const LockPatience& patience)
{
    return bring_up_to_date(conninfo, roles_of_winnow(), progress, migrations, patience);
}

Result<std::size_t> migrate_vault(const std::string& conninfo, const MigrationProgress& progress)
{
    return bring_up_to_date(conninfo, roles_of_vault(), progress, embedded_vault_migrations(), LockPatience());
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

}  // namespace winnow::pg
