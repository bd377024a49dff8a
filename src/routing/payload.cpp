#include "winnow/base/text.hpp"
#include "winnow/routing/plan.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace winnow::routing {

namespace {

using json = nlohmann::ordered_json;  // readers of logs and of raw bodies like `type` first

constexpr std::string_view kTypePrefix = "ticket.";

/// A severity change's own two words; the rest of an event's data is for the timeline.
json change_in(const domain::TicketEvent& event)
{
    if (event.kind != domain::TicketEventKind::severity_changed) return nullptr;
    const auto data = json::parse(event.data, nullptr, false);
    if (!data.is_object() || !data.contains("from") || !data.contains("to")) return nullptr;
    return {{"from", data["from"]}, {"to", data["to"]}};
}

}  // namespace

std::string render_payload(const domain::TicketEvent& event, const Subject& subject, const domain::Tenant& tenant)
{
    json message{{"type", std::string(kTypePrefix).append(to_string(event.kind))},
                 {"timestamp", format_rfc3339(event.at)},
                 {"tenant", tenant.service_code},
                 {"event_seq", event.seq},
                 {"ticket",
                  {{"id", subject.ticket_id.str()},
                   {"number", subject.number},
                   {"state", to_string(subject.state)},
                   {"severity", to_string(subject.severity)},
                   {"title", subject.title},
                   {"description", subject.description},
                   {"dedup_key", subject.dedup_key},
                   {"source", subject.source},
                   {"service", subject.service},
                   {"occurrences", subject.occurrences},
                   {"opened_at", format_rfc3339(subject.opened_at)},
                   {"last_seen_at", format_rfc3339(subject.last_seen_at)}}}};
    if (auto change = change_in(event); !change.is_null()) message["change"] = std::move(change);
    return message.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace winnow::routing
