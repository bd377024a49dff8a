#include "winnow/pg/outbox.hpp"

#include "pg/array_literal.hpp"
#include "pg/outbox/claim.hpp"
#include "pg/session_pool.hpp"
#include "pg/transaction.hpp"
#include "pg/values.hpp"

#include <pqxx/nontransaction>

#include <algorithm>
#include <mutex>
#include <utility>

namespace winnow::pg {

namespace {

using ports::AttemptResult;

// Fenced by the lease's token: whoever lost the lease changes nothing.
constexpr auto kRecord = R"sql(
update deliveries d
   set state = u.state, lease_node = '', lease_until = null, attempts = d.attempts - case when u.attempted then 0 else 1 end,
       last_status = case when u.attempted then u.status else d.last_status end,
       last_error = case when u.attempted then u.error else d.last_error end,
       next_attempt_at = case when u.state = 'pending' then now() + u.retry_ms * interval '1 millisecond'
                              else d.next_attempt_at end,
       finished_at = case when u.state = 'pending' then null else now() end
  from (select * from unnest($1::uuid[], $2::uuid[], $3::int8[], $4::text[], $5::int8[], $6::int4[], $7::text[],
                             $8::boolean[])
               as r(tenant_id, delivery_id, token, state, retry_ms, status, error, attempted)
         order by tenant_id, delivery_id) as u
 where d.tenant_id = u.tenant_id and d.delivery_id = u.delivery_id and d.lease_token = u.token and d.state = 'sending'
returning d.tenant_id, d.delivery_id, d.state, d.ticket_id, d.contact_id, d.event_seq
)sql";

// After an attempt, however it went, the next message of its chain need not wait any longer. Locked in one order:
// others that lock several wait for each other in the same one, or not at all.
constexpr auto kNext = R"sql(
with next as materialized (
    select u.tenant_id, n.delivery_id
      from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::int4[]) as u(tenant_id, ticket_id, contact_id, event_seq)
     cross join lateral (
        select n.delivery_id, n.state, n.next_attempt_at from deliveries n
         where n.tenant_id = u.tenant_id and n.ticket_id = u.ticket_id and n.contact_id = u.contact_id
           and n.state in ('pending', 'sending') and n.event_seq > u.event_seq
         order by n.event_seq limit 1) n
     where n.state = 'pending' and n.next_attempt_at > now()
), locked as materialized (
    select d.tenant_id, d.delivery_id from deliveries d
     where (d.tenant_id, d.delivery_id) in (select tenant_id, delivery_id from next)
       and d.finished_at is null  -- by the primary key: no partial index of states fits
       and d.state = 'pending'
     order by d.tenant_id, d.delivery_id
       for update
)
update deliveries d set next_attempt_at = now()
  from locked l
 where d.tenant_id = l.tenant_id and d.delivery_id = l.delivery_id
)sql";

// The ticket's row hands out the numbers of its timeline. Its version stays: nothing that a person edits has changed.
constexpr auto kTimeline = R"sql(
with told as (
    select d.tenant_id, d.ticket_id, d.delivery_id, d.state, d.event_seq, d.event_kind, d.contact_id, d.attempts,
           d.last_status, d.last_error, c.name,
           row_number() over (partition by d.tenant_id, d.ticket_id order by d.delivery_id) as place
      from unnest($1::uuid[], $2::uuid[]) as u(tenant_id, delivery_id)
      join deliveries d using (tenant_id, delivery_id)
      left join contacts c on c.tenant_id = d.tenant_id and c.contact_id = d.contact_id
), locked as (
    select tenant_id, ticket_id, event_seq from tickets
     where (tenant_id, ticket_id) in (select tenant_id, ticket_id from told)
     order by tenant_id, ticket_id
       for update
), numbered as (
    update tickets t set event_seq = l.event_seq + (select count(*) from told
                                                     where told.tenant_id = l.tenant_id and told.ticket_id = l.ticket_id)
      from locked l
     where t.tenant_id = l.tenant_id and t.ticket_id = l.ticket_id
    returning t.tenant_id, t.ticket_id, l.event_seq as before
)
insert into ticket_events (tenant_id, ticket_id, seq, kind, at, actor, data)
select told.tenant_id, told.ticket_id, n.before + told.place,
       case when told.state = 'delivered' then 'notified' else 'notification_failed' end, now(), 'system',
       jsonb_build_object('delivery_id', told.delivery_id, 'contact_id', told.contact_id,
                          'contact', coalesce(told.name, ''), 'event', told.event_kind, 'event_seq', told.event_seq,
                          'attempts', told.attempts, 'status', told.last_status, 'error', told.last_error)
  from told join numbered n on n.tenant_id = told.tenant_id and n.ticket_id = told.ticket_id
)sql";

constexpr auto kNextDue = R"sql(
select (extract(epoch from least(
            (select min(next_attempt_at) from deliveries where state = 'pending'),
            (select min(lease_until) from deliveries where state = 'sending')) - now()) * 1000)::bigint
)sql";

