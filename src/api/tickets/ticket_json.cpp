#include "api/tickets/ticket_json.hpp"

#include "api/rest/json_body.hpp"
#include "winnow/domain/one_line.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <string_view>
#include <utility>

namespace winnow::api {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxTitle = 1'024;
constexpr std::size_t kMaxPriority = 64;
constexpr std::size_t kMaxReport = 16'384;  // cause, impact, measure
constexpr std::size_t kMaxApprover = 254;

template <typename Id>
json id_or_null(const std::optional<Id>& id)
{
    return id ? json(id->str()) : json(nullptr);
}

/// What triage and transitions own.
constexpr std::array<std::string_view, 20> kReadOnly{
    "id",           "number",    "state",       "description",   "dedup_key",          "source",    "service",
    "labels",       "group",     "occurrences", "first_seen_at", "last_seen_at",       "opened_at", "acknowledged_at",
    "recovered_at", "closed_at", "parent_id",   "suppressed",    "suppression_reason", "version"};

std::string why_read_only(std::string_view name)
{
    if (name == "state") return "cannot be patched; POST to the ticket's transitions";
    if (name == "parent_id") return "cannot be patched; PUT or DELETE the ticket's parent";
    return "cannot be changed";
}

json parsed_object(const std::string& text)
{
    auto value = json::parse(text, nullptr, /*allow_exceptions=*/false);
    return value.is_object() ? value : json::object();
}

}  // namespace

json time_json(const std::optional<Timestamp>& at)
{
    return at ? json(format_rfc3339(*at)) : json(nullptr);
}

json ticket_json(const domain::Ticket& ticket)
{
    auto labels = json::object();
    for (const auto& [name, value] : ticket.labels.entries()) labels[name] = value;
    return {{"id", ticket.id.str()},
            {"number", ticket.number},
            {"state", to_string(ticket.state)},
            {"severity", to_string(ticket.severity)},
            {"priority", ticket.priority},
            {"title", ticket.title},
            {"description", ticket.description},
            {"dedup_key", ticket.dedup_key},
            {"source", ticket.source},
            {"service", ticket.service},
            {"labels", std::move(labels)},
            {"assignee", id_or_null(ticket.assignee)},
            {"group", ticket.group},
            {"due_at", time_json(ticket.due_at)},
            {"occurrences", ticket.occurrences},
            {"first_seen_at", format_rfc3339(ticket.first_seen_at)},
            {"last_seen_at", format_rfc3339(ticket.last_seen_at)},
            {"opened_at", format_rfc3339(ticket.opened_at)},
            {"acknowledged_at", time_json(ticket.acknowledged_at)},
            {"recovered_at", time_json(ticket.recovered_at)},
            {"closed_at", time_json(ticket.closed_at)},
            {"parent_id", id_or_null(ticket.parent_id)},
            {"suppressed", ticket.suppressed},
            {"suppression_reason", ticket.suppression_reason},
            {"cause", ticket.cause},
            {"impact", ticket.impact},
            {"measure", ticket.measure},
            {"approver", ticket.approver},
            {"version", ticket.version}};
}

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

Result<TicketEdit> read_ticket_patch(const domain::Ticket& ticket, const json& patch)
{
    const auto current = ticket_json(ticket);
    const auto merged = merge_patch(current, patch);
    FieldReader fields(merged);
    TicketEdit edit;
    if (auto title = fields.text("title", {1, kMaxTitle}, Need::required)) {
        // One that is not edited stays as it is, whatever an earlier version let through.
        edit.title = *title == ticket.title ? *std::move(title) : domain::one_line(*title);
        if (edit.title.empty()) fields.error("title", "must hold something that can be seen");
    }
    edit.priority = fields.text("priority", {0, kMaxPriority}).value_or("");
    const auto severity = fields.word("severity", {"critical", "error", "warning", "info"}, Need::required);
    if (severity) edit.severity = domain::parse_severity(*severity).value_or(ticket.severity);
    edit.assignee = fields.id<UserId>("assignee");
    edit.due_at = fields.timestamp("due_at");
    edit.cause = fields.text("cause", {0, kMaxReport}).value_or("");
    edit.impact = fields.text("impact", {0, kMaxReport}).value_or("");
    edit.measure = fields.text("measure", {0, kMaxReport}).value_or("");
    edit.approver = fields.text("approver", {0, kMaxApprover}).value_or("");
    for (const auto name : kReadOnly) {
        // A null in the patch removes the member, and null is what an absent one reads as.
        if (merged.value(name, json()) != current.value(name, json())) fields.error(name, why_read_only(name));
        fields.read_only({name});
    }
    if (const auto ok = fields.finish(); !ok) return ok.error();
    return edit;
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
