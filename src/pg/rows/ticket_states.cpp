#include "pg/rows/ticket_states.hpp"

namespace winnow::pg {

namespace {

using domain::TicketState;

template <typename Predicate>
std::string list_of(Predicate holds)
{
    std::string list;
    for (const auto state : domain::ticket_states()) {
        if (holds(state)) list.append(list.empty() ? "(" : ", ").append(sql_word(state));
    }
    return list + ')';
}

bool is_ended(TicketState state)
{
    return !domain::is_live(state);
}

/// Live, and over once its end is noted.
bool may_be_over(TicketState state)
{
    return domain::is_live(state) && domain::is_over(state, Timestamp{});
}

}  // namespace

const std::string& sql_ended_states()
{
    static const auto kList = list_of(is_ended);
    return kList;
}

std::string sql_is_live(std::string_view tickets)
{
    return std::string(tickets).append(".state not in ").append(sql_ended_states());
}

std::string sql_is_over(std::string_view tickets)
{
    const std::string table(tickets);
    return '(' + table + ".state in " + sql_ended_states() + " or " + table + ".recovered_at is not null and " + table +
           ".state in " + list_of(may_be_over) + ')';
}

}  // namespace winnow::pg