// A node's name is its process's own, so a node whose latest stream was taken over is gone. What is being recorded
// right now is passed over.
constexpr auto kFreeLeases = R"sql(
with lost as materialized (
    select d.tenant_id, d.delivery_id
      from journal_streams s
      join deliveries d on d.lease_node = s.node
     where s.stream = $1 and s.node <> $2
       and not exists (select from journal_streams l where l.node = s.node and l.stream > s.stream)
       and d.state = 'sending' and d.lease_until > now()
     order by d.tenant_id, d.delivery_id
       for update of d skip locked
)
update deliveries d set lease_until = now()
  from lost l
 where d.tenant_id = l.tenant_id and d.delivery_id = l.delivery_id
)sql";

class PgOutbox final : public ports::Outbox {
public:
    explicit PgOutbox(PgOptions options) : pool_(std::move(options)) {}

    Result<ports::Claim> claim(const std::string& node, const ports::ClaimShare& share,
                               std::chrono::milliseconds lease) override
    {
        return pool_.run([&](Session& session) -> Result<ports::Claim> {
            Transaction transaction(session);
            auto places = this->places();
            auto claim = claim_due(transaction.tx(), node, share, lease, places);
            transaction.commit();
            go_on_from(std::move(places));
            std::ranges::sort(claim.deliveries, {}, [](const auto& c) { return c.delivery.next_attempt_at; });
            return claim;
        });
    }

    Result<std::size_t> free_leases(domain::StreamId stream, const std::string& own) override
    {
        return pool_.run([&](Session& session) -> Result<std::size_t> {
            pqxx::nontransaction tx(session.connection());
            return static_cast<std::size_t>(query(tx, kFreeLeases, stream, own).affected_rows());
        });
    }

    Result<Done> record(const std::vector<AttemptResult>& results) override
    {
        if (results.empty()) return Done{};
        return pool_.run([&](Session& session) -> Result<Done> {
            Transaction transaction(session);
            ArrayLiteral tenants;
            ArrayLiteral ids;
            Chains chains;
            bool any_final = false;
            const auto stored = update(transaction.tx(), results);
            for (const auto& row : stored) {
                chains.add(row);
                const auto state = text_of(row["state"]);
                if (state != "delivered" && state != "dead") continue;
                any_final = true;
                tenants.add(id_of<TenantId>(row["tenant_id"]));
                ids.add(id_of<DeliveryId>(row["delivery_id"]));
            }
            if (!stored.empty()) {
                query(transaction.tx(), kNext, chains.tenants.take(), chains.tickets.take(), chains.contacts.take(),
                      chains.seqs.take());
            }
            if (any_final) query(transaction.tx(), kTimeline, tenants.take(), ids.take());
            transaction.commit();
            return Done{};
        });
    }

    Result<std::optional<std::chrono::milliseconds>> next_due() override
    {
        using Answer = std::optional<std::chrono::milliseconds>;
        return pool_.run([&](Session& session) -> Result<Answer> {
            pqxx::nontransaction tx(session.connection());
            const auto rows = tx.exec(kNextDue);
            if (rows[0][0].is_null()) return Answer();
            return Answer(std::max(std::int64_t{0}, rows[0][0].as<std::int64_t>()));
        });
    }

private:
    struct Chains {
        ArrayLiteral tenants;
        ArrayLiteral tickets;
        ArrayLiteral contacts;
        ArrayLiteral seqs;

        void add(const pqxx::row& row)
        {
            tenants.add(id_of<TenantId>(row["tenant_id"]));
            tickets.add(id_of<TicketId>(row["ticket_id"]));
            contacts.add(id_of<ContactId>(row["contact_id"]));
            seqs.add(row["event_seq"].as<std::int32_t>());
        }
    };

    static pqxx::result update(pqxx::transaction_base& tx, const std::vector<AttemptResult>& results)
    {
        ArrayLiteral tenants;
        ArrayLiteral ids;
        ArrayLiteral tokens;
        ArrayLiteral states;
        ArrayLiteral delays;
        ArrayLiteral statuses;
        ArrayLiteral errors;
        ArrayLiteral attempted;
        for (const auto& result : results) {
            tenants.add(result.tenant);
            ids.add(result.id);
            tokens.add(result.lease_token);
            states.add(to_string(result.state));
            delays.add(result.retry_after.count());
            statuses.add(result.status);
            errors.add(result.error);
            attempted.add(result.attempted ? std::string_view("true") : std::string_view("false"));
        }
        return query(tx, kRecord, tenants.take(), ids.take(), tokens.take(), states.take(), delays.take(),
                     statuses.take(), errors.take(), attempted.take());
    }

    Places places() const
    {
        const std::lock_guard lock(mutex_);
        return places_;
    }
    void go_on_from(Places places)
    {
        const std::lock_guard lock(mutex_);
        places_ = std::move(places);
    }

    SessionPool pool_;
    mutable std::mutex mutex_;
    Places places_;  // guarded by mutex_
};

}  // namespace

std::unique_ptr<ports::Outbox> make_outbox(PgOptions options)
{
    return std::make_unique<PgOutbox>(std::move(options));
}

}  // namespace winnow::pg
