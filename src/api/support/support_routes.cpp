#include "api/audit/recorded.hpp"
#include "api/rest/resource.hpp"
#include "api/rest/route.hpp"
#include "api/support/support_json.hpp"
#include "winnow/ports/support/support_grant_store.hpp"

#include <string>
#include <vector>

namespace winnow::api {
namespace {

using http::Response;
using nlohmann::json;
using ports::TenantSession;

constexpr int kDone = 204;

Result<Response> list_grants(const Call& call, TenantSession& session)
{
    const auto& head = call.request.head;
    if (const auto known = only_parameters(head, {"limit", "cursor"}); !known) return known.error();
    const auto page = id_page<SupportGrantId>(head);
    if (!page) return page.error();
    return id_page_response(
        head, *page, [&](const auto& after, std::size_t most) { return session.support_grants().page(after, most); },
        support_grant_json);
}

Result<Response> get_grant(const Call& call, TenantSession& session)
{
    const auto id = call.id<SupportGrantId>();
    if (!id) return id.error();
    const auto grant = session.support_grants().find(*id);
    if (!grant) return grant.error();
    return json_response(200, support_grant_json(*grant));
}

/// Into both chains. Who of the tenant's people it was, and from where, is the tenant's: the provider is told an id.
Result<Response> end_grant(const Call& call, TenantSession& session)
{
    const auto id = call.id<SupportGrantId>();
    if (!id) return id.error();
    if (const auto grant = session.support_grants().find(*id); !grant) return grant.error();
    const audit::Act act{.actor = actor_of(call),
                         .name = "support_grant.end",
                         .object = "support_grant:" + id->str(),
                         .result = kDone,
                         .detail = detail_of(call, json::object())};
    const auto ended = session.support_grants().end(*id, act, json{{"tenant_id", call.who.tenant.str()}}.dump());
    if (!ended) return ended.error();
    return no_content();
}

}  // namespace

std::vector<Route> support_grant_routes()
{
    using enum access::Permission;
    return {
        {"GET", "/api/v1/support-grants", read_support_grants, "listSupportGrants", list_grants},
        {"GET", "/api/v1/support-grants/{id}", read_support_grants, "getSupportGrant", get_grant},
        {"DELETE", "/api/v1/support-grants/{id}", write_support_grants, "endSupportGrant", end_grant},
    };
}

}  // namespace winnow::api
