#include "pg/journal/journal_session.hpp"

#include "pg/journal/stream_locks.hpp"
#include "pg/rows/binary_array.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/sql_errors.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <set>
#include <stdexcept>
#include <utility>

namespace winnow::pg {

namespace {

using ports::JournalRow;
using ports::KeyedReceipt;
using ports::ReceiptAnswer;

constexpr auto kAppend = R"sql(
insert into journal (tenant_id, received_at, stream, seq, alert_count, payload)
select * from unnest($1::uuid[], $2::timestamptz[], $3::int4[], $4::int8[], $5::int4[], $6::bytea[])
)sql";

// Sorted, so that two sessions that claim the same keys never wait for each other in a circle.
constexpr auto kClaim = R"sql(
with input as (
    select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::bytea[], $5::int4[], $6::text[])
             with ordinality as t(tenant_id, scope_id, key, body_sha256, status, answer, place)
), claimed as (
    insert into idempotency_receipts as r (tenant_id, scope_id, key, body_sha256, status, answer)
    select tenant_id, scope_id, key, body_sha256, status, answer from input
     order by tenant_id, scope_id, key collate "C"
    on conflict do nothing
    returning r.tenant_id, r.scope_id, r.key
)
select place - 1 from input join claimed using (tenant_id, scope_id, key)
)sql";

// A statement of its own: only a new snapshot sees what the claim above has waited for.
constexpr auto kReread = R"sql(
select place - 1, r.body_sha256 = t.body_sha256, r.status, r.answer
  from unnest($1::uuid[], $2::uuid[], $3::text[], $4::bytea[])
       with ordinality as t(tenant_id, scope_id, key, body_sha256, place)
  join idempotency_receipts r using (tenant_id, scope_id, key)
)sql";

constexpr auto kWriterLock = "select pg_try_advisory_lock($1::bigint)";

// Ends the session that holds our writer's lock, and no other: a pid alone may have been given to somebody else.
constexpr auto kEndPredecessor = R"sql(
select pg_terminate_backend(pid, 1000) from pg_locks
 where locktype = 'advisory' and granted and database = (select oid from pg_database where datname = current_database())
   and objsubid = 1 and (classid::bigint << 32 | objid::bigint) = $1::bigint
)sql";

constexpr auto kStreamLock = R"sql(
select pg_try_advisory_lock_shared($1::int4, $2::int4)
)sql";
constexpr auto kStreamIsOpen =
    "select exists (select from journal_streams where stream = $1::int4 and ended_at is null)";

constexpr auto kIsThere = R"sql(
select exists (select from journal
                where tenant_id = $1::uuid and received_at = $2::timestamptz and stream = $3::int4 and seq = $4::int8)
)sql";

constexpr auto kMakePartitions = "select make_day_partitions($1::date, $2::int4)";

constexpr std::array<std::pair<const char*, const char*>, 9> kStatements{{{"append", kAppend},
                                                                          {"claim", kClaim},
                                                                          {"reread", kReread},
                                                                          {"writer_lock", kWriterLock},
                                                                          {"end_predecessor", kEndPredecessor},
                                                                          {"stream_lock", kStreamLock},
                                                                          {"stream_is_open", kStreamIsOpen},
                                                                          {"is_there", kIsThere},
                                                                          {"make_partitions", kMakePartitions}}};

LibpqParameter binary(BinaryArray& array)
{
    const auto& bytes = array.bytes();
    return {.data = bytes.data(), .length = static_cast<int>(bytes.size()), .format = 1};
}

LibpqParameter text(const std::string& value)
{
    return {.data = value.c_str(), .length = 0, .format = 0};
}

bool is_true(const LibpqSession::ResultPtr& result)
{
    return PQntuples(result.get()) == 1 && PQgetvalue(result.get(), 0, 0)[0] == 't';
}

/// A row that belongs to no partition shares its SQLSTATE with a check that is violated, but names no constraint.
bool is_no_partition(const std::exception& failure)
{
    const auto* statement = dynamic_cast<const StatementFailed*>(&failure);
    return statement != nullptr && statement->sqlstate() == "23514" && statement->constraint().empty();
}

void refuse_nul(const std::string& value)
{
    if (value.contains('\0')) throw BadParameter("text must not contain U+0000");
}

}  // namespace

void PgJournalSession::take_writer_lock(LibpqSession& session) const
{
    const auto key = std::to_string(writer_lock(stream_, writer_));
    if (is_true(session.run("writer_lock", {text(key)}))) return;
    session.run("end_predecessor", {text(key)});
    // It ends by itself in a moment, or hangs: then the caller asks again.
    if (!is_true(session.run("writer_lock", {text(key)}))) {
        throw StatementFailed(false, "55P03", "the writer's previous session is not gone yet");
    }
}

