#include "api/tenants/provider_quotas.hpp"

#include "api/quotas/quotas.hpp"
#include "api/rest/json_body.hpp"
#include "api/rest/respond.hpp"
#include "api/tenants/provider_tenants.hpp"

#include <nlohmann/json.hpp>

#include <utility>
#include <vector>

namespace winnow::api {

namespace {

using nlohmann::json;
using ports::QuotaChange;

Result<std::vector<QuotaChange>> read_changes(const json& document)
{
    std::vector<QuotaChange> changes;
    FieldReader fields(document);
    for (const auto& each : domain::kQuotas) {
        const auto own = fields.integer(each.name, each.least, each.greatest);
        const auto given = document.find(each.name);
        if (own || (given != document.end() && given->is_null())) changes.push_back({.quota = each.quota, .own = own});
    }
    if (const auto read = fields.finish(); !read) return read.error();
    return changes;
}

http::Response shown(const std::vector<domain::QuotaUse>& uses, const domain::TenantLimits& limits)
{
    auto items = json::array();
    for (const auto& use : uses) {
        auto item = quota_json(use, use.own);
        const auto usual = domain::class_of(use.quota).usual;
        item["usual"] = usual == nullptr ? json(nullptr) : json(limits.*usual);
        items.push_back(std::move(item));
    }
    return json_response(200, {{"items", std::move(items)}});
}

}  // namespace

Result<http::Response> show_tenant_quotas(TenantId id, ports::ProviderStore& store, const domain::TenantLimits& usual)
{
    const auto uses = store.quotas(id);
    if (!uses) return uses.error();
    return shown(*uses, usual);
}

Result<http::Response> change_tenant_quotas(TenantId id, const http::Request& request, ports::ProviderStore& store,
                                            const domain::TenantLimits& usual)
{
    const auto document = read_object(request);
    if (!document) return document.error();
    const auto changes = read_changes(*document);
    if (!changes) return changes.error();
    const auto uses = store.set_quotas(id, *changes, provider_request_of(request));
    if (!uses) return uses.error();
    return shown(*uses, usual);
}

}  // namespace winnow::api
