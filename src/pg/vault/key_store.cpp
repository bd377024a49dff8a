#include "winnow/pg/key_store.hpp"

#include "pg/rows/array_literal.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/session_pool.hpp"
#include "pg/session/transaction.hpp"
#include "pg/vault/key_statements.hpp"
#include "pg/vault/vault_facts.hpp"

#include <pqxx/nontransaction>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace winnow::pg {

namespace {

using namespace key_statements;
using domain::KeyVersion;
using ports::TenantVersion;
using ports::WrappedKey;

TenantVersion read_version(const pqxx::row& row)
{
    return {.tenant = id_of<TenantId>(row[0]), .version = row[1].as<KeyVersion>()};
}

std::vector<TenantVersion> read_versions(const pqxx::result& rows)
{
    std::vector<TenantVersion> versions;
    for (const auto& row : rows) versions.push_back(read_version(row));
    return versions;
}

WrappedKey read_key(const pqxx::row& row)
{
    return {.of = read_version(row), .root = text_of(row[2]), .wrapped = bytes_of(row[3])};
}

std::vector<WrappedKey> read_keys(const pqxx::result& rows)
{
    std::vector<WrappedKey> keys;
    for (const auto& row : rows) keys.push_back(read_key(row));
    return keys;
}

std::vector<std::string> lines_of(const std::string& text)
{
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        lines.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return lines;
}

/// The two columns of what is named.
struct Named {
    ArrayLiteral tenants;
    ArrayLiteral versions;

