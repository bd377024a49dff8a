#include "api/tickets/ticket_csv.hpp"

#include "winnow/base/text.hpp"
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

/// What makes a formula of a cell, in full width too, which spreadsheets set for East Asia take for the same.
bool begins_formula(char32_t point)
{
    static constexpr std::u32string_view kSigns = U"=+-@\uFF1D\uFF0B\uFF0D\uFF20";
    return kSigns.contains(point);
}

/// What ends a cell for a reader that splits at semicolons or tabs, to whom our quotes in the middle mean nothing.
bool is_separator(char32_t point)
{
    return point == U';' || point == U'\t' || point == U'\r' || point == U'\n';
}

/// What a reader may leave out at a cell's beginning.
bool is_passed_over(char32_t point)
{
    return point == U' ' || point == U'\u00A0' || point == U'\u3000' || point == U'"' || is_hidden(point);
}

}  // namespace

std::string csv_cell(std::string_view text)
{
    std::string cell;
    bool at_start = true;  // of what some spreadsheet takes for a cell
    bool is_first = true;
    while (!text.empty()) {
        const auto [point, bytes] = first_code_point(text);
        if (at_start && (begins_formula(point) || (is_first && is_separator(point)))) {
            // Before the blanks that stand before it, if it is the first: that is where the quote counts.
            if (is_first) {
                cell.insert(cell.begin(), '\'');
            } else {
                cell += '\'';
            }
        }
        if (is_separator(point)) {
            at_start = true;
            is_first = false;
        } else if (!is_passed_over(point)) {
            at_start = false;
            is_first = false;
        }
        cell += text.substr(0, bytes);
        text.remove_prefix(bytes);
    }
    // Semicolons and tabs: where a spreadsheet splits at them, too, the quotes hold the cell together.
    if (cell.find_first_of(",;\t\"\r\n") == std::string::npos) return cell;
    std::string quoted = "\"";
    for (const char c : cell) {
        if (c == '"') quoted += '"';
        quoted += c;
    }
    return quoted + '"';
}

std::size_t least_csv_bytes(const domain::Ticket& t)
{
    auto bytes = t.title.size() + t.description.size() + t.cause.size() + t.impact.size() + t.measure.size();
    for (const auto& [name, value] : t.labels.entries()) bytes += name.size() + value.size();
    return bytes;
}

TicketsCsv tickets_csv(const std::vector<domain::Ticket>& tickets, std::size_t most_bytes)
{
    TicketsCsv csv{.text = std::string(kHeader), .lines = 0};
    auto& out = csv.text;
    for (const auto& t : tickets) {
        const auto before = out.size();
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
        if (csv.lines > 0 && out.size() > most_bytes) {
            out.resize(before);
            break;
        }
        ++csv.lines;
    }
    return csv;
}

}  // namespace winnow::api
