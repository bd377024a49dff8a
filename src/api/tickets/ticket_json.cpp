#include "api/tickets/ticket_json.hpp"

#include "api/rest/respond.hpp"

#include <nlohmann/json.hpp>

namespace winnow::api {
namespace {

using nlohmann::json;

json parsed_object(const std::string& text)
{
    auto value = json::parse(text, nullptr, /*allow_exceptions=*/false);
    return value.is_object() ? value : json::object();
}

}  // namespace

json timeline_json(const domain::TicketEvent& event)
{
    return {{"seq", event.seq},
            {"kind", to_string(event.kind)},
            {"at", format_rfc3339(event.at)},
            {"actor", event.actor},
            {"data", parsed_object(event.data)}};
}

json comment_json(const domain::TicketEvent& event)
{
    return {{"id", event.ticket_id.str() + "." + std::to_string(event.seq)},
            {"ticket_id", event.ticket_id.str()},
            {"text", parsed_object(event.data).value("text", "")},
            {"author", event.actor},
            {"created_at", format_rfc3339(event.at)}};
}

json delivery_json(const domain::Delivery& delivery)
{
    json document{{"id", delivery.id.str()},
                  {"ticket_id", delivery.ticket_id.str()},
                  {"event_seq", delivery.event_seq},
                  {"event", delivery.event_kind},
                  {"contact_id", delivery.contact_id.str()},
                  {"state", to_string(delivery.state)},
                  {"attempts", delivery.attempts},
                  {"created_at", format_rfc3339(delivery.created_at)},
                  {"next_attempt_at", nullptr},
                  {"finished_at", time_json(delivery.finished_at)},
                  {"last_status", nullptr},
                  {"last_error", nullptr},
                  {"superseded_by", nullptr}};
    if (delivery.superseded_by) document["superseded_by"] = delivery.superseded_by->str();
    if (delivery.state == domain::DeliveryState::pending || delivery.state == domain::DeliveryState::sending) {
        document["next_attempt_at"] = format_rfc3339(delivery.next_attempt_at);
    }
    if (delivery.last_status != 0) document["last_status"] = delivery.last_status;
    if (!delivery.last_error.empty()) document["last_error"] = delivery.last_error;
    if (!delivery.payload.empty()) document["message"] = parsed_object(delivery.payload);
    return document;
}

}  // namespace winnow::api
