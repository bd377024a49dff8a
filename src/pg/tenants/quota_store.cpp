#include "winnow/ports/tenants/quota_store.hpp"

#include "pg/rows/values.hpp"
#include "pg/session/noun_stores.hpp"
#include "pg/session/sql_errors.hpp"
#include "pg/tenants/quota_rows.hpp"

#include <cstdint>
#include <memory>

namespace winnow::pg {

namespace {

using domain::QuotaUse;

class PgQuotaStore final : public ports::QuotaStore {
public:
    explicit PgQuotaStore(pqxx::transaction_base& tx) : tx_(tx) {}

    Result<QuotaUse> lock(domain::Quota quota) override
    {
        return translated([&]() -> Result<QuotaUse> {
            const auto rows = query(tx_, "select most, used from lock_quota($1)", domain::class_of(quota).name);
            QuotaUse use{.quota = quota, .used = rows[0][1].as<std::int64_t>()};
            if (!rows[0][0].is_null()) use.own = rows[0][0].as<std::int64_t>();
            return use;
        });
    }

    Result<std::vector<QuotaUse>> all() override
    {
        return translated(
            [&]() -> Result<std::vector<QuotaUse>> { return read_quotas(tx_.exec("select * from own_quotas()")); });
    }

private:
    pqxx::transaction_base& tx_;
};

}  // namespace

std::vector<QuotaUse> read_quotas(const pqxx::result& rows)
{
    std::vector<QuotaUse> all;
    all.reserve(domain::kQuotas.size());
    for (const auto& each : domain::kQuotas) all.push_back({.quota = each.quota});
    for (const auto& row : rows) {
        const auto* const known = domain::quota_named(row["quota"].c_str());
        if (known == nullptr) continue;
        auto& use = all[static_cast<std::size_t>(known->quota)];
        if (!row["quota_most"].is_null()) use.own = row["quota_most"].as<std::int64_t>();
        use.used = row["quota_used"].as<std::int64_t>();
        use.left_out = row["quota_left_out"].as<std::int64_t>();
    }
    return all;
}

std::shared_ptr<ports::QuotaStore> make_quota_store(pqxx::transaction_base& tx, TenantId /*tenant*/)
{
    return std::make_shared<PgQuotaStore>(tx);
}

}  // namespace winnow::pg
