#include "winnow/ports/signin/throttle_store.hpp"

#include "pg/rows/values.hpp"
#include "pg/session/noun_stores.hpp"
#include "pg/session/sql_errors.hpp"

#include <memory>
#include <string>

namespace winnow::pg {
namespace {

using signin::Throttle;
using signin::Throttled;

constexpr auto kSeen = R"sql(
select failures, window_at, blocked_until, holds, holds_at from throttles
 where tenant_id = $1 and kind = $2 and subject_hash = $3)sql";

constexpr auto kMakeRow = R"sql(
insert into throttles (tenant_id, kind, subject_hash, failures, window_at, holds, holds_at, forget_at)
values ($1, $2, $3, 0, now(), 0, now(), now()) on conflict do nothing)sql";

constexpr auto kLock = R"sql(
select failures, window_at, blocked_until, holds, holds_at from throttles
 where tenant_id = $1 and kind = $2 and subject_hash = $3 for update)sql";

constexpr auto kKeep = R"sql(
update throttles set failures = $4, window_at = $5, blocked_until = $6, holds = $7, holds_at = $8, forget_at = $9
 where tenant_id = $1 and kind = $2 and subject_hash = $3)sql";

constexpr auto kForget = "delete from throttles where tenant_id = $1 and kind = $2 and subject_hash = $3";

// Networks are no tenant's.
constexpr auto kNetwork = "select failures, window_at, blocked_until, holds, holds_at from source_throttle($1, $2)";
constexpr auto kKeepNetwork = "select keep_source_throttle($1, $2, $3, $4, $5, $6, $7)";

bool is_as_new(const Throttle& bucket)
{
    return bucket.failures == 0 && bucket.holds == 0 && !bucket.blocked_until;
}

Throttle read_bucket(const pqxx::result& rows)
{
    Throttle bucket;
    if (rows.empty()) return bucket;
    const auto row = rows.front();
    bucket.failures = row[0].as<int>();
    bucket.window_at = time_of(row[1]);
    bucket.blocked_until = optional_time_of(row[2]);
    bucket.holds = row[3].as<int>();
    bucket.holds_at = time_of(row[4]);
    return bucket;
}

class PgThrottleStore final : public ports::ThrottleStore {
public:
    PgThrottleStore(pqxx::transaction_base& tx, TenantId tenant) : tx_(tx), tenant_(tenant) {}

    Result<Timestamp> now() override
    {
        return translated([&]() -> Result<Timestamp> { return time_of(query(tx_, "select clock_timestamp()")[0][0]); });
    }

    Result<Throttle> seen(Throttled kind, const std::string& subject) override
    {
        return translated([&]() -> Result<Throttle> {
            if (kind == Throttled::network) return read_bucket(query(tx_, kNetwork, Bytes{subject}, false));
            return read_bucket(query(tx_, kSeen, tenant_, to_string(kind), Bytes{subject}));
        });
    }

    Result<Throttle> lock(Throttled kind, const std::string& subject) override
    {
        return translated([&]() -> Result<Throttle> {
            if (kind == Throttled::network) return read_bucket(query(tx_, kNetwork, Bytes{subject}, true));
            // Another transaction may take the row away between the two.
            for (int tries = 0; tries < kTries; ++tries) {
                query(tx_, kMakeRow, tenant_, to_string(kind), Bytes{subject});
                const auto rows = query(tx_, kLock, tenant_, to_string(kind), Bytes{subject});
                if (!rows.empty()) return read_bucket(rows);
            }
            return Error(ErrorCode::conflict, "others try the same at this moment: try again");
        });
    }

    Result<Done> keep(Throttled kind, const std::string& subject, const Throttle& bucket, Timestamp now) override
    {
        return translated([&]() -> Result<Done> {
            const auto forget_at = now + signin::forgotten_after(kind);
            if (kind == Throttled::network) {
                query(tx_, kKeepNetwork, Bytes{subject}, bucket.failures, bucket.window_at, bucket.blocked_until,
                      bucket.holds, bucket.holds_at, is_as_new(bucket) ? now : forget_at);
            } else if (is_as_new(bucket)) {
                query(tx_, kForget, tenant_, to_string(kind), Bytes{subject});
            } else {
                query(tx_, kKeep, tenant_, to_string(kind), Bytes{subject}, bucket.failures, bucket.window_at,
                      bucket.blocked_until, bucket.holds, bucket.holds_at, forget_at);
            }
            return Done{};
        });
    }

private:
    static constexpr int kTries = 5;

    pqxx::transaction_base& tx_;
    TenantId tenant_;
};

}  // namespace

std::shared_ptr<ports::ThrottleStore> make_throttle_store(pqxx::transaction_base& tx, TenantId tenant)
{
    return std::make_shared<PgThrottleStore>(tx, tenant);
}

}  // namespace winnow::pg
