#include "api/quotas/quotas.hpp"

#include "api/rest/respond.hpp"
#include "winnow/ports/tenants/quota_store.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <utility>

namespace winnow::api {

namespace {

using nlohmann::json;

Result<Done> fits(const domain::QuotaUse& use, std::int64_t more, const domain::TenantLimits& limits)
{
    if (auto refused = domain::beyond_quota(use, more, limits)) return *std::move(refused);
    return Done{};
}

}  // namespace

Result<Done> has_room(const Call& call, ports::TenantSession& session, domain::Quota quota, std::int64_t more)
{
    const auto use = session.quotas().lock(quota);
    if (!use) return use.error();
    return fits(*use, more, call.services.tenant_limits);
}

Result<Done> has_room(const domain::TenantLimits& limits, ports::TenantSession& session, domain::Quota quota)
{
    const auto use = session.quotas().lock(quota);
    if (!use) return use.error();
    return fits(*use, 1, limits);
}

Result<Done> has_room_beside(const Call& call, ports::TenantSession& session, domain::Quota quota,
                             const Result<std::size_t>& used)
{
    if (!used) return used.error();
    auto use = session.quotas().lock(quota);
    if (!use) return use.error();
    use->used = static_cast<std::int64_t>(*used);
    return fits(*use, 1, call.services.tenant_limits);
}

json quota_json(const domain::QuotaUse& use, const std::optional<std::int64_t>& most)
{
    json shown{
        {"name", domain::class_of(use.quota).name}, {"max", most ? json(*most) : json(nullptr)}, {"used", use.used}};
    if (use.quota == domain::Quota::deliveries) shown["left_out"] = use.left_out;
    return shown;
}

Result<http::Response> list_quotas(const Call& call, ports::TenantSession& session)
{
    const auto uses = session.quotas().all();
    if (!uses) return uses.error();
    auto items = json::array();
    for (const auto& use : *uses) items.push_back(quota_json(use, domain::most_of(use, call.services.tenant_limits)));
    return json_response(200, {{"items", std::move(items)}});
}

}  // namespace winnow::api
