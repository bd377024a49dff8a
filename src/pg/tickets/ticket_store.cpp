#include "winnow/ports/ticket_store.hpp"

#include "pg/rows/array_literal.hpp"
#include "pg/rows/multi_row.hpp"
#include "pg/rows/values.hpp"
#include "pg/search/candidates.hpp"
#include "pg/session/sql_errors.hpp"
#include "pg/suppression/covers.hpp"
#include "pg/tenants/noun_stores.hpp"
#include "pg/tickets/changed_tickets.hpp"
#include "pg/tickets/ticket_rows.hpp"
#include "pg/tickets/ticket_states.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace winnow::pg {
namespace {

using domain::Ticket;
using domain::TicketEvent;
using domain::TicketState;
using ports::TicketCursor;
using ports::TicketFilter;
using ports::TicketOrder;

/// $1 to $10, and $11 where candidates are known. The values are known when PostgreSQL plans (unnamed statements): what
/// was not asked for costs nothing. A description is cut as search_body() cuts it for the index: both find the same.
constexpr auto kWhere = R"sql(
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
)sql";

/// Follows kWhere where the index has named all tickets that may match.
constexpr auto kAmong = " and t.ticket_id = any($11::uuid[]) ";

constexpr auto kAnybody = " and $11::uuid[] is null ";

template <typename Values>
std::optional<std::string> array_or_null(const Values& values)
{
    if (values.empty()) return std::nullopt;
    return array_of(values);
}

Arguments where_parameters(TenantId tenant, const TicketFilter& filter)
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
    return parameters;
}

/// What follows kWhere in each order: from $12 on the cursor, then the limit. Each fits an index of its own, so a page
/// far down costs what the first one costs.
struct Order {
    const char* first;  ///< Without a cursor.
    const char* next;
};

Order order_sql(TicketOrder order)
{
    switch (order) {
        case TicketOrder::newest:
            return {"order by t.opened_at desc, t.ticket_id desc limit $12::bigint",
                    "and (t.opened_at, t.ticket_id) < ($12::timestamptz, $13::uuid) "
                    "order by t.opened_at desc, t.ticket_id desc limit $14::bigint"};
        case TicketOrder::oldest:
            return {"order by t.opened_at, t.ticket_id limit $12::bigint",
                    "and (t.opened_at, t.ticket_id) > ($12::timestamptz, $13::uuid) "
                    "order by t.opened_at, t.ticket_id limit $14::bigint"};
        case TicketOrder::most_severe:
            return {"order by t.severity desc, t.opened_at desc, t.ticket_id desc limit $12::bigint",
                    "and (t.severity, t.opened_at, t.ticket_id) < ($12::smallint, $13::timestamptz, $14::uuid) "
                    "order by t.severity desc, t.opened_at desc, t.ticket_id desc limit $15::bigint"};
        case TicketOrder::least_severe:
            return {"order by t.severity, t.opened_at, t.ticket_id limit $12::bigint",
                    "and (t.severity, t.opened_at, t.ticket_id) > ($12::smallint, $13::timestamptz, $14::uuid) "
                    "order by t.severity, t.opened_at, t.ticket_id limit $15::bigint"};
        case TicketOrder::highest_number:
            return {"order by t.number desc limit $12::bigint",
                    "and t.number < $12::bigint order by t.number desc limit $13::bigint"};
        case TicketOrder::lowest_number:
            return {"order by t.number limit $12::bigint",
                    "and t.number > $12::bigint order by t.number limit $13::bigint"};
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

const auto kFind = "select " + ticket_columns() + " from tickets t where t.tenant_id = $1 and t.ticket_id = $2";

constexpr auto kAppendEvents = R"sql(
insert into ticket_events (tenant_id, ticket_id, seq, kind, at, actor, data)
select $1::uuid, ticket_id, seq, kind, at, actor, data
  from unnest($2::uuid[], $3::int[], $4::text[], $5::timestamptz[], $6::text[], $7::jsonb[])
       as e (ticket_id, seq, kind, at, actor, data)
)sql";

const auto kTimeline = "select " + ticket_event_columns() + R"sql(
  from ticket_events t
 where t.tenant_id = $1 and t.ticket_id = $2
   and ($3::text is null or t.kind = $3::text)
)sql";
constexpr auto kOldestFirst = "and ($4::int is null or t.seq > $4::int) order by t.seq limit $5::bigint";
constexpr auto kNewestFirst = "and ($4::int is null or t.seq < $4::int) order by t.seq desc limit $5::bigint";

const auto kEventsOf = "select " + ticket_event_columns() + R"sql(
  from ticket_events t
 where t.tenant_id = $1 and t.ticket_id = $2 and t.data->>'alert_id' = $3
 order by t.seq limit $4
)sql";

