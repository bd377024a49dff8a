#include "winnow/routing/message.hpp"

#include "winnow/base/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace winnow::routing {

namespace {

using nlohmann::json;

constexpr std::size_t kMaxSubjectBytes = 250;
constexpr std::string_view kTypePrefix = "ticket.";

std::string text_at(const json& object, const char* name)
{
    const auto found = object.find(name);
    if (found == object.end()) return {};
    if (found->is_string()) return found->get<std::string>();
    return found->is_number_integer() ? found->dump() : std::string{};
}

/// The event's kind that a message tells of.
std::string kind_of(const json& message)
{
    auto kind = text_at(message, "type");
    if (kind.starts_with(kTypePrefix)) kind.erase(0, kTypePrefix.size());
    return kind;
}

Message::Ticket read_ticket(const json& ticket)
{
    return {.id = text_at(ticket, "id"),
            .number = text_at(ticket, "number"),
            .state = text_at(ticket, "state"),
            .severity = text_at(ticket, "severity"),
            .title = text_at(ticket, "title"),
            .description = text_at(ticket, "description"),
            .dedup_key = text_at(ticket, "dedup_key"),
            .source = text_at(ticket, "source"),
            .service = text_at(ticket, "service"),
            .occurrences = text_at(ticket, "occurrences"),
            .opened_at = text_at(ticket, "opened_at"),
            .last_seen_at = text_at(ticket, "last_seen_at")};
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

std::string body_text(const Message& message)
{
    const auto& ticket = message.ticket;
    auto text = one_line(headline(message.kind) + ticket.title) + "\n\n";
    append_line(text, "Severity",
                message.change ? message.change->from + " -> " + message.change->to : ticket.severity);
    append_line(text, "State", ticket.state);
    append_line(text, "Source", ticket.source);
    append_line(text, "Service", ticket.service);
    append_line(text, "Dedup key", ticket.dedup_key);
    append_line(text, "Occurrences", ticket.occurrences);
    append_line(text, "Opened", ticket.opened_at);
    append_line(text, "Last seen", ticket.last_seen_at);
    append_line(text, "This message", message.timestamp);
    append_line(text, "Ticket", "#" + ticket.number + " (" + ticket.id + ")");
    append_line(text, "Tenant", message.tenant);
    const auto description = on_its_lines(ticket.description);
    if (!description.empty()) text += "\n" + description + "\n";
    if (!message.overtook.empty()) {
        text += "\nEarlier messages about it did not get through:\n";
        for (const auto& each : message.overtook) {
            text += "  " + one_line(each.timestamp) + "  " + one_line(each.kind) + "\n";
        }
    }
    const auto number = one_line(ticket.number);
    text += message.kind == "recovered"
                ? "\nIts trouble is over. Look back at it: winnow ticket show " + number + "\n"
                : "\nLook at it:  winnow ticket show " + number + "\nTake it on:  winnow ticket ack " + number + "\n";
    return text;
}

}  // namespace

std::optional<Message> read_message(std::string_view payload)
{
    const auto document = json::parse(payload, nullptr, false);
    if (!document.is_object() || !document.contains("ticket") || !document["ticket"].is_object()) return std::nullopt;
    Message message{.kind = kind_of(document),
                    .timestamp = text_at(document, "timestamp"),
                    .tenant = text_at(document, "tenant"),
                    .ticket = read_ticket(document["ticket"])};
    if (const auto change = document.find("change"); change != document.end() && change->is_object()) {
        message.change = Message::Change{.from = text_at(*change, "from"), .to = text_at(*change, "to")};
    }
    if (const auto earlier = document.find("overtook"); earlier != document.end() && earlier->is_array()) {
        for (const auto& each : *earlier) {
            message.overtook.push_back({.kind = kind_of(each), .timestamp = text_at(each, "timestamp")});
        }
    }
    return message;
}

std::string subject_line(const Message& message)
{
    auto subject = "[#" + message.ticket.number + " " + upper(message.ticket.severity) + "] " + headline(message.kind) +
                   message.ticket.title;
    subject = one_line(subject);
    if (subject.size() <= kMaxSubjectBytes) return subject;
    return std::string(truncate_utf8(subject, kMaxSubjectBytes - 3)) + "...";
}

Mail render_mail(const Message& message)
{
    return {subject_line(message), body_text(message)};
}

Mail render_mail(const std::string& payload)
{
    if (const auto message = read_message(payload)) return render_mail(*message);
    return {"Winnow: a message that cannot be shown",
            "The message of this notification cannot be read. See the "
            "ticket list: winnow ticket list\n"};
}

}  // namespace winnow::routing
