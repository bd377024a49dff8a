/// @file
/// What else of IIJ's UOM API there is than SendAlert (src/intake/senders/uom/): reading a ticket, in REST style.

#include "api/rest/json_body.hpp"
#include "api/rest/respond.hpp"
#include "api/rest/route.hpp"
#include "winnow/ports/ticket_store.hpp"
#include "winnow/ports/user_store.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace winnow::api {
namespace {

using domain::Ticket;
using domain::TicketState;
using http::Response;
using nlohmann::json;
using ports::TenantSession;

/// Before a ticket's number.
constexpr std::string_view kTicketPrefix = "UTM";
constexpr std::size_t kMaxCode = 40;
constexpr std::size_t kMaxTicketId = 15;

/// The words of that API.
std::string_view word_of(TicketState state) noexcept
{
    switch (state) {
        case TicketState::held:
        case TicketState::open: return "未対応";
        case TicketState::in_progress: return "対応中";
        case TicketState::recovered: return "復旧済み";
        case TicketState::close_requested: return "クローズ承認待ち";
        case TicketState::returned: return "差し戻し";
        case TicketState::closed: return "クローズ";
    }
    return "未対応";
}

/// YYYYMMDDhhmmss in the time of Japan; "" for none.
std::string time_of(const std::optional<Timestamp>& at)
{
    constexpr std::chrono::hours kAhead{9};
    if (!at) return "";
    std::string digits;
    for (const char c : format_rfc3339(std::chrono::floor<std::chrono::seconds>(*at + kAhead))) {
        if (c == '.') break;
        if (c >= '0' && c <= '9') digits += c;
    }
    return digits;
}

std::string ticket_id_of(std::int64_t number)
{
    return std::string(kTicketPrefix) + std::to_string(number);
}

std::optional<std::int64_t> number_of(std::string_view ticket_id)
{
    if (!ticket_id.starts_with(kTicketPrefix)) return std::nullopt;
    const auto digits = ticket_id.substr(kTicketPrefix.size());
    std::int64_t number = 0;
    const auto [end, wrong] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (wrong != std::errc() || end != digits.data() + digits.size() || number < 1) return std::nullopt;
    return number;
}

Result<Ticket> find_ticket(TenantSession& session, std::int64_t number)
{
    // The first of those that are not above it.
    ports::TicketCursor above;
    above.number = number + 1;
    auto found = session.tickets().page({}, ports::TicketOrder::highest_number, above, 1);
    if (!found) return found.error();
    if (found->empty() || found->front().number != number)
        return Error(ErrorCode::not_found, "there is no such ticket");
    return std::move(found->front());
}

/// "" where nobody has it.
Result<std::string> assignee_of(TenantSession& session, const Ticket& ticket)
{
    if (!ticket.assignee) return std::string();
    auto user = session.users().find(*ticket.assignee);
    if (!user) return user.error();
    return std::move(user->name);
}

/// "" where it has none, or one that who asks does not see.
Result<std::string> master_of(TenantSession& session, const Ticket& ticket)
{
    if (!ticket.parent_id) return std::string();
    const auto parent = session.tickets().find(*ticket.parent_id);
    if (!parent && parent.error().code() == ErrorCode::not_found) return std::string();
    if (!parent) return parent.error();
    return ticket_id_of(parent->number);
}

/// GetTicketDetail: a ticket by its number, as far as ours have what theirs have.
Result<Response> ticket_detail(const Call& call, TenantSession& session)
{
    const auto document = read_object(call.request);
    if (!document) return document.error();
    FieldReader fields(*document);
    const auto ticket_id = fields.text("TicketId", {1, kMaxTicketId}, Need::required).value_or("");
    const auto code = fields.text("ServiceCode", {1, kMaxCode}, Need::required).value_or("");
    static_cast<void>(fields.text("MasterID", {0, kMaxCode}));  // who asks is told by his access key
    const auto number = number_of(ticket_id);
    if (!ticket_id.empty() && !number) fields.error("TicketId", "must be UTM and a ticket's number");
    if (!code.empty() && code != call.who.service_code) fields.error("ServiceCode", "is not that of the access key");
    if (const auto read = fields.finish(); !read) return read.error();
    const auto ticket = find_ticket(session, *number);
    if (!ticket) return ticket.error();
    const auto assignee = assignee_of(session, *ticket);
    if (!assignee) return assignee.error();
    const auto master = master_of(session, *ticket);
    if (!master) return master.error();
    return json_response(200, {{"StatusCode", "200"},
                               {"RequestId", call.request.head.request_id},
                               {"Result",
                                {{"Title", ticket->title},
                                 {"StateCode", word_of(ticket->state)},
                                 {"SubStateCode", ""},
                                 {"TicketId", ticket_id_of(ticket->number)},
                                 {"MasterTicketId", *master},
                                 {"Priority", ticket->priority},
                                 {"SupportedGroup", "お客様"},
                                 {"AssignUser", *assignee},
                                 {"CorrespondLimitDate", time_of(ticket->due_at)}}}});
}

}  // namespace

std::vector<Route> uom_routes()
{
    using enum access::Permission;
    return {
        {"POST", "/uom/r/{version}/GetTicketDetail.json", read_tickets, "getUomTicketDetail", ticket_detail},
    };
}

}  // namespace winnow::api
