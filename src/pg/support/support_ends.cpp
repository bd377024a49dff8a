#include "pg/support/support_ends.hpp"

#include "pg/audit/audit_rows.hpp"
#include "pg/rows/values.hpp"
#include "pg/support/support_rows.hpp"
#include "pg/tenants/provider_acts.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <utility>
#include <vector>

namespace winnow::pg {

namespace {

// In one order, so that two who end grants do not wait for each other.
constexpr auto kLock = R"sql(
select g.*, array_to_string(g.scopes, ' ') as scope_words, now() as at
  from support_grants g join tenants t on t.tenant_id = g.tenant_id and t.state <> 'erasing'
 where (g.asked_by = $1 or g.approved_by = $1)
   and (g.state = 'requested' and g.lapses_at > now() or g.state = 'active' and g.ends_at > now())
 order by g.tenant_id, g.grant_id for no key update of g
)sql";

constexpr auto kEnd = R"sql(
update support_grants
   set state = case state when 'requested' then 'refused' else 'ended' end, ended_at = now(), ended_by = $3
 where tenant_id = $1 and grant_id = $2
)sql";

}  // namespace

nlohmann::json told_of(const access::SupportGrant& grant)
{
    auto scopes = nlohmann::json::array();
    for (const auto permission : access::all_permissions()) {
        if (grant.scopes.contains(permission)) scopes.push_back(access::to_string(permission));
    }
    return {{"reason", grant.reason}, {"minutes", grant.minutes}, {"scopes", std::move(scopes)}};
}

void end_grants_of(pqxx::transaction_base& tx, StaffId staff, const ports::ProviderRequest& by)
{
    constexpr auto kAct = "support_grant.end";
    ports::ProviderRequest shown;  // from where the provider works is its own
    shown.actor = by.actor;
    std::vector<audit::Act> own;
    for (const auto& row : query(tx, kLock, staff)) {
        const auto tenant = id_of<TenantId>(row["tenant_id"]);
        const auto grant = read_support_grant(row);
        const auto object = "support_grant:" + grant.id.str();
        query(tx, kEnd, tenant, grant.id, by.actor.id);
        auto told = told_of(grant);
        append_providers_act(tx, tenant, act_of(object, kAct, shown, told));
        told["tenant_id"] = tenant.str();
        own.push_back(act_of(object, kAct, by, std::move(told)));
    }
    for (const auto& act : own) append_providers(tx, act);
}

}  // namespace winnow::pg
