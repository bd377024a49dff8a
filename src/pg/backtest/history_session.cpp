#include "pg/backtest/history_session.hpp"

#include "pg/session/sql_errors.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

namespace winnow::pg {

namespace {

using domain::RowPosition;
using ports::HistoryRow;

constexpr std::size_t kFewestKeys = 64;
constexpr std::size_t kMostKeys = 4'000;

// The sums need the keys and the lengths only; payloads are fetched of the rows that are left. The first bound of the
// time is implied by the key and lets PostgreSQL leave out whole days.
constexpr auto kHistory = R"sql(
with behind as (
    select received_at, stream, seq, alert_count, octet_length(payload) as bytes from journal
     where tenant_id = $1::uuid and received_at >= $2::timestamptz and received_at < $3::timestamptz
       and (received_at, stream, seq) > ($2::timestamptz, $4::int4, $5::int8)
       and (received_at, stream, seq) not in )sql" WINNOW_SET_ASIDE R"sql(
     order by received_at, stream, seq limit $8::int8),
page as (
    select *, sum(alert_count) over w - alert_count as alerts_before, sum(bytes) over w - bytes as bytes_before
      from behind window w as (order by received_at, stream, seq rows unbounded preceding))
select (extract(epoch from p.received_at) * 1000)::int8, p.stream::int8, p.seq, j.payload
  from page p join journal j on j.tenant_id = $1::uuid and j.received_at = p.received_at and j.stream = p.stream
                            and j.seq = p.seq
 where p.alerts_before < $6::int8 and p.bytes_before < $7::int8
   and j.received_at >= $2::timestamptz and j.received_at < $3::timestamptz
 order by p.received_at, p.stream, p.seq
)sql";

LibpqParameter text(const std::string& value)
{
    return {.data = value.c_str(), .length = 0, .format = 0};
}

std::int64_t number_at(const PGresult* rows, int row, int column)
{
    std::uint64_t word = 0;
    if (PQgetlength(rows, row, column) != sizeof word) throw std::runtime_error("a journal row cannot be read");
    std::memcpy(&word, PQgetvalue(rows, row, column), sizeof word);
    return static_cast<std::int64_t>(std::endian::native == std::endian::big ? word : std::byteswap(word));
}

HistoryRow row_at(const PGresult* rows, int row)
{
    const auto length = static_cast<std::size_t>(PQgetlength(rows, row, 3));
    return {.position = {.received_at = Timestamp(std::chrono::milliseconds(number_at(rows, row, 0))),
                         .stream = static_cast<domain::StreamId>(number_at(rows, row, 1)),
                         .seq = static_cast<std::uint64_t>(number_at(rows, row, 2))},
            .payload = std::string(PQgetvalue(rows, row, 3), length)};
}

}  // namespace

Result<std::vector<HistoryRow>> HistorySession::read(const ports::BacktestJob& job,
                                                     const std::optional<RowPosition>& after, std::uint64_t max_alerts,
                                                     const std::stop_token& stop)
{
    const std::lock_guard lock(mutex_);
    try {
        if (session_ && session_->went_away()) session_.reset();
        if (!session_) session_.emplace(options_).prepare("history", kHistory);
        const std::stop_callback given_up(stop, [this] { session_->shut_down(); });
        return fetch(job, after.value_or(RowPosition{.received_at = job.from, .stream = 0, .seq = 0}), max_alerts);
    } catch (const StatementFailed& failure) {
        session_.reset();
        return error_of_sqlstate(failure.lost() ? "" : failure.sqlstate(), failure.what());
    } catch (const std::exception& failure) {
        session_.reset();
        return to_error(failure);
    }
}

std::vector<HistoryRow> HistorySession::fetch(const ports::BacktestJob& job, const RowPosition& after,
                                              std::uint64_t max_alerts)
{
    keys_ = std::clamp(keys_, kFewestKeys, kMostKeys);
    const std::array values{job.tenant.str(),
                            format_rfc3339(after.received_at),
                            format_rfc3339(job.until),
                            std::to_string(after.stream),
                            std::to_string(after.seq),
                            std::to_string(max_alerts),
                            std::to_string(ports::kHistoryBytes),
                            std::to_string(keys_)};
    std::vector<LibpqParameter> parameters;
    for (const auto& value : values) parameters.push_back(text(value));
    const auto found = session_->run("history", parameters, LibpqSession::Answer::binary);
    std::vector<HistoryRow> rows;
    const auto count = PQntuples(found.get());
    rows.reserve(static_cast<std::size_t>(count));
    for (int row = 0; row < count; ++row) rows.push_back(row_at(found.get(), row));
    keys_ = 2 * rows.size();
    return rows;
}

}  // namespace winnow::pg