Result<Done> PgJournalSession::connect()
{
    if (session_ && session_->went_away()) session_.reset();  // nothing was sent, so nothing is in doubt
    if (session_) return Done{};
    try {
        LibpqSession session(options_);
        for (const auto& [name, sql] : kStatements) session.prepare(name, sql);
        take_writer_lock(session);
        session_.emplace(std::move(session));
        writable_ = false;
        return Done{};
    } catch (const StatementFailed& failure) {
        // Never `conflict`, which says that the stream is lost: a lock that was not free in time is no such thing.
        if (failure.lost()) return Error(ErrorCode::unavailable, cause_of(failure.sqlstate()));
        return error_of_refused_write(failure.sqlstate(), failure.what());
    } catch (const std::exception& failure) {
        return to_error(failure);
    }
}

Result<Done> PgJournalSession::open_to_write()
{
    if (auto connected = connect(); !connected || writable_) return connected;
    try {
        const auto stream_class = std::to_string(kStreamLockClass);
        const auto stream = std::to_string(stream_);
        if (!is_true(session_->run("stream_lock", {text(stream_class), text(stream)}))) {
            return Error(ErrorCode::unavailable, "another node is taking the stream over");
        }
        if (!is_true(session_->run("stream_is_open", {text(stream)}))) {
            return Error(ErrorCode::conflict, "the stream was taken over");
        }
        writable_ = true;
        return Done{};
    } catch (const std::exception& failure) {
        return failed(failure, false);
    }
}

Error PgJournalSession::failed(const std::exception& failure, bool in_doubt)
{
    const auto* statement = dynamic_cast<const StatementFailed*>(&failure);
    if (statement == nullptr) return to_error(failure);
    const bool lost = statement->lost();
    const auto sqlstate = statement->sqlstate();
    if (lost || sqlstate == "25006") session_.reset();  // 25006: a former primary; connect to the new one
    if (lost && in_doubt) return {ErrorCode::timeout, "the outcome of the write is unknown"};
    if (lost) return {ErrorCode::unavailable, cause_of("")};
    // The server said that the statement failed, so nothing was stored: `timeout` would say that nobody knows.
    // And `conflict` would say that the stream is lost.
    return error_of_refused_write(sqlstate, failure.what());
}

void PgJournalSession::roll_back()
{
    if (!session_) return;
    try {
        session_->run("rollback");
    } catch (const std::exception&) {  // it ends with its session
        session_.reset();
    }
}

void PgJournalSession::insert(const std::vector<JournalRow>& rows)
{
    BinaryArray tenants(ArrayOf::uuid);
    BinaryArray received(ArrayOf::timestamptz);
    BinaryArray streams(ArrayOf::int4);
    BinaryArray seqs(ArrayOf::int8);
    BinaryArray counts(ArrayOf::int4);
    BinaryArray payloads(ArrayOf::bytea);
    for (const auto& row : rows) {
        tenants.add(row.tenant.value());
        received.add(row.position.received_at);
        streams.add(static_cast<std::int32_t>(row.position.stream));
        seqs.add(static_cast<std::int64_t>(row.position.seq));
        counts.add(static_cast<std::int32_t>(row.alert_count));
        payloads.add(std::string_view(row.payload));
    }
    session_->run("append",
                  {binary(tenants), binary(received), binary(streams), binary(seqs), binary(counts), binary(payloads)});
}

// Normally made days ahead (maintain_partitions). Here for the node whose timer did not run.
void PgJournalSession::make_partitions(const std::vector<JournalRow>& rows)
{
    const std::string one = "1";
    std::set<std::string> days;
    for (const auto& row : rows) days.insert(format_rfc3339(row.position.received_at).substr(0, 10));
    for (const auto& day : days) session_->run("make_partitions", {text(day), text(one)});
}

Result<Done> PgJournalSession::append(const std::vector<JournalRow>& rows)
{
    if (rows.empty()) return Done{};
    if (auto opened = open_to_write(); !opened) return opened;
    try {
        try {
            insert(rows);
        } catch (const StatementFailed& failure) {
            if (!is_no_partition(failure)) throw;
            make_partitions(rows);
            insert(rows);
        }
        return Done{};
    } catch (const std::exception& failure) {
        return failed(failure, true);
    }
}

