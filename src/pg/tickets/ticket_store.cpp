#include "winnow/ports/ticket_store.hpp"

#include "pg/rows/array_literal.hpp"
#include "pg/rows/multi_row.hpp"
#include "pg/rows/narrowing.hpp"
#include "pg/rows/ticket_states.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/noun_stores.hpp"
#include "pg/session/sql_errors.hpp"
#include "pg/suppression/covers.hpp"
#include "pg/tickets/changed_tickets.hpp"
#include "pg/tickets/ticket_list.hpp"
#include "pg/tickets/ticket_rows.hpp"

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

/// In the order of $2, until their texts exceed $3. octet_length() unpacks nothing that is stored apart. By their key,
/// which `limit 1` sees to: a join may read all of a table instead.
const auto kRead = "select " + ticket_columns() + ", t.place from (select " + ticket_columns() + R"sql(,
       w.place, min(w.place) over () as first,
       sum()sql" + ticket_bytes() +
                   R"sql() over (order by w.place) as bytes
  from unnest($2::uuid[]) with ordinality as w(ticket_id, place)
 cross join lateral (select * from tickets o
                      where o.tenant_id = $1::uuid and o.ticket_id = w.ticket_id and )sql" +
                   seen_ticket_sql("o", 4) + R"sql( limit 1) t) t
 where t.bytes <= $3::bigint or t.place = t.first
 order by t.place
)sql";

const auto kFind = "select " + ticket_columns() + " from tickets t where t.tenant_id = $1 and t.ticket_id = $2 and " +
                   seen_ticket_sql("t", 3);

const auto kSeen = "select t.ticket_id from tickets t where t.tenant_id = $1 and t.ticket_id = any($2::uuid[]) and " +
                   seen_ticket_sql("t", 3);

constexpr auto kGroup = R"sql(
select t.integration_id, t.management_group_id, t.group_by_hand, i.management_group_id as of_integration
  from tickets t
  left join integrations i on i.tenant_id = t.tenant_id and i.integration_id = t.integration_id
 where t.tenant_id = $1 and t.ticket_id = $2
)sql";

// Its integration's again where it is null: several groups, if they were, are forgotten with it.
constexpr auto kSetGroup = R"sql(
update tickets set management_group_id = $3, group_by_hand = $3::uuid is not null
 where tenant_id = $1 and ticket_id = $2
)sql";

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
    PgTicketStore(pqxx::transaction_base& tx, TenantId tenant, access::Groups groups)
        : tx_(tx), tenant_(tenant), groups_(std::move(groups))
    {
    }

    Result<std::vector<Ticket>> page(const TicketFilter& filter, TicketOrder order,
                                     const std::optional<TicketCursor>& after, std::size_t limit) override
    {
        return translated([&]() -> Result<std::vector<Ticket>> {
            return read_tickets(list_tickets(tx_, tenant_, groups_, ticket_columns(), filter, order, after, limit));
        });
    }

    Result<std::vector<TicketId>> ids(const TicketFilter& filter, TicketOrder order,
                                      const std::optional<TicketCursor>& after, std::size_t limit) override
    {
        return translated([&]() -> Result<std::vector<TicketId>> {
            std::vector<TicketId> ids;
            for (const auto& row : list_tickets(tx_, tenant_, groups_, "t.ticket_id", filter, order, after, limit)) {
                ids.push_back(id_of<TicketId>(row[0]));
            }
            return ids;
        });
    }

    Result<ports::TicketsRead> read(std::span<const TicketId> ids, std::size_t max_bytes) override
    {
        return translated([&]() -> Result<ports::TicketsRead> {
            const auto rows = query(tx_, kRead.c_str(), tenant_, array_of(ids), max_bytes, narrowed_to(groups_));
            // Those behind the last one were too long, or are gone: then nothing is found at their turn.
            const auto dealt_with = rows.empty() ? ids.size() : rows.back()["place"].as<std::size_t>();
            return ports::TicketsRead{.tickets = read_tickets(rows), .ids = dealt_with};
        });
    }

    Result<std::vector<ports::TicketCount>> count(const TicketFilter& filter) override
    {
        return translated([&]() -> Result<std::vector<ports::TicketCount>> {
            std::vector<ports::TicketCount> counts;
            for (const auto& row : count_tickets(tx_, tenant_, groups_, filter)) {
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
            const auto rows = query(tx_, kFind.c_str(), tenant_, id, narrowed_to(groups_));
            if (rows.empty()) return no_such_ticket();
            return read_ticket(rows.front());
        });
    }

    Result<std::vector<TicketId>> seen(const std::vector<TicketId>& ids) override
    {
        return translated([&]() -> Result<std::vector<TicketId>> {
            std::vector<TicketId> seen;
            for (const auto& row : query(tx_, kSeen.c_str(), tenant_, array_of(ids), narrowed_to(groups_))) {
                seen.push_back(id_of<TicketId>(row[0]));
            }
            return seen;
        });
    }

    Result<ports::TicketGroup> group(TicketId id) override
    {
        return translated([&]() -> Result<ports::TicketGroup> {
            const auto rows = query(tx_, kGroup, tenant_, id);
            if (rows.empty()) return no_such_ticket();
            const auto row = rows.front();
            return ports::TicketGroup{.whose = {.integration = optional_id_of<IntegrationId>(row["integration_id"]),
                                                .group = optional_id_of<ManagementGroupId>(row["management_group_id"]),
                                                .by_hand = row["group_by_hand"].as<bool>()},
                                      .of_integration = optional_id_of<ManagementGroupId>(row["of_integration"])};
        });
    }

    Result<Done> set_group(TicketId id, std::optional<ManagementGroupId> group) override
    {
        return translated([&]() -> Result<Done> {
            if (query(tx_, kSetGroup, tenant_, id, group).affected_rows() != 1) return no_such_ticket();
            return Done{};
        });
    }

    Result<std::vector<Ticket>> lock(const std::vector<TicketId>& ids) override
    {
        return translated([&]() -> Result<std::vector<Ticket>> { return lock_tickets(tx_, tenant_, groups_, ids); });
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
    pqxx::transaction_base& tx_;
    TenantId tenant_;
    access::Groups groups_;
};

}  // namespace

std::shared_ptr<ports::TicketStore> make_ticket_store(pqxx::transaction_base& tx, TenantId tenant,
                                                      access::Groups groups)
{
    return std::make_shared<PgTicketStore>(tx, tenant, std::move(groups));
}

}  // namespace winnow::pg
