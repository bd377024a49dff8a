#include "api/rest/json_body.hpp"
#include "api/rest/resource.hpp"
#include "api/rest/route.hpp"
#include "winnow/ports/settings_store.hpp"
#include "winnow/ports/tenants/management_group_store.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace winnow::api {
namespace {

using domain::ManagementGroup;
using http::Response;
using nlohmann::json;
using ports::TenantSession;

constexpr std::size_t kMostLabel = 256;  // characters, of a name or a value

json group_json(const ManagementGroup& group)
{
    auto labels = json::array();
    for (const auto& [name, value] : group.labels) labels.push_back({{"name", name}, {"value", value}});
    auto integrations = json::array();
    for (const auto& id : group.integrations) integrations.push_back(id.str());
    return {{"id", group.id.str()},
            {"name", group.name},
            {"labels", std::move(labels)},
            {"integration_ids", std::move(integrations)},
            {"version", group.version},
            {"created_at", format_rfc3339(group.created_at)},
            {"updated_at", format_rfc3339(group.updated_at)}};
}

Result<ManagementGroup> read_group(const json& document, TenantSession& session)
{
    ManagementGroup group;
    FieldReader fields(document);
    group.name = fields.text("name", {1, 200}, Need::required).value_or("");
    if (auto labels = fields.objects("labels", domain::kMaxGroupLabels)) {
        for (auto& label : *labels) {
            auto name = label.text("name", {1, kMostLabel}, Need::required).value_or("");
            auto value = label.text("value", {1, kMostLabel}, Need::required).value_or("");
            group.labels.emplace_back(std::move(name), std::move(value));
            label.close();
        }
    }
    if (auto ids = fields.ids<IntegrationId>("integration_ids", domain::kMaxGroupIntegrations)) {
        group.integrations = *std::move(ids);
        const auto found = session.management_groups().known_integrations(group.integrations);
        if (!found) return found.error();
        for (std::size_t i = 0; i < group.integrations.size(); ++i) {
            if (std::ranges::find(*found, group.integrations[i]) != found->end()) continue;
            fields.item_error("integration_ids", i, "there is no integration " + group.integrations[i].str());
        }
        std::ranges::sort(group.integrations);
    }
    fields.read_only({"id", "version", "created_at", "updated_at"});
    if (const auto read = fields.finish(); !read) return read.error();
    return group;
}

Result<Response> list_groups(const Call& call, TenantSession& session)
{
    const auto& head = call.request.head;
    if (const auto known = only_parameters(head, {"limit", "cursor"}); !known) return known.error();
    const auto page = id_page<ManagementGroupId>(head);
    if (!page) return page.error();
    return id_page_response(
        head, *page, [&](const auto& after, std::size_t most) { return session.management_groups().page(after, most); },
        group_json);
}

Result<Response> get_group(const Call& call, TenantSession& session)
{
    const auto id = call.id<ManagementGroupId>();
    if (!id) return id.error();
    const auto group = session.management_groups().find(*id);
    if (!group) return group.error();
    return shown(call, group_json(*group), group->version);
}

Result<Response> create_group(const Call& call, TenantSession& session)
{
    const auto document = read_object(call.request);
    if (!document) return document.error();
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    auto group = read_group(*document, session);
    if (!group) return group.error();
    auto& store = session.management_groups();
    const auto room =
        below_limit(store.count(), call.services.tenant_limits.max_management_groups, "management groups");
    if (!room) return room.error();
    const auto may = store.may_begin();
    if (!may) return may.error();
    if (!*may) {
        return Error(ErrorCode::conflict,
                     "a program of an earlier version was at work within the last five minutes, and knows of no "
                     "management groups; there can be one when all nodes are upgraded");
    }
    group->id = ManagementGroupId(call.services.new_id());
    group->version = 1;
    group->created_at = call.now;
    group->updated_at = call.now;
    if (const auto stored = store.insert(*group); !stored) return stored.error();
    return created("/api/v1/management-groups/" + group->id.str(), group_json(*group), group->version);
}

/// Locks, finds, and checks If-Match.
Result<ManagementGroup> locked_group(const Call& call, TenantSession& session)
{
    const auto id = call.id<ManagementGroupId>();
    if (!id) return id.error();
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    auto group = session.management_groups().find(*id);
    if (!group) return group;
    if (const auto fresh = check_if_match(call.request.head, group->version); !fresh) return fresh.error();
    return group;
}

/// PUT and PATCH.
Result<Response> change_group(const Call& call, TenantSession& session)
{
    const auto current = locked_group(call, session);
    if (!current) return current.error();
    const auto document = wanted_document(call, group_json(*current));
    if (!document) return document.error();
    auto group = read_group(*document, session);
    if (!group) return group.error();
    group->id = current->id;
    group->version = current->version + 1;
    group->created_at = current->created_at;
    group->updated_at = call.now;
    if (const auto stored = session.management_groups().update(*group); !stored) return stored.error();
    return versioned(group_json(*group), group->version);
}

Result<Response> delete_group(const Call& call, TenantSession& session)
{
    const auto current = locked_group(call, session);
    if (!current) return current.error();
    if (const auto removed = session.management_groups().remove(current->id); !removed) return removed.error();
    return no_content();
}

}  // namespace

std::vector<Route> management_group_routes()
{
    using enum access::Permission;
    return {
        {"GET", "/api/v1/management-groups", read_groups, "listManagementGroups", list_groups},
        {"POST", "/api/v1/management-groups", write_groups, "createManagementGroup", create_group},
        {"GET", "/api/v1/management-groups/{id}", read_groups, "getManagementGroup", get_group},
        {"PUT", "/api/v1/management-groups/{id}", write_groups, "replaceManagementGroup", change_group},
        {"PATCH", "/api/v1/management-groups/{id}", write_groups, "updateManagementGroup", change_group},
        {"DELETE", "/api/v1/management-groups/{id}", write_groups, "deleteManagementGroup", delete_group},
    };
}

}  // namespace winnow::api
