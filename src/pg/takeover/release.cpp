#include "pg/takeover/release.hpp"

#include "pg/rows/values.hpp"
#include "pg/session/sql_errors.hpp"
#include "pg/session/transaction.hpp"
#include "winnow/domain/position.hpp"
#include "winnow/observe/log.hpp"

#include <pqxx/except>
#include <pqxx/nontransaction>

#include <cstdint>
#include <string_view>

namespace winnow::pg {

namespace {

// By its index, which is empty but for what is to be released.
constexpr auto kToRelease = R"sql(
select tenant_id, received_at, stream, seq from quarantined_rows
 where release_asked order by release_tries, quarantined_at, stream, seq limit 64 for update skip locked
)sql";

constexpr auto kNextStream = "select nextval('masked_streams')";

// With the marks of one that this node writes. What it holds has ended more than one process: it is tried first.
constexpr auto kOpenReleased = R"sql(
insert into journal_streams (stream, node, settled_at, opens_urls, proves_tenants, reads_notices, says_groups, takeovers)
overriding system value values ($1, 'released', $2::timestamptz - interval '1 day', true, true, true, true, 1)
)sql";

// Its time is new, so that it stands where rows are looked for that are not applied. Of what has gone by its age
// nothing is released.
constexpr auto kJournalAnew = R"sql(
insert into journal (tenant_id, received_at, stream, seq, alert_count, payload)
select tenant_id, $5::timestamptz, $6, $7, alert_count, payload from journal
 where tenant_id = $1 and received_at = $2::timestamptz and stream = $3 and seq = $4
returning octet_length(payload)
)sql";

constexpr auto kForgetReleased = R"sql(
delete from quarantined_rows where tenant_id = $1 and received_at = $2::timestamptz and stream = $3 and seq = $4
)sql";

constexpr auto kReleaseLater = R"sql(
update quarantined_rows set release_tries = release_tries + 1
 where tenant_id = $1 and received_at = $2::timestamptz and stream = $3 and seq = $4
)sql";

constexpr std::int64_t kMostBytes = 8 << 20;

/// What one call journals, and where.
struct Released {
    Timestamp at;
    domain::StreamId stream = 0;
    std::uint64_t rows = 0;
    std::int64_t bytes = 0;
};

/// One that cannot be journaled keeps no other from it.
void release(pqxx::transaction_base& tx, const pqxx::row& row, Released& released)
{
    const auto name = [&](const char* statement, const auto&... more) {
        return query(tx, statement, id_of<TenantId>(row[0]), time_of(row[1]), row[2].as<domain::StreamId>(),
                     row[3].as<std::uint64_t>(), more...);
    };
    const auto tell = [&](std::string_view what, std::string_view why) {
        observe::warn(what, {{"tenant_id", id_of<TenantId>(row[0]).str()},
                             {"stream", static_cast<std::int64_t>(row[2].as<domain::StreamId>())},
                             {"seq", row[3].as<std::int64_t>()},
                             {"error", why}});
    };
    tx.exec("savepoint one_row");
    try {
        const auto journaled = name(kJournalAnew, released.at, released.stream, released.rows + 1);
        name(kForgetReleased);
        tx.exec("release savepoint one_row");
        if (journaled.empty()) {
            tell("a row that was set aside is not released, and is forgotten", "the journal has it no more");
            return;
        }
        ++released.rows;
        released.bytes += journaled[0][0].as<std::int64_t>();
    } catch (const pqxx::sql_error& failure) {
        if (!tx.conn().is_open()) throw;
        tx.exec("rollback to savepoint one_row");
        tell("a row that was set aside cannot be journaled anew: it is tried again", to_error(failure).message());
        name(kReleaseLater);
    }
}

}  // namespace

bool release_rows(Session& session, Timestamp now, std::chrono::milliseconds patience)
{
    {
        pqxx::nontransaction look(session.connection());
        if (!look.exec("select exists (select from quarantined_rows where release_asked)")[0][0].as<bool>())
            return false;
    }
    Transaction transaction(session);
    auto& tx = transaction.tx();
    const auto rows = query(tx, kToRelease);
    if (rows.empty()) return false;
    const auto until = std::chrono::steady_clock::now() + patience;
    Released released{.at = now, .stream = query(tx, kNextStream)[0][0].as<domain::StreamId>()};
    for (const auto& row : rows) {
        release(tx, row, released);
        if (released.bytes >= kMostBytes || std::chrono::steady_clock::now() >= until) break;
    }
    if (released.rows > 0) query(tx, kOpenReleased, released.stream, released.at);
    transaction.commit();
    if (released.rows == 0) return false;
    observe::info(
        "rows that were set aside are journaled anew",
        {{"stream", static_cast<std::int64_t>(released.stream)}, {"rows", static_cast<std::int64_t>(released.rows)}});
    return true;
}

}  // namespace winnow::pg