const auto kHolders = R"sql(
select t.dedup_key, t.ticket_id from tickets t
 where t.tenant_id = $1 and t.dedup_key = any($2::text[]) and )sql" +
                      sql_is_live("t");

/// From the youngest event back: the request is among the last few. Alerts reopen tickets, too, but never name `to`.
constexpr auto kCloseRequesters = R"sql(
select i.ticket_id, e.actor
  from unnest($2::uuid[]) as i(ticket_id)
 cross join lateral (
    select t.actor from ticket_events t
     where t.tenant_id = $1 and t.ticket_id = i.ticket_id and t.kind in ($3, $4) and t.data->>'to' = $5
     order by t.seq desc limit 1) e
)sql";

/// One tenant's family trees change one at a time; the lock ends with the transaction.
constexpr auto kLockAncestry = "select pg_advisory_xact_lock(hashtextextended('ticket ancestry of ' || $1::text, 0))";

/// `union` instead of `union all`: ends even if there were a ring.
constexpr auto kAncestors = R"sql(
with recursive line (ticket_id, depth) as (
    select t.parent_id, 1 from tickets t where t.tenant_id = $1 and t.ticket_id = $2 and t.parent_id is not null
    union
    select t.parent_id, line.depth + 1
      from line join tickets t on t.tenant_id = $1 and t.ticket_id = line.ticket_id
     where t.parent_id is not null and line.depth < 10000
)
select ticket_id from line order by depth
)sql";

Error no_such_ticket()
{
    return {ErrorCode::not_found, "there is no such ticket"};
}

std::vector<TicketEvent> read_events(const pqxx::result& rows)
{
    std::vector<TicketEvent> events;
    events.reserve(rows.size());
    for (const auto& row : rows) events.push_back(read_ticket_event(row));
    return events;
}

const auto kPast = R"sql(
select t.title, t.service, t.occurrences,
       (select count(*) from deliveries d where d.tenant_id = t.tenant_id and d.ticket_id = t.ticket_id),
       t.acknowledged_at is not null
         or (select true from ticket_events e  -- `exists` would be answered by a table of all events
              where e.tenant_id = t.tenant_id and e.ticket_id = t.ticket_id and e.actor like 'user:%'
              limit 1) is not null,
       t.state in )sql" +
                   sql_ended_states() + R"sql(
  from tickets t
 where t.tenant_id = $1 and t.opened_at >= $2 and t.opened_at < $3 and t.state <> )sql" +
                   sql_word(TicketState::held) + R"sql(
 order by t.opened_at desc, t.ticket_id desc limit $4)sql";

class PgTicketStore final : public ports::TicketStore {
public:
    PgTicketStore(pqxx::transaction_base& tx, TenantId tenant) : tx_(tx), tenant_(tenant) {}

    Result<std::vector<Ticket>> page(const TicketFilter& filter, TicketOrder order,
                                     const std::optional<TicketCursor>& after, std::size_t limit) override
    {
        return translated([&]() -> Result<std::vector<Ticket>> {
            auto parameters = where_parameters(tenant_, filter);
            const auto among = candidates(filter, parameters);
            if (after) add_cursor(parameters, order, *after);
            parameters.add(limit);
            const auto [first, next] = order_sql(order);
            const auto sql = "select " + ticket_columns() + kWhere + among + (after ? next : first);
            return read_tickets(query(tx_, sql.c_str(), parameters));
        });
    }

    Result<std::vector<ports::TicketCount>> count(const TicketFilter& filter) override
    {
        return translated([&]() -> Result<std::vector<ports::TicketCount>> {
            auto parameters = where_parameters(tenant_, filter);
            const auto among = candidates(filter, parameters);
            const auto sql = "select t.state, t.severity, count(*)" + std::string(kWhere) + among + "group by 1, 2";
            std::vector<ports::TicketCount> counts;
            for (const auto& row : query(tx_, sql.c_str(), parameters)) {
                counts.push_back({.state = read_ticket_state(row[0]),
                                  .severity = static_cast<domain::Severity>(row[1].as<int>()),
                                  .count = row[2].as<std::int64_t>()});
            }
            return counts;
        });
    }

    Result<std::vector<rules::PastTicket>> past(Timestamp from, Timestamp until, std::size_t limit) override
    {
        return translated([&]() -> Result<std::vector<rules::PastTicket>> {
            std::vector<rules::PastTicket> tickets;
            for (const auto& row : query(tx_, kPast.c_str(), tenant_, from, until, limit)) {
                tickets.push_back({.title = text_of(row[0]),
                                   .service = text_of(row[1]),
                                   .alerts = row[2].as<std::int64_t>(),
                                   .told = row[3].as<std::int64_t>(),
                                   .acted_on = row[4].as<bool>(),
                                   .over = row[5].as<bool>()});
            }
            return tickets;
        });
    }

