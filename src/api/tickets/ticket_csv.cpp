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

}  // namespace

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
