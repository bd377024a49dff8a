#include "api/tenants/management_group_fields.hpp"

#include "api/rest/problem.hpp"
#include "winnow/domain/tenants/management_group.hpp"
#include "winnow/ports/tenants/management_group_store.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace winnow::api {

using nlohmann::json;

namespace {

constexpr auto kField = "management_group_ids";

}  // namespace

access::Groups read_groups(FieldReader& fields)
{
    auto ids = fields.ids<ManagementGroupId>(kField, domain::kMaxGroupsOfOne);
    if (!ids) return nullptr;
    return access::groups_of(*std::move(ids));
}

json groups_json(const access::Groups& groups)
{
    if (!groups) return nullptr;
    auto ids = json::array();
    for (const auto& group : *groups) ids.push_back(group.str());
    return ids;
}

Result<Done> are_groups(ports::TenantSession& session, const access::Groups& groups)
{
    if (!groups || groups->empty()) return Done{};
    const auto found = session.management_groups().existing(*groups);
    if (!found) return found.error();
    for (const auto& group : *groups) {
        if (std::ranges::find(*found, group) != found->end()) continue;
        return field_error(std::string("/") + kField, "there is no management group " + group.str());
    }
    return Done{};
}

}  // namespace winnow::api
