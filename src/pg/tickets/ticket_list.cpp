#include "pg/tickets/ticket_list.hpp"

#include "pg/rows/array_literal.hpp"
#include "pg/rows/narrowing.hpp"
#include "pg/rows/values.hpp"
#include "pg/search/candidates.hpp"

#include <nlohmann/json.hpp>

#include <string_view>
#include <vector>

namespace winnow::pg {
namespace {

using ports::TicketCursor;
using ports::TicketFilter;
using ports::TicketOrder;

/// $1 to $11, and $12 where candidates are known. The values are known when PostgreSQL plans (unnamed statements): what
/// was not asked for costs nothing. A description is cut as search_body() cuts it for the index: both find the same.
const auto kWhere = R"sql(
 from tickets t
where t.tenant_id = $1::uuid
  and ($2::text[] is null or t.state = any($2::text[]))
  and ($3::smallint[] is null or t.severity = any($3::smallint[]))
  and ($4::text[] is null or t.service = any($4::text[]))
  and ($5::uuid is null or t.assignee = $5::uuid)
  and (not $6::boolean or t.assignee is null)
  and ($7::jsonb[] is null or t.labels @> all($7::jsonb[]))
  and ($8::text is null or strpos(lower(t.title), lower($8::text)) > 0
                        or strpos(lower(left(t.description, 8192)), lower($8::text)) > 0
                        or strpos(lower(t.dedup_key), lower($8::text)) > 0)
  and ($9::timestamptz is null or t.opened_at >= $9::timestamptz)
  and ($10::timestamptz is null or t.opened_at < $10::timestamptz)
  and )sql" + seen_ticket_sql("t", 11);

/// Follows kWhere where the index has named all tickets that may match.
constexpr auto kAmong = " and t.ticket_id = any($12::uuid[]) ";

/// Of all that there are, where nobody is narrowed: an index alone answers, which a policy on columns keeps from doing
/// so.
constexpr auto kCountAll = "select of_state, of_severity, number from count_all_tickets($1)";

constexpr auto kAnybody = " and $12::uuid[] is null ";

template <typename Values>
std::optional<std::string> array_or_null(const Values& values)
{
    if (values.empty()) return std::nullopt;
    return array_of(values);
}

Arguments where_parameters(TenantId tenant, const access::Groups& groups, const TicketFilter& filter)
{
    std::vector<std::string_view> states;
    for (const auto state : filter.states) states.push_back(to_string(state));
    std::vector<int> severities;
    for (const auto severity : filter.severities) severities.push_back(static_cast<int>(severity));
    std::vector<std::string> labels;
    for (const auto& [name, value] : filter.labels) labels.push_back(nlohmann::json{{name, value}}.dump());
    Arguments parameters;
    parameters.add(tenant);
    parameters.add(array_or_null(states));
    parameters.add(array_or_null(severities));
    parameters.add(array_or_null(filter.services));
    parameters.add(filter.assignee);
    parameters.add(filter.unassigned);
    parameters.add(array_or_null(labels));
    parameters.add(filter.text.empty() ? std::nullopt : std::optional(filter.text));
    parameters.add(filter.opened_from);
    parameters.add(filter.opened_until);
    parameters.add(narrowed_to(groups));
    return parameters;
}

/// What follows kWhere in each order: from $13 on the cursor, then the limit. Each fits an index of its own, so a page
/// far down costs what the first one costs.
struct Order {
    const char* first;  ///< Without a cursor.
    const char* next;
};

Order order_sql(TicketOrder order)
{
    switch (order) {
        case TicketOrder::newest:
            return {"order by t.opened_at desc, t.ticket_id desc limit $13::bigint",
                    "and (t.opened_at, t.ticket_id) < ($13::timestamptz, $14::uuid) "
                    "order by t.opened_at desc, t.ticket_id desc limit $15::bigint"};
        case TicketOrder::oldest:
            return {"order by t.opened_at, t.ticket_id limit $13::bigint",
                    "and (t.opened_at, t.ticket_id) > ($13::timestamptz, $14::uuid) "
                    "order by t.opened_at, t.ticket_id limit $15::bigint"};
        case TicketOrder::most_severe:
            return {"order by t.severity desc, t.opened_at desc, t.ticket_id desc limit $13::bigint",
                    "and (t.severity, t.opened_at, t.ticket_id) < ($13::smallint, $14::timestamptz, $15::uuid) "
                    "order by t.severity desc, t.opened_at desc, t.ticket_id desc limit $16::bigint"};
        case TicketOrder::least_severe:
            return {"order by t.severity, t.opened_at, t.ticket_id limit $13::bigint",
                    "and (t.severity, t.opened_at, t.ticket_id) > ($13::smallint, $14::timestamptz, $15::uuid) "
                    "order by t.severity, t.opened_at, t.ticket_id limit $16::bigint"};
        case TicketOrder::highest_number:
            return {"order by t.number desc limit $13::bigint",
                    "and t.number < $13::bigint order by t.number desc limit $14::bigint"};
        case TicketOrder::lowest_number:
            return {"order by t.number limit $13::bigint",
                    "and t.number > $13::bigint order by t.number limit $14::bigint"};
    }
    return order_sql(TicketOrder::newest);
}

void add_cursor(Arguments& parameters, TicketOrder order, const TicketCursor& after)
{
    if (order == TicketOrder::highest_number || order == TicketOrder::lowest_number) {
        parameters.add(after.number);
        return;
    }
    if (order == TicketOrder::most_severe || order == TicketOrder::least_severe) {
        parameters.add(static_cast<int>(after.severity));
    }
    parameters.add(after.opened_at);
    parameters.add(after.id);
}

/// Whether every ticket passes.
bool is_all(const TicketFilter& filter)
{
    return filter.states.empty() && filter.severities.empty() && filter.services.empty() && !filter.assignee &&
           !filter.unassigned && filter.labels.empty() && filter.text.empty() && !filter.opened_from &&
           !filter.opened_until;
}

/// Asks the index for what the filter's text and labels leave, and adds it as $12. Returns what uses it.
const char* add_candidates(pqxx::transaction_base& tx, const TicketFilter& filter, Arguments& parameters)
{
    const auto found = find_candidates(tx, filter);
    parameters.add(found ? std::optional(array_of(*found)) : std::nullopt);
    return found ? kAmong : kAnybody;
}

}  // namespace

pqxx::result list_tickets(pqxx::transaction_base& tx, TenantId tenant, const access::Groups& groups,
                          const std::string& columns, const TicketFilter& filter, TicketOrder order,
                          const std::optional<TicketCursor>& after, std::size_t limit)
{
    auto parameters = where_parameters(tenant, groups, filter);
    const auto* const among = add_candidates(tx, filter, parameters);
    if (after) add_cursor(parameters, order, *after);
    parameters.add(limit);
    const auto [first, next] = order_sql(order);
    const auto sql = "select " + columns + kWhere + among + (after ? next : first);
    return query(tx, sql.c_str(), parameters);
}

pqxx::result count_tickets(pqxx::transaction_base& tx, TenantId tenant, const access::Groups& groups,
                           const TicketFilter& filter)
{
    if (!groups && is_all(filter)) return query(tx, kCountAll, tenant);
    auto parameters = where_parameters(tenant, groups, filter);
    const auto* const among = add_candidates(tx, filter, parameters);
    const auto sql = "select t.state, t.severity, count(*)" + std::string(kWhere) + among + "group by 1, 2";
    return query(tx, sql.c_str(), parameters);
}

}  // namespace winnow::pg
