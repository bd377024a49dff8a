#include "cli/tickets/find_ticket.hpp"

#include "winnow/base/uuid.hpp"
#include "winnow/domain/ticket.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <stdexcept>

namespace winnow::cli {

namespace {

constexpr int kMaxPages = 200;  // of 500 tickets, while looking for a number

/// `state=held,open,…`: without it those that are held or closed are left out.
std::string every_state()
{
    std::string words;
    for (const auto state : domain::ticket_states())
        words.append(words.empty() ? "state=" : ",").append(to_string(state));
    return words;
}

}  // namespace

std::string find_ticket(const Connection& connection, const std::string& name)
{
    const auto digits = name.starts_with('#') ? name.substr(1) : name;
    const bool is_number = !digits.empty() && digits.size() < 18 &&
                           std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
    if (!is_number) {
        if (Uuid::parse(name)) return name;
        throw WrongUsage('"' + name +
                         "\" is no ticket: give its number (12 or #12) or its id; `winnow ticket list` "
                         "lists those that are not closed");
    }
    const auto number = std::stol(digits);
    std::string cursor;
    for (int page = 0; page < kMaxPages; ++page) {
        const auto path = std::string("/api/v1/tickets?limit=500&sort=-number&") + every_state() + cursor;
        const auto answer = call_or_fail(connection, {.path = path}).json();
        for (const auto& ticket : answer.at("items")) {
            if (ticket.at("number").get<long>() == number) return ticket.at("id");
        }
        if (answer.at("next_cursor").is_null()) break;
        cursor = "&cursor=" + url_encode(answer.at("next_cursor"));
    }
    throw std::runtime_error(no_such(kTicketKind, '#' + digits));
}

}  // namespace winnow::cli
