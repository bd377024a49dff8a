#include "api/tickets/ticket_csv.hpp"

#include "winnow/base/text.hpp"
#include "winnow/base/time.hpp"
#include "winnow/tickets/ticket_fields.hpp"

#include <algorithm>
#include <concepts>
#include <optional>
#include <variant>

namespace winnow::api {
namespace {

std::string cell_text(TicketId id)
{
    return id.str();
}

std::string cell_text(std::integral auto number)
{
    return std::to_string(number);
}

std::string cell_text(bool flag)
{
    return flag ? "true" : "false";
}

std::string cell_text(const std::string& text)
{
    return text;
}

std::string cell_text(domain::TicketState state)
{
    return std::string(to_string(state));
}

std::string cell_text(domain::Severity severity)
{
    return std::string(to_string(severity));
}

std::string cell_text(Timestamp at)
{
    return format_rfc3339(at);
}

std::string cell_text(const std::optional<Timestamp>& at)
{
    return at ? format_rfc3339(*at) : std::string();
}

template <typename Id>
std::string cell_text(const std::optional<Id>& id)
{
    return id ? id->str() : std::string();
}

/// `env=prod region=eu`; what could be read in two ways is for the JSON lists.
std::string cell_text(const domain::Labels& labels)
{
    std::string out;
    for (const auto& [name, value] : labels.entries()) {
        if (!out.empty()) out += ' ';
        out += name + '=' + value;
    }
    return out;
}

std::string cell_text(const std::vector<ContactGroupId>& groups)
{
    std::string out;
    for (const auto& group : groups) out += (out.empty() ? "" : " ") + group.str();
    return out;
}

/// Those of a ticket's fields that are columns, in their order.
const std::vector<const tickets::TicketField*>& columns()
{
    static const auto kColumns = [] {
        std::vector<const tickets::TicketField*> fields;
        for (const auto& field : tickets::ticket_fields()) {
            if (field.csv > 0) fields.push_back(&field);
        }
        std::ranges::sort(fields, {}, &tickets::TicketField::csv);
        return fields;
    }();
    return kColumns;
}

/// A line of what `cell` gives of each column.
template <typename Cell>
void append_line(std::string& out, Cell cell)
{
    bool first = true;
    for (const auto* field : columns()) {
        if (!first) out += ',';
        first = false;
        out += cell(*field);
    }
    out += "\r\n";
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

std::string tickets_csv(const std::vector<domain::Ticket>& tickets, bool with_header)
{
    std::string out;
    if (with_header) append_line(out, [](const auto& field) { return field.name; });
    for (const auto& ticket : tickets) {
        append_line(out, [&](const auto& field) {
            return csv_cell(std::visit([&](auto at) { return cell_text(ticket.*at); }, field.member));
        });
    }
    return out;
}

}  // namespace winnow::api