    void add(const TenantVersion& of)
    {
        tenants.add(of.tenant);
        versions.add(of.version);
    }
};

PgOptions brief(const std::string& conninfo, std::size_t sessions)
{
    using std::chrono::milliseconds;
    return {.conninfo = conninfo,
            .application_name = "winnow vault",
            .connections = sessions,
            .session_wait = milliseconds{2'000},
            .connect_timeout = std::chrono::seconds{2},
            .lock_timeout = milliseconds{1'000},
            .statement_timeout = milliseconds{3'000},
            .idle_in_transaction_timeout = milliseconds{10'000},
            .deadline = milliseconds{4'000}};
}

SessionPlaces places(std::size_t sessions)
{
    SessionPlaces all;
    all.of(Errand::control).own = sessions;
    return all;
}

class PgKeyStore final : public ports::KeyStore {
public:
    PgKeyStore(const std::string& conninfo, std::size_t sessions)
        : pool_(Sessions(brief(conninfo, sessions), places(sessions)).of(Errand::control))
    {
    }

    Result<ports::NodeNews> report(const ports::NodeReport& report) override
    {
        return pool_.run([&](Session& session) -> Result<ports::NodeNews> {
            Transaction transaction(session);
            auto& tx = transaction.tx();
            if (!report.roots.empty()) introduce(tx, report.roots);
            Arguments here;
            here.add(report.node);
            here.add_literal(array_of(report.roots));
            query(tx, kHere, here);
            query(tx, kForgetNodes);
            add_seals(tx, report.seals);
            const auto rows = query(tx, kNews);
            if (rows.empty()) return Error(ErrorCode::internal, "the vault has no root key");
            ports::NodeNews news{.now = time_of(rows[0][0]),
                                 .root = text_of(rows[0][1]),
                                 .root_since = time_of(rows[0][2]),
                                 .changed = {},
                                 .nodes = lines_of(text_of(rows[0][3]))};
            if (report.since) news.changed = read_versions(query(tx, kChanged, *report.since));
            transaction.commit();
            return news;
        });
    }

    Result<Done> leave(const std::string& node) override
    {
        Arguments arguments;
        arguments.add(node);
        const auto left = changed(kLeave, arguments);
        if (!left) return left.error();
        return Done{};
    }

    Result<WrappedKey> current(TenantId tenant) override
    {
        return pool_.run([&](Session& session) -> Result<WrappedKey> {
            pqxx::nontransaction tx(session.connection());
            return current_of(tx, tenant);
        });
    }

    Result<WrappedKey> find(const TenantVersion& of) override
    {
        return pool_.run([&](Session& session) -> Result<WrappedKey> {
            pqxx::nontransaction tx(session.connection());
            const auto rows = query(tx, kFind, of.tenant, of.version);
            if (rows.empty()) return Error(ErrorCode::not_found, "the vault has no such key, or it was destroyed");
            return read_key(rows[0]);
        });
    }

    Result<WrappedKey> add_first(const WrappedKey& key) override
    {
        return pool_.run([&](Session& session) -> Result<WrappedKey> {
            pqxx::nontransaction tx(session.connection());
            query(tx, kAddFirst, key.of.tenant, key.of.version, key.root, Bytes{key.wrapped});
            return current_of(tx, key.of.tenant);
        });
    }

    Result<std::vector<WrappedKey>> newest(std::size_t limit) override
    {
        return pool_.run([&](Session& session) -> Result<std::vector<WrappedKey>> {
            pqxx::nontransaction tx(session.connection());
            return read_keys(query(tx, kNewest, limit));
        });
    }

    Result<Done> rotate_root(const std::string& root) override
    {
        return pool_.run([&](Session& session) -> Result<Done> {
            Transaction transaction(session);
            auto& tx = transaction.tx();
            std::string state;
            for (const auto& row : query(tx, kLockRoots)) {
                if (text_of(row[0]) == root) state = text_of(row[1]);
            }
            if (state.empty())
                return Error(ErrorCode::not_found, "no node has told of that root key, or it was destroyed");
            if (state == "current") return Error(ErrorCode::conflict, "that root key is the current one");
            if (const auto without = query(tx, kWithout, root)[0][0].as<std::int64_t>(); without > 0) {
                return Error(ErrorCode::conflict, std::to_string(without) +
                                                      " nodes at work do not hold that root key: give it to them and "
                                                      "start them anew first");
            }
            query(tx, kRetireRoot);
            query(tx, kMakeCurrent, root);
            transaction.commit();
            return Done{};
        });
    }

    Result<std::vector<WrappedKey>> to_rewrap(std::size_t limit) override
    {
        return pool_.run([&](Session& session) -> Result<std::vector<WrappedKey>> {
            pqxx::nontransaction tx(session.connection());
            return read_keys(query(tx, kToRewrap, limit));
        });
    }

    Result<std::size_t> rewrap(const std::vector<ports::RewrappedKey>& keys) override
    {
        return pool_.run([&](Session& session) -> Result<std::size_t> {
            Named named;
            ArrayLiteral before;
            ArrayLiteral roots;
            ArrayLiteral wrapped;
            for (const auto& key : keys) {
                named.add(key.before.of);
                before.add(key.before.root);
                roots.add(key.root);
                wrapped.add(hex_bytes(key.wrapped));
            }
            Arguments arguments;
            for (auto* const column : {&named.tenants, &named.versions, &before, &roots, &wrapped}) {
                arguments.add_literal(column->take());
            }
            pqxx::nontransaction tx(session.connection());
            return static_cast<std::size_t>(query(tx, kRewrap, arguments).affected_rows());
        });
    }

    Result<std::size_t> forget_roots() override { return changed(kForgetRoots, Arguments()); }

    Result<std::vector<TenantVersion>> due(std::size_t limit, std::chrono::seconds age, std::uint64_t seals) override
    {
        return pool_.run([&](Session& session) -> Result<std::vector<TenantVersion>> {
            pqxx::nontransaction tx(session.connection());
            return read_versions(query(tx, kDue, limit, age.count(), seals));
        });
    }

    Result<bool> replace(const TenantVersion& current, const WrappedKey& next) override
    {
        return pool_.run([&](Session& session) -> Result<bool> {
            Transaction transaction(session);
            auto& tx = transaction.tx();
            if (query(tx, kRetire, current.tenant, current.version).affected_rows() == 0) return false;
            query(tx, kAdd, next.of.tenant, next.of.version, next.root, Bytes{next.wrapped});
            transaction.commit();
            return true;
        });
    }

    Result<std::vector<TenantVersion>> to_reseal(TenantId after, std::size_t limit) override
    {
        return pool_.run([&](Session& session) -> Result<std::vector<TenantVersion>> {
            pqxx::nontransaction tx(session.connection());
            return read_versions(query(tx, kToReseal, after, limit));
        });
    }

    Result<Done> resealed(const TenantVersion& current, bool nothing_left) override
    {
        Arguments arguments;
        arguments.add(current.tenant);
        arguments.add(current.version);
        const auto done = changed(nothing_left ? kResealed : kNotResealed, arguments);
        if (!done) return done.error();
        return Done{};
    }

    Result<std::vector<TenantVersion>> to_destroy(std::size_t limit, std::chrono::seconds age) override
    {
        return pool_.run([&](Session& session) -> Result<std::vector<TenantVersion>> {
            pqxx::nontransaction tx(session.connection());
            return read_versions(query(tx, kToDestroy, limit, age.count()));
        });
    }

    Result<std::size_t> destroy(const std::vector<TenantVersion>& versions) override
    {
        Named named;
        for (const auto& version : versions) named.add(version);
        Arguments arguments;
        arguments.add_literal(named.tenants.take());
        arguments.add_literal(named.versions.take());
        return changed(kDestroy, arguments);
    }

    Result<ports::VaultFacts> facts() override
    {
        return pool_.run([&](Session& session) -> Result<ports::VaultFacts> {
            Transaction transaction(session, "begin isolation level repeatable read read only");
            return vault_facts(transaction.tx());
        });
    }

    Result<std::vector<ports::KeyFacts>> keys_of(TenantId tenant) override
    {
        return pool_.run([&](Session& session) -> Result<std::vector<ports::KeyFacts>> {
            pqxx::nontransaction tx(session.connection());
            return key_facts(tx, tenant);
        });
    }

    Result<std::vector<KeyVersion>> destroy_all(TenantId tenant) override
    {
        return pool_.run([&](Session& session) -> Result<std::vector<KeyVersion>> {
            pqxx::nontransaction tx(session.connection());
            std::vector<KeyVersion> versions;
            // A replace() that it waited for has left a version which the statement could not see: until none is left.
            for (bool more = true; more;) {
                const auto rows = query(tx, kDestroyAll, tenant);
                for (const auto& row : rows) versions.push_back(row[0].as<KeyVersion>());
                more = !rows.empty();
            }
            std::ranges::sort(versions);
            return versions;
        });
    }

private:
    static void introduce(pqxx::transaction_base& tx, const std::vector<std::string>& roots)
    {
        query(tx, "select pg_advisory_xact_lock($1)", kRootsLock);
        if (!query(tx, "select exists (select from root_keys where state = 'current')")[0][0].as<bool>()) {
            query(tx, kFirstRoot, roots.front());
        }
        Arguments known;
        known.add_literal(array_of(roots));
        query(tx, kKnownRoots, known);
    }

    static void add_seals(pqxx::transaction_base& tx, const std::vector<std::pair<TenantVersion, std::uint64_t>>& seals)
    {
        if (seals.empty()) return;
        Named named;
        ArrayLiteral counts;
        for (const auto& [of, count] : seals) {
            named.add(of);
            counts.add(count);
        }
        Arguments arguments;
        for (auto* const column : {&named.tenants, &named.versions, &counts}) arguments.add_literal(column->take());
        query(tx, kAddSeals, arguments);
    }

    static Result<WrappedKey> current_of(pqxx::transaction_base& tx, TenantId tenant)
    {
        const auto rows = query(tx, kCurrent, tenant);
        if (rows.empty()) return Error(ErrorCode::not_found, "the tenant has no key yet");
        if (!rows[0][4].as<bool>()) return Error(ErrorCode::conflict, "the tenant's keys were destroyed");
        return read_key(rows[0]);
    }

    Result<std::size_t> changed(const char* sql, const Arguments& arguments)
    {
        return pool_.run([&](Session& session) -> Result<std::size_t> {
            pqxx::nontransaction tx(session.connection());
            return static_cast<std::size_t>(query(tx, sql, arguments).affected_rows());
        });
    }

    static constexpr std::int64_t kRootsLock = 0x57524F4F5453;  // "WROOTS"

    const Sessions pool_;
};

}  // namespace

std::unique_ptr<ports::KeyStore> make_key_store(const std::string& conninfo, std::size_t sessions)
{
    return std::make_unique<PgKeyStore>(conninfo, sessions);
}

}  // namespace winnow::pg
