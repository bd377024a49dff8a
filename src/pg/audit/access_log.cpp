#include "winnow/ports/access/access_log.hpp"

#include "pg/audit/access_rows.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/noun_stores.hpp"
#include "pg/session/sql_errors.hpp"
#include "winnow/domain/retention.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace winnow::pg {
namespace {

using ports::AccessEntry;

// The parameters' values are known when it is planned: what is not asked for costs nothing, and what is asked for is
// found by its index. What the tenant no longer keeps may be there for a while.
const std::string kPage = std::string("select ") + kAccessColumns + R"sql( from access_log
 where tenant_id = $1 and at >= (select kept_from($1, 'access_log', $2::int))
   and ($3::timestamptz is null or at >= $3) and ($4::timestamptz is null or at < $4)
   and ($5::text = '' or actor = $5) and ($6::text = '' or address = $6) and ($7::text = '' or object = $7)
   and ($8::int4 is null or status = $8)
   and ($9::timestamptz is null or at <= $9) and ($9::timestamptz is null or (at, entry_id) < ($9, $10::uuid))
 order by at desc, entry_id desc limit $11
)sql";

class PgAccessLog final : public ports::AccessLog {
public:
    PgAccessLog(pqxx::transaction_base& tx, TenantId tenant) : tx_(tx), tenant_(tenant) {}

    Result<std::vector<AccessEntry>> page(const ports::AccessFilter& filter,
                                          const std::optional<ports::AccessPlace>& after, std::size_t limit) override
    {
        return translated([&]() -> Result<std::vector<AccessEntry>> {
            Arguments arguments;
            arguments.add(tenant_);
            arguments.add(domain::class_of(domain::Kept::access_log).usual.count());
            arguments.add(filter.from);
            arguments.add(filter.to);
            arguments.add(filter.actor);
            arguments.add(filter.address);
            arguments.add(filter.object);
            arguments.add(filter.status);
            arguments.add(after ? std::optional(after->at) : std::nullopt);
            arguments.add(after ? std::optional(after->id) : std::nullopt);
            arguments.add(limit);
            std::vector<AccessEntry> entries;
            for (const auto& row : query(tx_, kPage.c_str(), arguments)) entries.push_back(read_access(row));
            return entries;
        });
    }

    Result<Done> add(const AccessEntry& entry) override
    {
        return translated([&]() -> Result<Done> {
            const ports::OwnedAccess owned{.tenant = tenant_, .entry = entry};
            insert_access(tx_, std::span(&owned, 1));
            return Done{};
        });
    }

private:
    pqxx::transaction_base& tx_;
    TenantId tenant_;
};

}  // namespace

std::shared_ptr<ports::AccessLog> make_access_log(pqxx::transaction_base& tx, TenantId tenant)
{
    return std::make_shared<PgAccessLog>(tx, tenant);
}

}  // namespace winnow::pg
