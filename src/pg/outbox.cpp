#include "winnow/pg/outbox.hpp"

#include "pg/array_literal.hpp"
#include "pg/contact_rows.hpp"
#include "pg/session_pool.hpp"
#include "pg/transaction.hpp"
#include "pg/values.hpp"

#include <pqxx/nontransaction>

#include <algorithm>
#include <utility>

namespace winnow::pg {

namespace {

using ports::AttemptResult;
using ports::ClaimedDelivery;

// Steps from contact to contact through deliveries_due_by_contact, so that a contact with 100,000 due deliveries costs
// as much as one with a few; then takes the oldest of all. What another node is claiming right now is skipped.
// A delivery whose contact is gone or disabled is cancelled instead.
constexpr auto kClaim = R"sql(
with recursive receiver as (
    (select tenant_id, contact_id from deliveries where state = 'pending'
      order by tenant_id, contact_id limit 1)
    union all
    select n.tenant_id, n.contact_id
      from receiver r
     cross join lateral (
        select d.tenant_id, d.contact_id from deliveries d
         where d.state = 'pending' and (d.tenant_id, d.contact_id) > (r.tenant_id, r.contact_id)
         order by d.tenant_id, d.contact_id limit 1) n
), due as (
    select d.* from receiver r
     cross join lateral (
        select d.tenant_id, d.delivery_id, d.contact_id, d.next_attempt_at as due_at from deliveries d
         where d.state = 'pending' and d.tenant_id = r.tenant_id and d.contact_id = r.contact_id
           and d.next_attempt_at <= now()
         order by d.next_attempt_at limit $3) d
     where r.contact_id <> all($4::uuid[])
    union all
    (select tenant_id, delivery_id, contact_id, lease_until from deliveries
      where state = 'sending' and lease_until <= now() and contact_id <> all($4::uuid[])
      order by lease_until limit $2)
), chosen as (
    select tenant_id, delivery_id
      from (select due.*, row_number() over (partition by tenant_id, contact_id order by due_at, delivery_id) as place
              from due) as ranked
     where place <= $3
     order by due_at, delivery_id limit $2
), locked as (
    select d.tenant_id, d.delivery_id from deliveries d
     where (d.tenant_id, d.delivery_id) in (select tenant_id, delivery_id from chosen)
       and (d.state = 'pending' and d.next_attempt_at <= now() or d.state = 'sending' and d.lease_until <= now())
       for update skip locked
)
update deliveries d
   set state = case when c.enabled then 'sending' else 'cancelled' end,
       attempts = d.attempts + case when c.enabled then 1 else 0 end,
       lease_node = case when c.enabled then $1 else '' end,
       lease_token = d.lease_token + 1,
       lease_until = case when c.enabled then now() + $5 * interval '1 millisecond' end,
       finished_at = case when c.enabled then null else now() end
  from locked l
  left join contacts c on c.tenant_id = l.tenant_id
                      and c.contact_id = (select contact_id from deliveries x
                                           where x.tenant_id = l.tenant_id and x.delivery_id = l.delivery_id)
 where d.tenant_id = l.tenant_id and d.delivery_id = l.delivery_id
returning d.tenant_id, d.delivery_id, d.ticket_id, d.event_seq, d.event_kind, d.state, d.attempts, d.created_at,
          d.next_attempt_at, d.last_error, d.last_status, d.payload, d.lease_token, d.lease_until,
          d.contact_id, c.name, c.type, c.url, c.address, c.sealed_secret, c.enabled, c.version, c.updated_at
)sql";

// The rest of what is owed to contacts that the claim found gone.
constexpr auto kCancel = R"sql(
update deliveries d set state = 'cancelled', finished_at = now(), lease_token = d.lease_token + 1
 where (d.tenant_id, d.contact_id) in (select * from unnest($1::uuid[], $2::uuid[])) and d.state = 'pending'
   and not exists (select from contacts c
                    where c.tenant_id = d.tenant_id and c.contact_id = d.contact_id and c.enabled)
)sql";

// Fenced by the lease's token: whoever lost the lease changes nothing.
constexpr auto kRecord = R"sql(
update deliveries d
   set state = u.state, lease_node = '', lease_until = null, last_status = u.status, last_error = u.error,
       next_attempt_at = case when u.state = 'pending' then now() + u.retry_ms * interval '1 millisecond'
                              else d.next_attempt_at end,
       finished_at = case when u.state = 'pending' then null else now() end
  from (select * from unnest($1::uuid[], $2::uuid[], $3::int8[], $4::text[], $5::int8[], $6::int4[], $7::text[])
               as r(tenant_id, delivery_id, token, state, retry_ms, status, error)
         order by tenant_id, delivery_id) as u
 where d.tenant_id = u.tenant_id and d.delivery_id = u.delivery_id and d.lease_token = u.token and d.state = 'sending'
