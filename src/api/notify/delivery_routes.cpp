#include "api/rest/page.hpp"
#include "api/rest/parameters.hpp"
#include "api/rest/respond.hpp"
#include "api/rest/route.hpp"
#include "api/tickets/ticket_json.hpp"
#include "winnow/domain/words.hpp"
#include "winnow/ports/delivery_store.hpp"
#include "winnow/ports/ticket_store.hpp"
#include "winnow/tickets/work.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace winnow::api {
namespace {

using http::Response;
using nlohmann::json;
using ports::TenantSession;

Result<ports::DeliveryCursor> read_cursor(const Cursor& parts)
{
    const auto created_us = number_in<std::int64_t>(parts[0]);
    const auto id = DeliveryId::parse(parts[1]);
    if (!created_us || !id) return bad_cursor();
    return ports::DeliveryCursor{.created_us = *created_us, .id = *id};
}

Result<Response> list_deliveries(const Call& call, TenantSession& session)
{
    const auto& head = call.request.head;
    const auto known = only_parameters(head, {"state[]", "ticket_id", "contact_id", "limit", "cursor"});
    if (!known) return known.error();
    const auto page = page_request(head, 2);
    if (!page) return page.error();
    ports::DeliveryFilter filter;
    auto states = word_parameter<domain::DeliveryState>(head, "state", &domain::parse_delivery_state,
                                                        domain::listed(domain::delivery_states()));
    if (!states) return states.error();
    filter.states = std::move(*states);
    const auto ticket = id_parameter<TicketId>(head, "ticket_id");
    if (!ticket) return ticket.error();
    filter.ticket_id = *ticket;
    const auto contact = id_parameter<ContactId>(head, "contact_id");
    if (!contact) return contact.error();
    filter.contact_id = *contact;
    Stretch<ports::DeliveryCursor> stretch{.limit = page->limit, .after = {}};
    if (!page->cursor.empty()) {
        const auto cursor = read_cursor(page->cursor);
        if (!cursor) return cursor.error();
        stretch.after = *cursor;
    }

    return page_response(
        head, stretch,
        [&](const auto& after, std::size_t most) { return session.deliveries().page(filter, after, most); },
        [](const ports::ListedDelivery& listed) { return delivery_json(listed.delivery); },
        [](const ports::ListedDelivery& listed) { return listed.place; },
        [](const ports::DeliveryCursor& place) { return Cursor{std::to_string(place.created_us), place.id.str()}; });
}

Result<Response> get_delivery(const Call& call, TenantSession& session)
{
    const auto id = call.id<DeliveryId>();
    if (!id) return id.error();
    const auto delivery = session.deliveries().find(*id);
    if (!delivery) return delivery.error();
    return json_response(200, delivery_json(*delivery));
}

Result<Response> retry_delivery(const Call& call, TenantSession& session)
{
    const auto id = call.id<DeliveryId>();
    if (!id) return id.error();
    const auto known = session.deliveries().find(*id);
    if (!known) return known.error();
    // The ticket first, as everybody else who changes a ticket and its deliveries locks them.
    auto tickets = session.tickets().lock({known->ticket_id});
    if (!tickets) return tickets.error();
    if (tickets->empty() && call.who.groups) {
        return Error(ErrorCode::permission_denied, "its ticket belongs to none of your management groups");
    }
    const auto delivery = session.deliveries().retry(*id);
    if (!delivery) return delivery.error();
    if (!tickets->empty()) {
        auto& ticket = tickets->front();
        const auto events =
            tickets::note_retry(ticket, *id, delivery->contact_id, {.actor = call.who.actor(), .at = call.now});
        if (const auto ok = session.tickets().store({{.ticket = ticket, .events = events}}); !ok) return ok.error();
    }
    if (call.services.outbox_changed) call.services.outbox_changed();
    return json_response(200, delivery_json(*delivery));
}

}  // namespace

std::vector<Route> delivery_routes()
{
    using enum access::Permission;
    return {
        {"GET", "/api/v1/deliveries", read_deliveries, "listDeliveries", &list_deliveries},
        {"GET", "/api/v1/deliveries/{id}", read_deliveries, "getDelivery", &get_delivery},
        {"POST", "/api/v1/deliveries/{id}/retry", retry_deliveries, "retryDelivery", &retry_delivery},
    };
}

}  // namespace winnow::api
