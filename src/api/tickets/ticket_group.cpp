#include "api/tickets/ticket_group.hpp"

#include "api/rest/json_body.hpp"
#include "api/rest/problem.hpp"
#include "api/rest/respond.hpp"
#include "api/tickets/ticket_writer.hpp"
#include "winnow/ports/tenants/management_group_store.hpp"
#include "winnow/ports/ticket_store.hpp"
#include "winnow/tickets/work.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string_view>
#include <vector>

namespace winnow::api {
namespace {

using http::Response;
using nlohmann::json;
using ports::TenantSession;
using ports::TicketGroup;

/// What its group comes of.
std::string_view reason_of(const TicketGroup& group)
{
    if (group.whose.by_hand) return "hand";
    if (group.whose.group) return *group.whose.group == domain::kSeveralGroups ? "several" : "label";
    return group.whose.integration ? "integration" : "unknown";
}

/// Without a version: it changes with its integration's group, which no version of the ticket tells of.
Response group_response(const TicketGroup& group)
{
    const auto effective = group.effective();
    const bool is_one = effective && *effective != domain::kSeveralGroups;
    return json_response(
        200, {{"management_group_id", is_one ? json(effective->str()) : json(nullptr)},
              {"by", reason_of(group)},
              {"integration_id", group.whose.integration ? json(group.whose.integration->str()) : json(nullptr)}});
}

/// Of a ticket that is not locked yet.
Result<Response> give(const Call& call, TenantSession& session, std::optional<ManagementGroupId> to)
{
    const auto id = call.id<TicketId>();
    if (!id) return id.error();
    auto locked = session.tickets().lock({*id});
    if (!locked) return locked.error();
    if (locked->empty()) return Error(ErrorCode::not_found, "there is no such ticket");
    const auto current = session.tickets().group(*id);
    if (!current) return current.error();
    if (current->whose.group == to && current->whose.by_hand == to.has_value()) return group_response(*current);
    auto& ticket = locked->front();
    const auto events = tickets::give_to_group(ticket, current->effective(), to, act_of(call));
    if (const auto ok = session.tickets().store({{.ticket = ticket, .events = events}}); !ok) return ok.error();
    if (const auto ok = session.tickets().set_group(*id, to); !ok) return ok.error();
    const auto now = session.tickets().group(*id);
    if (!now) return now.error();
    return group_response(*now);
}

}  // namespace

Result<Response> get_ticket_group(const Call& call, TenantSession& session)
{
    const auto id = call.id<TicketId>();
    if (!id) return id.error();
    const auto ticket = session.tickets().find(*id);
    if (!ticket) return ticket.error();
    const auto group = session.tickets().group(ticket->id);
    if (!group) return group.error();
    return group_response(*group);
}

Result<Response> put_ticket_group(const Call& call, TenantSession& session)
{
    const auto document = read_object(call.request);
    if (!document) return document.error();
    FieldReader fields(*document);
    const auto group = fields.id<ManagementGroupId>("management_group_id", Need::required);
    fields.read_only({"by", "integration_id"});
    if (const auto ok = fields.finish(); !ok) return ok.error();
    const auto found = session.management_groups().existing({*group});
    if (!found) return found.error();
    if (found->empty()) {
        return field_error("/management_group_id", "there is no management group " + group->str());
    }
    return give(call, session, group);
}

Result<Response> delete_ticket_group(const Call& call, TenantSession& session)
{
    return give(call, session, std::nullopt);
}

}  // namespace winnow::api