returning d.tenant_id, d.delivery_id, d.state
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

ClaimedDelivery read_claim(const pqxx::row& row)
{
    ClaimedDelivery claimed;
    claimed.tenant = id_of<TenantId>(row["tenant_id"]);
    auto& d = claimed.delivery;
    d.id = id_of<DeliveryId>(row["delivery_id"]);
    d.ticket_id = id_of<TicketId>(row["ticket_id"]);
    d.event_seq = row["event_seq"].as<std::int32_t>();
    d.event_kind = text_of(row["event_kind"]);
    d.contact_id = id_of<ContactId>(row["contact_id"]);
    d.state = domain::DeliveryState::sending;
    d.attempts = row["attempts"].as<std::int32_t>();
    d.created_at = time_of(row["created_at"]);
    d.next_attempt_at = time_of(row["next_attempt_at"]);
    d.last_error = text_of(row["last_error"]);
    d.last_status = row["last_status"].as<std::int32_t>();
    d.payload = text_of(row["payload"]);
    claimed.contact = read_contact(row);
    claimed.lease_token = row["lease_token"].as<std::int64_t>();
    claimed.lease_until = time_of(row["lease_until"]);
    return claimed;
}

class PgOutbox final : public ports::Outbox {
public:
    explicit PgOutbox(PgOptions options) : pool_(std::move(options)) {}

    Result<std::vector<ClaimedDelivery>> claim(const std::string& node, std::size_t limit, std::size_t per_contact,
                                               const std::vector<ContactId>& busy,
                                               std::chrono::milliseconds lease) override
    {
        return pool_.run([&](Session& session) -> Result<std::vector<ClaimedDelivery>> {
            Transaction transaction(session);
            std::vector<ClaimedDelivery> claimed;
            ArrayLiteral tenants;
            ArrayLiteral gone;
            bool any_gone = false;
            for (const auto& row :
                 query(transaction.tx(), kClaim, node, limit, per_contact, array_of(busy), lease.count())) {
                if (text_of(row["state"]) == "sending") {
                    claimed.push_back(read_claim(row));
                    continue;
                }
                any_gone = true;
                tenants.add(id_of<TenantId>(row["tenant_id"]));
                gone.add(id_of<ContactId>(row["contact_id"]));
            }
            if (any_gone) query(transaction.tx(), kCancel, tenants.take(), gone.take());
            transaction.commit();
            std::ranges::sort(claimed, {}, [](const auto& c) { return c.delivery.next_attempt_at; });
            return claimed;
        });
    }

    Result<Done> record(const std::vector<AttemptResult>& results) override
    {
        if (results.empty()) return Done{};
        return pool_.run([&](Session& session) -> Result<Done> {
            Transaction transaction(session);
            ArrayLiteral tenants;
            ArrayLiteral ids;
            bool any_final = false;
            for (const auto& row : update(transaction.tx(), results)) {
                const auto state = text_of(row["state"]);
                if (state != "delivered" && state != "dead") continue;
                any_final = true;
                tenants.add(id_of<TenantId>(row["tenant_id"]));
                ids.add(id_of<DeliveryId>(row["delivery_id"]));
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
    static pqxx::result update(pqxx::transaction_base& tx, const std::vector<AttemptResult>& results)
    {
        ArrayLiteral tenants;
        ArrayLiteral ids;
        ArrayLiteral tokens;
        ArrayLiteral states;
        ArrayLiteral delays;
        ArrayLiteral statuses;
        ArrayLiteral errors;
        for (const auto& result : results) {
            tenants.add(result.tenant);
            ids.add(result.id);
            tokens.add(result.lease_token);
            states.add(to_string(result.state));
            delays.add(result.retry_after.count());
            statuses.add(result.status);
            errors.add(result.error);
        }
        return query(tx, kRecord, tenants.take(), ids.take(), tokens.take(), states.take(), delays.take(),
                     statuses.take(), errors.take());
    }

    SessionPool pool_;
};

}  // namespace

std::unique_ptr<ports::Outbox> make_outbox(PgOptions options)
{
    return std::make_unique<PgOutbox>(std::move(options));
}

}  // namespace winnow::pg
