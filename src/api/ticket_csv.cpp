#include "api/ticket_csv.hpp"

#include "winnow/base/time.hpp"

#include <initializer_list>

namespace winnow::api {
namespace {

constexpr std::string_view kHeader =
    "id,number,state,severity,priority,title,description,dedup_key,source,service,group,labels,assignee,due_at,"
    "occurrences,first_seen_at,last_seen_at,opened_at,acknowledged_at,recovered_at,closed_at,parent_id,suppressed,"
    "suppression_reason,cause,impact,measure,approver\r\n";

void append_line(std::string& out, std::initializer_list<std::string> texts)
{
    bool first = true;
    for (const auto& text : texts) {
        if (!first) out += ',';
        first = false;
        out += csv_cell(text);
    }
    out += "\r\n";
}

std::string time_text(const std::optional<Timestamp>& at)
{
    return at ? format_rfc3339(*at) : std::string();
}

template <typename Id>
std::string id_text(const std::optional<Id>& id)
{
    return id ? id->str() : std::string();
}

/// `env=prod region=eu`; what could be read in two ways is for the JSON lists.
std::string labels_text(const domain::Labels& labels)
{
    std::string out;
    for (const auto& [name, value] : labels.entries()) {
        if (!out.empty()) out += ' ';
        out += name + '=' + value;
    }
    return out;
}

}  // namespace

std::string csv_cell(std::string_view text)
{
    static constexpr std::string_view kFormula = "=+-@\t\r\n";
    std::string cell;
    if (!text.empty() && kFormula.find(text.front()) != std::string_view::npos) cell += '\'';
    cell += text;
    if (cell.find_first_of(",\"\r\n") == std::string::npos) return cell;
    std::string quoted = "\"";
    for (const char c : cell) {
        if (c == '"') quoted += '"';
        quoted += c;
    }
    return quoted + '"';
}

std::string tickets_csv(const std::vector<domain::Ticket>& tickets)
{
    std::string out(kHeader);
    for (const auto& t : tickets) {
        append_line(out, {t.id.str(),
                          std::to_string(t.number),
                          std::string(to_string(t.state)),
                          std::string(to_string(t.severity)),
                          t.priority,
                          t.title,
                          t.description,
                          t.dedup_key,
                          t.source,
                          t.service,
                          t.group,
                          labels_text(t.labels),
                          id_text(t.assignee),
                          time_text(t.due_at),
                          std::to_string(t.occurrences),
                          format_rfc3339(t.first_seen_at),
                          format_rfc3339(t.last_seen_at),
                          format_rfc3339(t.opened_at),
                          time_text(t.acknowledged_at),
                          time_text(t.recovered_at),
                          time_text(t.closed_at),
                          id_text(t.parent_id),
                          t.suppressed ? "true" : "false",
                          t.suppression_reason,
                          t.cause,
                          t.impact,
                          t.measure,
                          t.approver});
    }
    return out;
}

}  // namespace winnow::api
