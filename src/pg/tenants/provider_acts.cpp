#include "pg/tenants/provider_acts.hpp"

#include "pg/rows/tenant_rows.hpp"

#include <utility>

namespace winnow::pg {

namespace {

std::string detail_of(const nlohmann::json& what)
{
    return what.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

audit::Act act_of(std::string object, std::string_view name, const ports::ProviderRequest& by, nlohmann::json what)
{
    if (!by.address.empty()) what["address"] = by.address;
    if (!by.user_agent.empty()) what["user_agent"] = by.user_agent;
    if (!by.certificate_subject.empty()) what["certificate_subject"] = by.certificate_subject;
    return {.actor = by.actor, .name = std::string(name), .object = std::move(object), .detail = detail_of(what)};
}

audit::Act act_on(TenantId tenant, std::string_view name, const ports::ProviderRequest& by, nlohmann::json what)
{
    return act_of("tenant:" + tenant.str(), name, by, std::move(what));
}

InBothChains in_both(const audit::Act& act, const nlohmann::json& what)
{
    auto theirs = act;
    theirs.detail = detail_of(what);
    return {.theirs = written(theirs), .own = written(act)};
}

Result<domain::Tenant> one_tenant(const pqxx::result& rows)
{
    if (rows.empty()) return Error(ErrorCode::not_found, "there is no such tenant");
    return read_tenant(rows.front());
}

Error at_its_end(const domain::Tenant& tenant)
{
    return {ErrorCode::conflict, tenant.state == domain::TenantState::closing
                                     ? "the tenant is closing: call that off first (cancel-close)"
                                     : "the tenant is being erased, which cannot be stopped"};
}

}  // namespace winnow::pg