    Result<Ticket> find(TicketId id) override
    {
        return translated([&]() -> Result<Ticket> {
            const auto rows = query(tx_, kFind.c_str(), tenant_, id);
            if (rows.empty()) return no_such_ticket();
            return read_ticket(rows.front());
        });
    }

    Result<std::vector<Ticket>> lock(const std::vector<TicketId>& ids) override
    {
        return translated([&]() -> Result<std::vector<Ticket>> { return lock_tickets(tx_, tenant_, ids); });
    }

    Result<Done> store(const std::vector<ports::TicketChange>& changes) override
    {
        return translated([&]() -> Result<Done> {
            // First what ends: a key that one of them gives up another may take.
            ChangedTickets ends(tx_, tenant_);
            ChangedTickets lives(tx_, tenant_);
            MultiRow<6> events(tx_, tenant_, kAppendEvents);
            for (const auto& [ticket, happened, let_go] : changes) {
                (domain::is_live(ticket.state) ? lives : ends).add(ticket);
                for (const auto& event : happened) {
                    events.add(ticket.id, event.seq, to_string(event.kind), event.at, event.actor, event.data);
                }
            }
            follow_people(tx_, tenant_, changes);
            const auto stored = ends.flush();
            if (stored + lives.flush() != changes.size()) return no_such_ticket();
            events.flush();
            return Done{};
        });
    }

    Result<std::vector<TicketEvent>> timeline(TicketId id, const ports::TimelineRange& range,
                                              std::size_t limit) override
    {
        return translated([&]() -> Result<std::vector<TicketEvent>> {
            std::optional<std::string_view> kind;
            if (range.kind) kind = to_string(*range.kind);
            const auto sql = kTimeline + (range.newest_first ? kNewestFirst : kOldestFirst);
            return read_events(query(tx_, sql.c_str(), tenant_, id, kind, range.after_seq, limit));
        });
    }

    Result<std::vector<TicketEvent>> events_of(TicketId id, AlertId alert, std::size_t limit) override
    {
        return translated([&]() -> Result<std::vector<TicketEvent>> {
            return read_events(query(tx_, kEventsOf.c_str(), tenant_, id, alert.str(), limit));
        });
    }

    Result<std::vector<std::pair<std::string, TicketId>>> holders(const std::vector<std::string>& dedup_keys) override
    {
        return translated([&]() -> Result<std::vector<std::pair<std::string, TicketId>>> {
            std::vector<std::pair<std::string, TicketId>> holders;
            for (const auto& row : query(tx_, kHolders.c_str(), tenant_, array_of(dedup_keys))) {
                holders.emplace_back(text_of(row[0]), id_of<TicketId>(row[1]));
            }
            return holders;
        });
    }

    Result<std::vector<std::pair<TicketId, std::string>>> close_requesters(const std::vector<TicketId>& ids) override
    {
        return translated([&]() -> Result<std::vector<std::pair<TicketId, std::string>>> {
            using enum domain::TicketEventKind;  // a request that ends what was over is a `reopened`
            std::vector<std::pair<TicketId, std::string>> requesters;
            for (const auto& row : query(tx_, kCloseRequesters, tenant_, array_of(ids), to_string(state_changed),
                                         to_string(reopened), to_string(TicketState::close_requested))) {
                requesters.emplace_back(id_of<TicketId>(row[0]), text_of(row[1]));
            }
            return requesters;
        });
    }

    Result<std::vector<TicketId>> lock_ancestors(TicketId id) override
    {
        return translated([&]() -> Result<std::vector<TicketId>> {
            query(tx_, kLockAncestry, tenant_);
            std::vector<TicketId> line;
            for (const auto& row : query(tx_, kAncestors, tenant_, id)) line.push_back(id_of<TicketId>(row[0]));
            return line;
        });
    }

private:
    /// Asks the index for what the filter's text and labels leave, and adds it as $11. Returns what uses it.
    const char* candidates(const TicketFilter& filter, Arguments& parameters)
    {
        const auto found = find_candidates(tx_, filter);
        parameters.add(found ? std::optional(array_of(*found)) : std::nullopt);
        return found ? kAmong : kAnybody;
    }

    pqxx::transaction_base& tx_;
    TenantId tenant_;
};

}  // namespace

std::shared_ptr<ports::TicketStore> make_ticket_store(pqxx::transaction_base& tx, TenantId tenant)
{
    return std::make_shared<PgTicketStore>(tx, tenant);
}

}  // namespace winnow::pg