std::vector<ReceiptAnswer> PgJournalSession::answers_to(const std::vector<KeyedReceipt>& receipts)
{
    BinaryArray tenants(ArrayOf::uuid);
    BinaryArray scopes(ArrayOf::uuid);
    BinaryArray keys(ArrayOf::text);
    BinaryArray hashes(ArrayOf::bytea);
    BinaryArray statuses(ArrayOf::int4);
    BinaryArray answers(ArrayOf::text);
    for (const auto& receipt : receipts) {
        refuse_nul(receipt.key);
        refuse_nul(receipt.answer);
        tenants.add(receipt.tenant.value());
        scopes.add(receipt.scope);
        keys.add(std::string_view(receipt.key));
        hashes.add(std::string_view(receipt.body_sha256));
        statuses.add(static_cast<std::int32_t>(receipt.status));
        answers.add(std::string_view(receipt.answer));
    }
    std::vector<bool> known(receipts.size(), false);
    std::vector<ReceiptAnswer> outcomes(receipts.size());
    const auto fresh = session_->run(
        "claim", {binary(tenants), binary(scopes), binary(keys), binary(hashes), binary(statuses), binary(answers)});
    for (int i = 0; i < PQntuples(fresh.get()); ++i) known.at(std::stoul(PQgetvalue(fresh.get(), i, 0))) = true;
    if (std::ranges::all_of(known, std::identity{})) return outcomes;

    const auto seen = session_->run("reread", {binary(tenants), binary(scopes), binary(keys), binary(hashes)});
    for (int i = 0; i < PQntuples(seen.get()); ++i) {
        const auto place = std::stoul(PQgetvalue(seen.get(), i, 0));
        if (known.at(place)) continue;
        known[place] = true;
        const bool same = PQgetvalue(seen.get(), i, 1)[0] == 't';
        outcomes[place] = {
            .outcome = same ? ReceiptAnswer::Outcome::replayed : ReceiptAnswer::Outcome::mismatched,
            .status = std::stoi(PQgetvalue(seen.get(), i, 2)),
            .answer = PQgetvalue(seen.get(), i, 3),
        };
    }
    if (!std::ranges::all_of(known, std::identity{})) {  // purged in between: the next try will claim it
        throw StatementFailed(false, "08000", "a receipt was purged meanwhile");
    }
    return outcomes;
}

/// The transaction is the session's, so that it ends with it.
class PgJournalSession::Claim final : public ports::ReceiptClaim {
public:
    Claim(PgJournalSession& session, std::vector<ReceiptAnswer> answers)
        : session_(session), answers_(std::move(answers))
    {
    }
    ~Claim() override
    {
        if (open_) session_.roll_back();
    }
    Claim(const Claim&) = delete;
    Claim& operator=(const Claim&) = delete;

    [[nodiscard]] const std::vector<ReceiptAnswer>& answers() const noexcept override { return answers_; }

    [[nodiscard]] Result<Done> commit(const std::vector<JournalRow>& rows) override
    {
        if (!std::exchange(open_, false)) return Error(ErrorCode::internal, "a claim is committed once");
        return session_.commit_claim(rows);
    }

private:
    PgJournalSession& session_;
    const std::vector<ReceiptAnswer> answers_;
    bool open_ = true;
};

Result<std::unique_ptr<ports::ReceiptClaim>> PgJournalSession::claim(const std::vector<KeyedReceipt>& receipts)
{
    if (auto opened = open_to_write(); !opened) return opened.error();
    try {
        session_->run("begin");
        return std::make_unique<Claim>(*this, answers_to(receipts));
    } catch (const std::exception& failure) {
        auto error = failed(failure, false);
        roll_back();
        return error;
    }
}

Result<Done> PgJournalSession::commit_claim(const std::vector<JournalRow>& rows)
{
    bool committing = false;
    try {
        if (!rows.empty()) insert(rows);
        committing = true;
        session_->run("commit");
        return Done{};
    } catch (const std::exception& failure) {
        auto error = failed(failure, committing);
        roll_back();
        if (session_ && is_no_partition(failure)) {
            try {
                make_partitions(rows);
            } catch (const std::exception& again) {
                return failed(again, false);
            }
            return Error(ErrorCode::unavailable, "the day had no partition yet");
        }
        return error;
    }
}

Result<Done> PgJournalSession::probe(std::size_t bytes)
{
    constexpr std::size_t kMost = 1U << 20U;
    constexpr std::size_t kLeast = 4U << 10U;
    if (auto opened = open_to_write(); !opened) return opened;
    JournalRow row;  // of no tenant, and never committed
    row.position = {.received_at = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()),
                    .stream = stream_,
                    .seq = 0};
    row.payload.assign(std::clamp(bytes, kLeast, kMost), 'p');
    try {
        session_->run("begin");
        insert({row});
        session_->run("rollback");
        return Done{};
    } catch (const std::exception& failure) {
        auto error = failed(failure, false);
        roll_back();
        if (is_no_partition(failure)) return Done{};  // append() makes it
        return error;
    }
}

Result<bool> PgJournalSession::committed(TenantId tenant, const domain::RowPosition& position)
{
    if (auto connected = connect(); !connected) return connected.error();
    try {
        const auto tenant_text = tenant.str();
        const auto received = format_rfc3339(position.received_at);
        const auto stream = std::to_string(position.stream);
        const auto seq = std::to_string(position.seq);
        return is_true(session_->run("is_there", {text(tenant_text), text(received), text(stream), text(seq)}));
    } catch (const std::exception& failure) {
        return failed(failure, false);
    }
}

}  // namespace winnow::pg
