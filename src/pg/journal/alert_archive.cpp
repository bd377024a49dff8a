#include "winnow/ports/alert_archive.hpp"

#include "pg/rows/values.hpp"
#include "pg/session/noun_stores.hpp"
#include "pg/session/sql_errors.hpp"
#include "winnow/domain/retention.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

namespace winnow::pg {
namespace {

using domain::RowPosition;
using ports::ArchivedRow;

/// A row and its verdicts have the same key in two tables.
const std::string kColumns = "select t.received_at, t.stream, t.seq, t.alert_count, v.payload as verdicts, ";

constexpr auto kFrom = R"sql(
  from journal t
  left join verdicts v on v.tenant_id = t.tenant_id and v.received_at = t.received_at
                      and v.stream = t.stream and v.seq = t.seq
)sql";

/// Said of the verdicts, too: from a range of one side of a join PostgreSQL learns nothing about the other's days.
constexpr auto kVerdictDays = R"sql(
   and ($2::timestamptz is null or v.received_at >= $2::timestamptz)
   and ($3::timestamptz is null or v.received_at < $3::timestamptz)
)sql";

constexpr auto kOneRow = R"sql(
 where t.tenant_id = $1 and t.received_at = $2::timestamptz and t.stream = $3::int and t.seq = $4::bigint
)sql";

constexpr auto kRows = R"sql(
 where t.tenant_id = $1
   and ($2::timestamptz is null or t.received_at >= $2::timestamptz)
   and ($3::timestamptz is null or t.received_at < $3::timestamptz)
)sql";

/// The first condition is implied by the second and lets PostgreSQL leave out whole days.
constexpr auto kNotAfter = R"sql(
   and t.received_at <= $4::timestamptz
   and (t.received_at, t.stream, t.seq) <= ($4::timestamptz, $5::int, $6::bigint)
)sql";

constexpr auto kNewestFirst = " order by t.received_at desc, t.stream desc, t.seq desc limit ";

/// What one call reads at most, as it is stored, and one row beyond it: rows of many alerts are long.
constexpr std::size_t kMostBytes = std::size_t{4} << 20U;

/// Of the rows between the two, those before which there is room. Sizes are known without reading what is stored apart.
constexpr auto kThatFit = R"sql(
select r.received_at, r.stream, r.seq, r.alert_count, r.verdicts, r.payload
  from (select f.*, sum(octet_length(f.payload) + coalesce(octet_length(f.verdicts), 0))
                    over (order by f.received_at desc, f.stream desc, f.seq desc
                          rows between unbounded preceding and 1 preceding) as above
          from ()sql";
constexpr auto kFit = R"sql() f) r where coalesce(r.above, 0) < )sql";

ArchivedRow read_row(const pqxx::row& row)
{
    ArchivedRow archived;
    archived.position = {.received_at = time_of(row["received_at"]),
                         .stream = row["stream"].as<domain::StreamId>(),
                         .seq = row["seq"].as<std::uint64_t>()};
    archived.alert_count = row["alert_count"].as<std::uint32_t>();
    archived.payload = bytes_of(row["payload"]);
    if (!row["verdicts"].is_null()) archived.verdicts = bytes_of(row["verdicts"]);
    return archived;
}

class PgAlertArchive final : public ports::AlertArchive {
public:
    PgAlertArchive(pqxx::transaction_base& tx, TenantId tenant) : tx_(tx), tenant_(tenant) {}

    Result<Timestamp> kept_from() override
    {
        return translated([&]() -> Result<Timestamp> { return begin(); });
    }

    Result<ArchivedRow> row(const RowPosition& position) override
    {
        return translated([&]() -> Result<ArchivedRow> {
            // What its tenant no longer keeps may be there still: it is forgotten in steps, or with its whole day.
            if (position.received_at < begin()) return Error(ErrorCode::not_found, "there is no such journal row");
            const auto sql = kColumns + "t.payload" + kFrom + kOneRow;
            const auto rows = query(tx_, sql.c_str(), tenant_, position.received_at, position.stream, position.seq);
            if (rows.empty()) return Error(ErrorCode::not_found, "there is no such journal row");
            return read_row(rows.front());
        });
    }

    Result<std::vector<ArchivedRow>> rows(const ports::ArchiveRange& range, std::size_t limit) override
    {
        return translated([&]() -> Result<std::vector<ArchivedRow>> {
            std::vector<ArchivedRow> found;
            std::size_t room = kMostBytes;
            auto rest = range;
            rest.received_from = std::max(rest.received_from.value_or(begin()), begin());
            for (auto span = kFirstSpan; found.size() < limit; span *= 4) {
                auto stretch = rest;
                const auto begin = newest_of(rest) - span;
                const bool last = span > kLongest || (rest.received_from && *rest.received_from >= begin);
                if (!last) stretch.received_from = begin;
                fetch(stretch, limit - found.size(), room, found);
                if (last || room == 0 || (!found.empty() && span > kFirstSpan)) break;
                rest.received_until = begin;
            }
            return found;
        });
    }

private:
    /// Newest first, so the newest days fill most pages: they are asked first, and each step reaches four times as far
    /// back, until something is there. A statement opens the days that it names, however many years are kept.
    static constexpr std::chrono::days kFirstSpan{2};
    static constexpr std::chrono::days kLongest{4'000};  // longer than anything is kept

    /// Of the whole transaction.
    Timestamp begin()
    {
        if (!begin_) {
            begin_ = time_of(query(tx_, "select kept_from($1::uuid, 'journal', $2::int)", tenant_,
                                   domain::class_of(domain::Kept::journal).usual.count())[0][0]);
        }
        return *begin_;
    }

    static Timestamp newest_of(const ports::ArchiveRange& range)
    {
        auto newest = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
        if (range.received_until) newest = std::min(newest, *range.received_until);
        if (range.not_after) newest = std::min(newest, range.not_after->received_at);
        return newest;
    }

    /// Takes what was read from `room`, down to 0: there may be more rows in the range then.
    void fetch(const ports::ArchiveRange& range, std::size_t limit, std::size_t& room, std::vector<ArchivedRow>& found)
    {
        Arguments parameters;
        parameters.add(tenant_);
        parameters.add(range.received_from);
        parameters.add(range.received_until);
        if (range.not_after) {
            parameters.add(range.not_after->received_at);
            parameters.add(range.not_after->stream);
            parameters.add(range.not_after->seq);
        }
        parameters.add(limit);
        parameters.add(room);
        const auto sql = kThatFit + kColumns + (range.with_payload ? "t.payload" : "''::bytea as payload") + kFrom +
                         kVerdictDays + kRows + (range.not_after ? kNotAfter : "") + kNewestFirst +
                         (range.not_after ? "$7::bigint" : "$4::bigint") + kFit +
                         (range.not_after ? "$8::bigint" : "$5::bigint");
        for (const auto& row : query(tx_, sql.c_str(), parameters)) {
            found.push_back(read_row(row));
            const auto& read = found.back();
            room -= std::min(room, read.payload.size() + (read.verdicts ? read.verdicts->size() : 0));
        }
    }

    pqxx::transaction_base& tx_;
    TenantId tenant_;
    std::optional<Timestamp> begin_;
};

}  // namespace

std::shared_ptr<ports::AlertArchive> make_alert_archive(pqxx::transaction_base& tx, TenantId tenant)
{
    return std::make_shared<PgAlertArchive>(tx, tenant);
}

}  // namespace winnow::pg
