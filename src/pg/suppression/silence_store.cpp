#include "winnow/ports/silence_store.hpp"

#include "pg/costs/judge_costs.hpp"
#include "pg/rows/sql_word.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/noun_stores.hpp"
#include "pg/session/sql_errors.hpp"
#include "pg/suppression/scope_columns.hpp"

#include <memory>

namespace winnow::pg {
namespace {

using domain::Silence;
using domain::SilenceState;
using ports::StoredSilence;

const auto kPage =
    R"sql(
select s.*, c.matched, c.last_matched_at,
       a.record as cost_record, a.until as cost_until, a.for_good as cost_for_good
  from silences s left join suppression_stats c on c.tenant_id = s.tenant_id and c.cause_id = s.silence_id
  left join set_asides a on a.tenant_id = s.tenant_id and a.kind = 'silence' and a.id = s.silence_id
                        and a.version = s.version
 where s.tenant_id = $1 and ($2::uuid is null or s.silence_id < $2::uuid)
   and case $3::text when )sql" +
    sql_word(SilenceState::pending) + R"sql( then s.starts_at > $4::timestamptz and s.ends_at > $4::timestamptz
                     when )sql" +
    sql_word(SilenceState::active) + R"sql( then s.starts_at <= $4::timestamptz and s.ends_at > $4::timestamptz
                     when )sql" +
    sql_word(SilenceState::expired) + R"sql( then s.ends_at <= $4::timestamptz
                     else true end
 order by s.silence_id desc limit $5)sql";

constexpr auto kFind = R"sql(
select s.*, c.matched, c.last_matched_at,
       a.record as cost_record, a.until as cost_until, a.for_good as cost_for_good
  from silences s left join suppression_stats c on c.tenant_id = s.tenant_id and c.cause_id = s.silence_id
  left join set_asides a on a.tenant_id = s.tenant_id and a.kind = 'silence' and a.id = s.silence_id
                        and a.version = s.version
 where s.tenant_id = $1 and s.silence_id = $2)sql";

constexpr auto kInForce = R"sql(
select * from silences where tenant_id = $1 and ends_at > now() - interval '1 day' order by silence_id)sql";

constexpr auto kInsert = R"sql(
insert into silences (tenant_id, silence_id, condition, syntax, starts_at, ends_at, comment, end_when_quiet_ms,
                      created_by, created_at, ended_by, version, updated_at, updated_by)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14))sql";

constexpr auto kUpdate = R"sql(
update silences
   set condition = $3, syntax = $4, starts_at = $5, ends_at = $6, comment = $7, end_when_quiet_ms = $8,
       ended_by = $9, version = $10, updated_at = $11, updated_by = $12
 where tenant_id = $1 and silence_id = $2)sql";

Silence read_silence(const pqxx::row& row)
{
    Silence silence;
    silence.id = id_of<SilenceId>(row["silence_id"]);
    silence.scope = read_scope("silence", silence.id, row["condition"], row["syntax"]);
    silence.starts_at = time_of(row["starts_at"]);
    silence.ends_at = time_of(row["ends_at"]);
    silence.comment = text_of(row["comment"]);
    if (!row["end_when_quiet_ms"].is_null()) {
        silence.end_when_quiet = std::chrono::milliseconds(row["end_when_quiet_ms"].as<std::int64_t>());
    }
    silence.created_by = text_of(row["created_by"]);
    silence.created_at = time_of(row["created_at"]);
    silence.ended_by = text_of(row["ended_by"]);
    silence.version = row["version"].as<std::int64_t>();
    silence.updated_at = time_of(row["updated_at"]);
    silence.updated_by = text_of(row["updated_by"]);
    return silence;
}

StoredSilence read_stored(const pqxx::row& row)
{
    StoredSilence stored{.silence = read_silence(row), .stats = read_cover_stats(row)};
    stored.cost = read_judge_cost(row, domain::JudgeKind::silence, stored.silence);
    return stored;
}

std::optional<std::int64_t> milliseconds_of(const std::optional<std::chrono::milliseconds>& duration)
{
    if (!duration) return std::nullopt;
    return duration->count();
}

class PgSilenceStore final : public ports::SilenceStore {
public:
    PgSilenceStore(pqxx::transaction_base& tx, TenantId tenant) : tx_(tx), tenant_(tenant) {}

    Result<std::vector<StoredSilence>> page(std::optional<domain::SilenceState> state, Timestamp now,
                                            std::optional<SilenceId> before, std::size_t limit) override
    {
        return translated([&]() -> Result<std::vector<StoredSilence>> {
            std::optional<std::string> word;
            if (state) word = std::string(to_string(*state));
            std::vector<StoredSilence> silences;
            for (const auto& row : query(tx_, kPage.c_str(), tenant_, before, word, now, limit)) {
                silences.push_back(read_stored(row));
            }
            return silences;
        });
    }

    Result<std::vector<Silence>> in_force() override
    {
        return translated([&]() -> Result<std::vector<Silence>> {
            std::vector<Silence> silences;
            for (const auto& row : query(tx_, kInForce, tenant_)) silences.push_back(read_silence(row));
            return silences;
        });
    }

    Result<StoredSilence> find(SilenceId id) override
    {
        return translated([&]() -> Result<StoredSilence> {
            const auto rows = query(tx_, kFind, tenant_, id);
            if (rows.empty()) return Error(ErrorCode::not_found, "there is no such silence");
            return read_stored(rows.front());
        });
    }

    Result<std::size_t> count_unexpired(Timestamp now) override
    {
        return translated([&]() -> Result<std::size_t> {
            return query(tx_, "select count(*) from silences where tenant_id = $1 and ends_at > $2", tenant_, now)[0][0]
                .as<std::size_t>();
        });
    }

    Result<Done> insert(const Silence& s) override
    {
        return translated([&]() -> Result<Done> {
            query(tx_, kInsert, tenant_, s.id, s.scope.text, to_string(s.scope.syntax), s.starts_at, s.ends_at,
                  s.comment, milliseconds_of(s.end_when_quiet), s.created_by, s.created_at, s.ended_by, s.version,
                  s.updated_at, s.updated_by);
            return Done{};
        });
    }

    Result<Done> update(const Silence& s) override
    {
        return translated([&]() -> Result<Done> {
            query(tx_, kUpdate, tenant_, s.id, s.scope.text, to_string(s.scope.syntax), s.starts_at, s.ends_at,
                  s.comment, milliseconds_of(s.end_when_quiet), s.ended_by, s.version, s.updated_at, s.updated_by);
            return Done{};
        });
    }

private:
    pqxx::transaction_base& tx_;
    TenantId tenant_;
};

}  // namespace

std::shared_ptr<ports::SilenceStore> make_silence_store(pqxx::transaction_base& tx, TenantId tenant)
{
    return std::make_shared<PgSilenceStore>(tx, tenant);
}

}  // namespace winnow::pg
