#include "api/alerts/alert_history.hpp"
#include "api/explanation/alert_explanation.hpp"
#include "api/rest/route.hpp"

#include <utility>

namespace winnow::api {
namespace {

Result<Answer> explain_alert(const Call& call, ports::TenantSession& session)
{
    const auto id = call.id<AlertId>();
    if (!id) return id.error();
    auto sight = AlertSight::of(call.who, session);
    if (!sight) return sight.error();
    auto past = find_alert(session.alerts(), call.ids(), *sight, *id);
    if (!past) return past.error();
    return explain(*std::move(past), session);
}

}  // namespace

std::vector<Route> explanation_routes()
{
    using enum access::Permission;
    return {
        {"GET", "/api/v1/alerts/{id}/explanation", read_alerts, "explainAlert", &explain_alert, always},
    };
}

}  // namespace winnow::api
