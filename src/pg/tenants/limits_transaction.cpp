#include "pg/tenants/limits_transaction.hpp"

#include "pg/audit/audit_rows.hpp"
#include "pg/rows/tenant_rows.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/session_pool.hpp"
#include "pg/session/sql_errors.hpp"
#include "pg/session/transaction.hpp"
#include "pg/tenants/provider_acts.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <utility>

namespace winnow::pg {

namespace {

using domain::Tenant;

constexpr auto kLockRates = "select rates from tenants where tenant_id = $1 for no key update";

// Tells every node: the rates stand in what it has cached of the tenant's keys.
constexpr auto kSetRates = R"sql(
with changed as (
    update tenants set rates = $2::jsonb, credentials_version = credentials_version + 1
     where tenant_id = $1 returning *
)
select changed.*, pg_notify('winnow_credentials', tenant_id::text) from changed
)sql";

class PgLimitsTransaction final : public ports::LimitsTransaction {
public:
    PgLimitsTransaction(const Sessions& sessions, TenantId tenant, ports::TenantChanged changed)
        : tenant_(tenant), changed_(std::move(changed)), lease_(std::in_place, sessions)
    {
    }

    /// Once. Throws where the database fails.
    [[nodiscard]] Result<Done> lock()
    {
        if (auto refused = lease_->begin({}, {})) return *std::move(refused);
        auto& tx = transaction_.emplace(lease_->session()).tx();
        const auto rows = query(tx, kLockRates, tenant_);
        if (rows.empty()) return Error(ErrorCode::not_found, "there is no such tenant");
        rates_ = read_rates(rows[0][0].c_str());
        return Done{};
    }

    [[nodiscard]] const domain::RateOverrides& rates() const noexcept override { return rates_; }

    Result<Tenant> store(const ports::LimitsChange& change) override
    {
        if (!transaction_) return over();
        return translated([&]() -> Result<Tenant> {
            auto& tx = transaction_->tx();
            if (const auto& bytes = change.history_bytes) {
                query(tx, kSetHistoryBytes, tenant_, *bytes);
                told_["max_history_bytes"] = *bytes ? nlohmann::json(**bytes) : nlohmann::json(nullptr);
            }
            told_["rates"] = nlohmann::json::parse(rates_json(change.rates));
            return one_tenant(query(tx, kSetRates, tenant_, rates_json(change.rates)));
        });
    }

    Result<Done> commit(const ports::ProviderRequest& by) override
    {
        if (!transaction_) return over();
        auto committed = translated([&]() -> Result<Done> {
            append_providers(transaction_->tx(), act_on(tenant_, "tenant.change", by, told_));
            transaction_->commit();
            return Done{};
        });
        transaction_.reset();
        lease_.reset();  // whoever is told may need one
        if (committed && changed_) changed_({.tenant = tenant_, .policy = false, .credentials = true});
        return committed;
    }

private:
    static Error over() { return {ErrorCode::internal, "limits are asked for something after their commit"}; }

    const TenantId tenant_;
    const ports::TenantChanged changed_;
    std::optional<SessionLease> lease_;
    std::optional<Transaction> transaction_;  ///< Behind its session: it ends first.
    domain::RateOverrides rates_;
    nlohmann::json told_ = nlohmann::json::object();  ///< What was stored, for its record.
};

}  // namespace

Result<std::unique_ptr<ports::LimitsTransaction>> lock_limits(const Sessions& sessions, TenantId tenant,
                                                              ports::TenantChanged changed)
{
    return translated([&]() -> Result<std::unique_ptr<ports::LimitsTransaction>> {
        auto limits = std::make_unique<PgLimitsTransaction>(sessions, tenant, std::move(changed));
        if (auto locked = limits->lock(); !locked) return locked.error();
        return limits;
    });
}

}  // namespace winnow::pg
