#include "winnow/pg/hold_store.hpp"

#include "pg/journal/outages.hpp"
#include "pg/rows/legible.hpp"
#include "pg/rows/ticket_states.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/session_pool.hpp"
#include "pg/tickets/ticket_rows.hpp"
#include "pg/triage/fold_transaction.hpp"
#include "pg/triage/machine_rows.hpp"
#include "winnow/tickets/ticket_fields.hpp"

#include <utility>

namespace winnow::pg {

namespace {

const auto kDueTenants = "select tenant_id from tickets where state = " + sql_word(domain::TicketState::held) +
                         R"sql( and held_until <= now()
 union
select tenant_id from rule_machines where due_at <= now()
)sql";

// The tenth of a second is for alerts that are received and not committed yet.
constexpr auto kUntil = "select least(now() - interval '0.1 s', $1::timestamptz)";

const auto kDueTickets =
    "select " + ticket_columns_of_alerts() +
    ", t.held_until from tickets t where t.tenant_id = $1 and t.state = " + sql_word(domain::TicketState::held) +
    " and t.held_until <= $2 order by t.held_until, t.ticket_id limit $3";

void load_due_tickets(pqxx::transaction_base& tx, TenantId tenant, std::size_t limit, ports::DueHolds& due)
{
    read_legible(
        query(tx, kDueTickets.c_str(), tenant, due.until, limit), due.unread,
        [](const auto& row) { return text_of(row["ticket_id"]); },
        [&](const auto& row) {
            const auto ticket = read_ticket_of_alert(row);
            due.since.emplace(ticket.id, time_of(row["held_until"]));
            due.alerts.emplace(ticket.id, tickets::alert_of(ticket, due.until));
        });
}

class PgHoldStore final : public ports::HoldStore {
public:
    explicit PgHoldStore(const Sessions& sessions) : pool_(sessions.of(Errand::timers)) {}

    Result<std::vector<TenantId>> tenants_due() override
    {
        return pool_.run([&](Session& session) -> Result<std::vector<TenantId>> {
            pqxx::nontransaction tx(session.connection());
            std::vector<TenantId> tenants;
            for (const auto& row : tx.exec(kDueTenants)) tenants.push_back(id_of<TenantId>(row[0]));
            return tenants;
        });
    }

    Result<ports::Due<ports::DueHolds>> lock_due(TenantId tenant, std::int64_t config_version,
                                                 ports::Turn turn) override
    {
        auto fold = PgFoldTransaction::lock(pool_, tenant, turn);
        if (!fold) return fold.error();
        return (*fold)->attempt([&]() -> Result<ports::Due<ports::DueHolds>> {
            auto& tx = (*fold)->tx();
            ports::Due<ports::DueHolds> due;
            if (!is_current(tx, tenant, config_version)) return due;
            // Time has passed for the tenant up to what it has still to fold.
            const auto until = time_of(query(tx, kUntil, waiting_since(tx, tenant))[0][0]);
            due.rows.until = until;
            load_due_tickets(tx, tenant, turn.limit, due.rows);
            load_due_machines(tx, tenant, until, turn.limit, due.rows);
            if (due.rows.size() > 0) due.fold = *std::move(fold);
            return due;
        });
    }

private:
    const Sessions pool_;
};

}  // namespace

std::unique_ptr<ports::HoldStore> make_hold_store(const Sessions& sessions)
{
    return std::make_unique<PgHoldStore>(sessions);
}

}  // namespace winnow::pg
