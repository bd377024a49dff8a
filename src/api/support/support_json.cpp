#include "api/support/support_json.hpp"

#include "api/rest/respond.hpp"

#include <utility>

namespace winnow::api {

using nlohmann::json;

json support_grant_json(const access::SupportGrant& grant)
{
    auto scopes = json::array();
    for (const auto permission : access::all_permissions()) {
        if (grant.scopes.contains(permission)) scopes.push_back(access::to_string(permission));
    }
    return {{"id", grant.id.str()},
            {"state", access::to_string(grant.state)},
            {"asked_by", "provider:" + grant.asked_by.str()},
            {"reason", grant.reason},
            {"scopes", std::move(scopes)},
            {"minutes", grant.minutes},
            {"asked_at", format_rfc3339(grant.asked_at)},
            {"lapses_at", format_rfc3339(grant.lapses_at)},
            {"approved_by", grant.approved_by ? json("provider:" + grant.approved_by->str()) : json(nullptr)},
            {"approved_at", time_json(grant.approved_at)},
            {"ends_at", time_json(grant.ends_at)},
            {"ended_at", time_json(grant.ended_at)},
            {"ended_by", grant.ended_by.empty() ? json(nullptr) : json(grant.ended_by)}};
}

}  // namespace winnow::api
