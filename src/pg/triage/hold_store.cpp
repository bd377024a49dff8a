#include "winnow/pg/hold_store.hpp"

#include "pg/journal/outages.hpp"
#include "pg/rows/array_literal.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/session_pool.hpp"
#include "pg/session/transaction.hpp"
#include "pg/suppression/covers.hpp"
#include "pg/tickets/ticket_states.hpp"
#include "pg/triage/fold_lock.hpp"
#include "pg/triage/machine_rows.hpp"
#include "pg/triage/triage_states.hpp"
#include "pg/triage/triage_writes.hpp"

#include <algorithm>
#include <set>
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
select ticket_id, title, severity, dedup_key, source, service, component, group_name, class_name, description, labels
  from tickets where tenant_id = $1 and state = )sql" +
                         sql_word(domain::TicketState::held) +
                         R"sql( and held_until <= $2 order by held_until, ticket_id limit $3
)sql";

constexpr auto kCurrent = "select from tenants where tenant_id = $1 and config_version = $2";

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

    Result<std::size_t> release(TenantId tenant, std::int64_t config_version, ports::Turn turn,
                                const std::function<domain::InhibitionSourceKeys(const ports::DueHolds&)>& source_keys,
                                const std::function<ports::TriageWrites(const ports::DueHolds&)>& decide) override
    {
        return pool_.run([&](Session& session) -> Result<std::size_t> {
            Transaction transaction(session);
            auto& tx = transaction.tx();
            if (!lock_folding_patiently(tx, tenant, turn.patience)) return being_folded();
            if (query(tx, kCurrent, tenant, config_version).empty()) return std::size_t{0};
            ports::DueHolds due;
            // Time has passed for the tenant up to what it has still to fold.
            due.until = time_of(query(tx, kUntil, waiting_since(tx, tenant))[0][0]);
            std::vector<TicketId> held;
            for (const auto& row : query(tx, kDueTickets.c_str(), tenant, due.until, turn.limit)) {
                held.push_back(id_of<TicketId>(row[0]));
                auto& alert = due.alerts.emplace(held.back(), read_alert(row)).first->second;
                alert.received_at = due.until;
            }
            auto machines = load_due_machines(tx, tenant, due.until, turn.limit);
            if (held.empty() && machines.empty()) return std::size_t{0};
            due.states = load_states(tx, tenant, held, keys_of(machines));
            due.states.machines = std::move(machines);
            due.states.sources = load_sources(tx, tenant, source_keys(due));
            const auto count = held.size() + due.states.machines.size();
            store_writes(tx, tenant, decide(due), due.states);
            transaction.commit();
            return count;
        });
    }

private:
    static std::vector<std::string> keys_of(const std::vector<triage::MachineState>& machines)
    {
        std::set<std::string> keys;
        for (const auto& machine : machines) keys.insert(machine.key.dedup_key);
        return {keys.begin(), keys.end()};
    }

    const Sessions pool_;
};

}  // namespace

std::unique_ptr<ports::HoldStore> make_hold_store(const Sessions& sessions)
{
    return std::make_unique<PgHoldStore>(sessions);
}

}  // namespace winnow::pg
