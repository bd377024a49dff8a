#include "api/quotas/quotas.hpp"
#include "api/rest/json_body.hpp"
#include "api/rest/resource.hpp"
#include "api/rest/route.hpp"
#include "winnow/ports/contact_store.hpp"
#include "winnow/ports/settings_store.hpp"

#include <algorithm>
#include <utility>

namespace winnow::api {
namespace {

using domain::ContactGroup;
using http::Response;
using nlohmann::json;
using ports::TenantSession;

constexpr std::size_t kMaxMembers = 500;

json group_json(const ContactGroup& group)
{
    auto members = json::array();
    for (const auto& id : group.contact_ids) members.push_back(id.str());
    return {{"id", group.id.str()},
            {"name", group.name},
            {"contact_ids", std::move(members)},
            {"version", group.version},
            {"updated_at", format_rfc3339(group.updated_at)}};
}

Result<ContactGroup> read_group(const json& document, TenantSession& session)
{
    ContactGroup group;
    FieldReader fields(document);
    group.name = fields.text("name", {1, 200}, Need::required).value_or("");
    if (auto members = fields.ids<ContactId>("contact_ids", kMaxMembers, Need::required)) {
        group.contact_ids = *std::move(members);
        const auto found = session.contacts().existing(group.contact_ids);
        if (!found) return found.error();
        for (std::size_t i = 0; i < group.contact_ids.size(); ++i) {
            if (std::ranges::find(*found, group.contact_ids[i]) != found->end()) continue;
            fields.item_error("contact_ids", i, "there is no contact " + group.contact_ids[i].str());
        }
    }
    fields.read_only({"id", "version", "updated_at"});
    if (const auto read = fields.finish(); !read) return read.error();
    return group;
}

Result<Response> list_groups(const Call& call, TenantSession& session)
{
    const auto& head = call.request.head;
    if (const auto known = only_parameters(head, {"limit", "cursor"}); !known) return known.error();
    const auto page = id_page<ContactGroupId>(head);
    if (!page) return page.error();
    return id_page_response(
        head, *page, [&](const auto& after, std::size_t most) { return session.contacts().page_groups(after, most); },
        group_json);
}

Result<Response> get_group(const Call& call, TenantSession& session)
{
    const auto id = call.id<ContactGroupId>();
    if (!id) return id.error();
    const auto group = session.contacts().find_group(*id);
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
    if (const auto room = has_room(call, session, domain::Quota::contact_groups); !room) return room.error();
    group->id = ContactGroupId(call.services.new_id());
    group->version = 1;
    group->updated_at = call.now;
    if (const auto stored = session.contacts().insert_group(*group); !stored) return stored.error();
    return created("/api/v1/contact-groups/" + group->id.str(), group_json(*group), group->version);
}

/// PUT and PATCH.
Result<Response> change_group(const Call& call, TenantSession& session)
{
    const auto id = call.id<ContactGroupId>();
    if (!id) return id.error();
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    const auto current = session.contacts().find_group(*id);
    if (!current) return current.error();
    if (const auto fresh = check_if_match(call.request.head, current->version); !fresh) return fresh.error();
    const auto document = wanted_document(call, group_json(*current));
    if (!document) return document.error();
    auto group = read_group(*document, session);
    if (!group) return group.error();
    group->id = *id;
    group->version = current->version + 1;
    group->updated_at = call.now;
    if (const auto stored = session.contacts().update_group(*group); !stored) return stored.error();
    return versioned(group_json(*group), group->version);
}

/// Names what would tell nobody afterwards.
Error in_use(const ports::GroupUse& use)
{
    std::string users = use.default_route ? "the default route (PATCH /api/v1/settings)" : "";
    for (const auto& [id, name] : use.rules) {
        users += (users.empty() ? "" : ", ") + std::string("the rule \"") + name + "\" (" + id.str() + ')';
    }
    return {ErrorCode::conflict, "this contact group is still used by " + users + "; change that first"};
}

Result<Response> delete_group(const Call& call, TenantSession& session)
{
    const auto id = call.id<ContactGroupId>();
    if (!id) return id.error();
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    const auto current = session.contacts().find_group(*id);
    if (!current) return current.error();
    if (const auto fresh = check_if_match(call.request.head, current->version); !fresh) return fresh.error();
    const auto use = session.contacts().use_of_group(*id);
    if (!use) return use.error();
    if (use->any()) return in_use(*use);
    if (const auto removed = session.contacts().remove_group(*id); !removed) return removed.error();
    return no_content();
}

}  // namespace

std::vector<Route> contact_group_routes()
{
    using enum access::Permission;
    return {
        {"GET", "/api/v1/contact-groups", read_contacts, "listContactGroups", list_groups},
        {"POST", "/api/v1/contact-groups", write_contacts, "createContactGroup", create_group},
        {"GET", "/api/v1/contact-groups/{id}", read_contacts, "getContactGroup", get_group},
        {"PUT", "/api/v1/contact-groups/{id}", write_contacts, "replaceContactGroup", change_group},
        {"PATCH", "/api/v1/contact-groups/{id}", write_contacts, "updateContactGroup", change_group},
        {"DELETE", "/api/v1/contact-groups/{id}", write_contacts, "deleteContactGroup", delete_group},
    };
}

}  // namespace winnow::api
