#include "winnow/pg/hold_store.hpp"

#include "pg/journal/outages.hpp"
#include "pg/rows/legible.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/session_pool.hpp"
#include "pg/tickets/ticket_states.hpp"
#include "pg/triage/fold_transaction.hpp"
#include "pg/triage/machine_rows.hpp"

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

const auto kDueTickets = R"sql(
select ticket_id, title, severity, dedup_key, source, service, component, group_name, class_name, description, labels,
       held_until
  from tickets where tenant_id = $1 and state = )sql" +
                         sql_word(domain::TicketState::held) +
                         R"sql( and held_until <= $2 order by held_until, ticket_id limit $3
)sql";

domain::Alert read_alert(const pqxx::row& row)
{
    domain::Alert alert;
    alert.title = text_of(row["title"]);
    alert.severity = static_cast<domain::Severity>(row["severity"].as<int>());
    alert.dedup_key = text_of(row["dedup_key"]);
    alert.source = text_of(row["source"]);
    alert.service = text_of(row["service"]);
    alert.component = text_of(row["component"]);
    alert.group = text_of(row["group_name"]);
    alert.class_name = text_of(row["class_name"]);
    alert.description = text_of(row["description"]);
    alert.labels = labels_of(row["labels"]);
    return alert;
}

void load_due_tickets(pqxx::transaction_base& tx, TenantId tenant, std::size_t limit, ports::DueHolds& due)
{
    read_legible(
        query(tx, kDueTickets.c_str(), tenant, due.until, limit), due.unread,
        [](const auto& row) { return text_of(row[0]); },
        [&](const auto& row) {
            auto alert = read_alert(row);
            alert.received_at = due.until;
            const auto ticket = id_of<TicketId>(row[0]);
            due.since.emplace(ticket, time_of(row["held_until"]));
            due.alerts.emplace(ticket, std::move(alert));
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
