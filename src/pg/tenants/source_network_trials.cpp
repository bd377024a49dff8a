#include "winnow/pg/source_network_trials.hpp"

#include "pg/audit/audit_rows.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/session_pool.hpp"
#include "winnow/audit/acts.hpp"

#include <pqxx/nontransaction>

#include <string>

namespace winnow::pg {

namespace {

constexpr auto kOver = R"sql(
select tenant_id from source_networks where revert_at <= now() order by revert_at limit $1
)sql";
constexpr auto kRevert = "select revert_source_networks($1, $2, $3, $4)";

class PgSourceNetworkTrials final : public ports::SourceNetworkTrials {
public:
    explicit PgSourceNetworkTrials(const Sessions& sessions) : pool_(sessions.of(Errand::timers)) {}

    Result<std::vector<TenantId>> over(std::size_t limit) override
    {
        return pool_.run([&](Session& session) -> Result<std::vector<TenantId>> {
            pqxx::nontransaction tx(session.connection());
            std::vector<TenantId> tenants;
            for (const auto& row : query(tx, kOver, limit)) tenants.push_back(id_of<TenantId>(row[0]));
            return tenants;
        });
    }

    Result<std::optional<Timestamp>> revert(TenantId tenant) override
    {
        return pool_.run([&](Session& session) -> Result<std::optional<Timestamp>> {
            audit::Act act;
            act.name = audit::kNetworksReverted;
            act.object = "networks";
            const auto text = written(act);
            pqxx::nontransaction tx(session.connection());
            const auto rows = query(tx, kRevert, tenant, text.record, text.detail, Bytes{text.salt});
            return optional_time_of(rows[0][0]);
        });
    }

private:
    const Sessions pool_;
};

}  // namespace

std::unique_ptr<ports::SourceNetworkTrials> make_source_network_trials(const Sessions& sessions)
{
    return std::make_unique<PgSourceNetworkTrials>(sessions);
}

}  // namespace winnow::pg
