#include "api/tickets/ticket_query.hpp"

#include "api/rest/parameters.hpp"
#include "api/rest/problem.hpp"
#include "winnow/base/text.hpp"
#include "winnow/domain/words.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

namespace winnow::api {
namespace {

using ports::TicketCursor;
using ports::TicketFilter;
using ports::TicketOrder;

constexpr std::array<std::pair<std::string_view, TicketOrder>, 6> kSorts{{
    {"-opened_at", TicketOrder::newest},
    {"opened_at", TicketOrder::oldest},
    {"-severity", TicketOrder::most_severe},
    {"severity", TicketOrder::least_severe},
    {"-number", TicketOrder::highest_number},
    {"number", TicketOrder::lowest_number},
}};

constexpr std::string_view kLabelPrefix = "label.";
constexpr std::size_t kMaxLabelFilters = 16;

std::string_view word_of(TicketOrder order)
{
    for (const auto& [word, value] : kSorts) {
        if (value == order) return word;
    }
    return kSorts.front().first;
}

Result<TicketOrder> sort_of(const http::RequestHead& head)
{
    const auto text = head.query_parameter("sort");
    if (!text) return TicketOrder::newest;
    for (const auto& [word, order] : kSorts) {
        if (*text == word) return order;
    }
    return query_error("sort", "must be one of -opened_at, opened_at, -severity, severity, -number, number");
}

template <typename Number>
bool read_number(std::string_view text, Number& out)
{
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), out);
    return failure == std::errc() && end == text.data() + text.size();
}

Result<TicketCursor> read_cursor(const Cursor& parts, TicketOrder order)
{
    if (parts[0] != word_of(order)) {
        return query_error("cursor",
                           "belongs to sort=" + std::string(truncate_utf8(parts[0], 16)) + "; begin again without it");
    }
    const auto opened_at = parse_rfc3339(parts[1]);
    const auto severity = domain::parse_severity(parts[2]);
    const auto id = TicketId::parse(parts[4]);
    TicketCursor cursor;
    if (!opened_at || !severity || !id || !read_number(parts[3], cursor.number)) return bad_cursor();
    cursor.opened_at = *opened_at;
    cursor.severity = *severity;
    cursor.id = *id;
    return cursor;
}

Result<Done> read_assignee(const http::RequestHead& head, const access::Principal& who, TicketFilter& filter)
{
    const auto text = head.query_parameter("assignee");
    if (!text) return Done{};
    if (*text == "none") {
        filter.unassigned = true;
        return Done{};
    }
    filter.assignee = *text == "me" ? std::optional(who.user) : UserId::parse(*text);
    if (!filter.assignee) return query_error("assignee", "must be a user's id, 'me' or 'none'");
    return Done{};
}

Result<Done> read_labels(const http::RequestHead& head, TicketFilter& filter)
{
    for (auto& [name, value] : head.query_parameters()) {
        if (!name.starts_with(kLabelPrefix)) continue;
        if (!is_valid_utf8(name) || !is_valid_utf8(value)) return query_error("label", "must be UTF-8");
        filter.labels.emplace_back(name.substr(kLabelPrefix.size()), std::move(value));
    }
    if (filter.labels.size() > kMaxLabelFilters) {
        return query_error("label", "must not be given more than " + std::to_string(kMaxLabelFilters) + " times");
    }
    return Done{};
}

}  // namespace

bool is_shown(domain::TicketState state) noexcept
{
    return state != domain::TicketState::held && state != domain::TicketState::closed;
}

const std::vector<domain::TicketState>& shown_states()
{
    static const auto kShown = [] {
        std::vector<domain::TicketState> shown;
        std::ranges::copy_if(domain::ticket_states(), std::back_inserter(shown), is_shown);
        return shown;
    }();
    return kShown;
}

Result<TicketFilter> ticket_filter(const http::RequestHead& head, const access::Principal& who)
{
    TicketFilter filter;
    auto states = word_parameter<domain::TicketState>(head, "state", &domain::parse_ticket_state,
                                                      domain::listed(domain::ticket_states()));
    if (!states) return states.error();
    filter.states = std::move(*states);
    auto severities = word_parameter<domain::Severity>(head, "severity", &domain::parse_severity,
                                                       domain::listed(domain::severities()));
    if (!severities) return severities.error();
    filter.severities = std::move(*severities);
    auto services = listed_parameter(head, "service");
    if (!services) return services.error();
    filter.services = std::move(*services);
    if (const auto ok = read_assignee(head, who, filter); !ok) return ok.error();
    if (const auto ok = read_labels(head, filter); !ok) return ok.error();
    auto text = text_parameter(head, "q");
    if (!text) return text.error();
    filter.text = std::move(*text);
    const auto from = time_parameter(head, "from");
    if (!from) return from.error();
    const auto until = time_parameter(head, "to");
    if (!until) return until.error();
    filter.opened_from = *from;
    filter.opened_until = *until;
    return filter;
}

Result<TicketListRequest> ticket_list_request(const http::RequestHead& head, const access::Principal& who,
                                              const Cursor& cursor)
{
    TicketListRequest request;
    auto filter = ticket_filter(head, who);
    if (!filter) return filter.error();
    request.filter = std::move(*filter);
    if (request.filter.states.empty()) request.filter.states = shown_states();
    const auto order = sort_of(head);
    if (!order) return order.error();
    request.order = *order;
    if (!cursor.empty()) {
        const auto after = read_cursor(cursor, *order);
        if (!after) return after.error();
        request.after = *after;
    }
    return request;
}

ports::TicketCursor place_of(const domain::Ticket& ticket)
{
    return {.opened_at = ticket.opened_at, .severity = ticket.severity, .number = ticket.number, .id = ticket.id};
}

Cursor ticket_cursor(ports::TicketOrder order, const ports::TicketCursor& place)
{
    return {std::string(word_of(order)), format_rfc3339(place.opened_at), std::string(to_string(place.severity)),
            std::to_string(place.number), place.id.str()};
}

Cursor ticket_cursor(ports::TicketOrder order, const domain::Ticket& last)
{
    return ticket_cursor(order, place_of(last));
}

}  // namespace winnow::api
