#include "winnow/base/text.hpp"
#include "winnow/routing/plan.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace winnow::routing {

namespace {

using json = nlohmann::ordered_json;  // readers of logs and of raw bodies like `type` first

constexpr std::size_t kMaxSubjectBytes = 250;
constexpr std::string_view kTypePrefix = "ticket.";

/// A severity change's own two words; the rest of an event's data is for the timeline.
json change_in(const domain::TicketEvent& event)
{
    if (event.kind != domain::TicketEventKind::severity_changed) return nullptr;
    const auto data = json::parse(event.data, nullptr, false);
    if (!data.is_object() || !data.contains("from") || !data.contains("to")) return nullptr;
    return {{"from", data["from"]}, {"to", data["to"]}};
}

std::string text_at(const json& object, const char* name)
{
    const auto found = object.find(name);
    if (found == object.end()) return {};
    if (found->is_string()) return found->get<std::string>();
    return found->is_number_integer() ? found->dump() : std::string{};
}

/// On one line, whatever a sender put into it: a header made of it cannot break out.
std::string one_line(std::string_view text)
{
    return shown_text(text);
}

std::string upper(std::string word)
{
    std::ranges::transform(word, word.begin(),
                           [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    return word;
}

/// What happened, in words for a person; "" for an opening, which needs none.
std::string headline(std::string_view kind)
{
    if (kind == "opened") return {};
    if (kind == "reopened") return "Reopened: ";
    if (kind == "recovered") return "Recovered: ";
    if (kind == "severity_changed") return "Severity raised: ";
    if (kind == "flapping_started") return "Comes and goes: ";
    if (kind == "flapping_settled") return "Still there: ";
    return std::string(kind) + ": ";
}

/// The event's kind that a message tells of.
std::string kind_of(const json& message)
{
    auto kind = text_at(message, "type");
    if (kind.starts_with(kTypePrefix)) kind.erase(0, kTypePrefix.size());
    return kind;
}

std::string subject_line(std::string_view kind, const json& ticket)
{
    auto subject = "[#" + text_at(ticket, "number") + " " + upper(text_at(ticket, "severity")) + "] " + headline(kind) +
                   text_at(ticket, "title");
    subject = one_line(subject);
    if (subject.size() <= kMaxSubjectBytes) return subject;
    return std::string(truncate_utf8(subject, kMaxSubjectBytes - 3)) + "...";
}

void append_line(std::string& text, std::string_view name, const std::string& value)
{
    if (value.empty()) return;
    text.append(name).append(": ");
    text.append(std::max<std::size_t>(15, name.size() + 2) - name.size() - 2, ' ');
    text.append(one_line(value)).append("\n");
}

/// Its lines as they are, and nothing in them that a reader's terminal would obey.
std::string on_its_lines(std::string text)
{
    std::erase(text, '\r');
    return shown_text(text, LineFeeds::kept);
}

std::string body_text(std::string_view kind, const json& message, const json& ticket)
{
    auto text = one_line(headline(kind) + text_at(ticket, "title")) + "\n\n";
    const auto change = message.find("change");
    if (change != message.end() && change->is_object()) {
        append_line(text, "Severity", text_at(*change, "from") + " -> " + text_at(*change, "to"));
    } else {
        append_line(text, "Severity", text_at(ticket, "severity"));
    }
    append_line(text, "State", text_at(ticket, "state"));
    append_line(text, "Source", text_at(ticket, "source"));
    append_line(text, "Service", text_at(ticket, "service"));
    append_line(text, "Dedup key", text_at(ticket, "dedup_key"));
    append_line(text, "Occurrences", text_at(ticket, "occurrences"));
    append_line(text, "Opened", text_at(ticket, "opened_at"));
    append_line(text, "Last seen", text_at(ticket, "last_seen_at"));
    append_line(text, "This message", text_at(message, "timestamp"));
    append_line(text, "Ticket", "#" + text_at(ticket, "number") + " (" + text_at(ticket, "id") + ")");
    append_line(text, "Tenant", text_at(message, "tenant"));
    const auto description = on_its_lines(text_at(ticket, "description"));
    if (!description.empty()) text += "\n" + description + "\n";
    if (const auto earlier = message.find("overtook"); earlier != message.end() && earlier->is_array()) {
        text += "\nEarlier messages about it did not get through:\n";
        for (const auto& each : *earlier) {
            text += "  " + one_line(text_at(each, "timestamp")) + "  " + one_line(kind_of(each)) + "\n";
        }
    }
    const auto number = one_line(text_at(ticket, "number"));
    text += kind == "recovered"
                ? "\nIts trouble is over. Look back at it: winnow ticket show " + number + "\n"
                : "\nLook at it:  winnow ticket show " + number + "\nTake it on:  winnow ticket ack " + number + "\n";
    return text;
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

Mail render_mail(const std::string& payload)
{
    const auto message = json::parse(payload, nullptr, false);
    if (!message.is_object() || !message.contains("ticket") || !message["ticket"].is_object()) {
        return {"Winnow: a message that cannot be shown",
                "The message of this notification cannot be read. See the "
                "ticket list: winnow ticket list\n"};
    }
    const auto kind = kind_of(message);
    const auto& ticket = message["ticket"];
    return {subject_line(kind, ticket), body_text(kind, message, ticket)};
}

}  // namespace winnow::routing
