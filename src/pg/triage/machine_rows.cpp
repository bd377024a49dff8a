#include "pg/triage/machine_rows.hpp"

#include "pg/rows/array_literal.hpp"
#include "pg/rows/legible.hpp"
#include "pg/rows/multi_row.hpp"
#include "pg/rows/values.hpp"

#include <pqxx/row>

#include <charconv>
#include <stdexcept>
#include <string>
#include <string_view>

namespace winnow::pg {

namespace {

constexpr auto kLoad = R"sql(
select m.rule_id, m.kind, m.dedup_key, m.recent, m.firing, m.flapping, m.changes, m.due_at, m.expires_at
  from unnest($2::uuid[], $3::text[], $4::text[]) as k(rule_id, kind, dedup_key)
  join rule_machines m
    on m.tenant_id = $1 and m.rule_id = k.rule_id and m.kind = k.kind and m.dedup_key = k.dedup_key
)sql";

constexpr auto kLoadDue = R"sql(
select rule_id, kind, dedup_key, recent, firing, flapping, changes, due_at, expires_at
  from rule_machines where tenant_id = $1 and due_at <= $2 order by due_at, rule_id, dedup_key limit $3
)sql";

constexpr auto kStore = R"sql(
insert into rule_machines as m (tenant_id, rule_id, kind, dedup_key, recent, firing, flapping, changes, due_at,
                                expires_at)
select $1, rule_id, kind, dedup_key, recent::int8[], firing, flapping, changes, to_timestamp(due / 1000.0::float8),
       to_timestamp(expires / 1000.0::float8)
  from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::bool[], $7::bool[], $8::int4[], $9::int8[],
              $10::int8[])
       as t(rule_id, kind, dedup_key, recent, firing, flapping, changes, due, expires)
on conflict (tenant_id, rule_id, kind, dedup_key) do update
   set recent = excluded.recent, firing = excluded.firing, flapping = excluded.flapping, changes = excluded.changes,
       due_at = excluded.due_at, expires_at = excluded.expires_at
)sql";

/// `{1,2}`.
std::vector<Timestamp> instants_of(const pqxx::field& field)
{
    std::vector<Timestamp> instants;
    const std::string_view text = field.c_str();
    const auto* at = text.data() + 1;
    const auto* const end = text.data() + text.size();
    while (at < end - 1) {
        std::int64_t ms = 0;
        const auto [next, error] = std::from_chars(at, end, ms);
        if (error != std::errc()) throw std::runtime_error("a machine's instants cannot be read");
        instants.emplace_back(std::chrono::milliseconds{ms});
        at = next + 1;
    }
    return instants;
}

triage::MachineState read(const pqxx::row& row)
{
    const auto kind = domain::parse_hold_kind(row[1].c_str());
    if (!kind) throw std::runtime_error("a machine's kind is unknown to this program");
    triage::MachineState machine;
    machine.key = {.rule_id = id_of<RuleId>(row[0]), .kind = *kind, .dedup_key = text_of(row[2])};
    machine.recent = instants_of(row[3]);
    if (!row[4].is_null()) machine.firing = row[4].as<bool>();
    machine.flapping = row[5].as<bool>();
    machine.changes = static_cast<std::uint32_t>(row[6].as<std::int32_t>());
    machine.due_at = optional_time_of(row[7]);
    machine.expires_at = time_of(row[8]);
    return machine;
}

std::string name_of(const pqxx::row& row)
{
    return text_of(row[0]) + " " + text_of(row[1]) + " " + text_of(row[2]);
}

}  // namespace

std::vector<triage::MachineState> load_machines(pqxx::transaction_base& tx, TenantId tenant,
                                                const std::vector<triage::MachineKey>& keys)
{
    if (keys.empty()) return {};
    ArrayLiteral rules;
    ArrayLiteral kinds;
    ArrayLiteral dedup_keys;
    for (const auto& key : keys) {
        rules.add(key.rule_id);
        kinds.add(to_string(key.kind));
        dedup_keys.add(key.dedup_key);
    }
    Arguments arguments;
    arguments.add(tenant);
    arguments.add_literal(rules.take());
    arguments.add_literal(kinds.take());
    arguments.add_literal(dedup_keys.take());
    const auto rows = query(tx, kLoad, arguments);
    std::vector<triage::MachineState> machines;
    machines.reserve(static_cast<std::size_t>(rows.size()));
    for (const auto& row : rows) machines.push_back(read(row));
    return machines;
}

void load_due_machines(pqxx::transaction_base& tx, TenantId tenant, Timestamp until, std::size_t limit,
                       ports::DueHolds& due)
{
    read_legible(query(tx, kLoadDue, tenant, until, limit), due.unread, name_of,
                 [&](const auto& row) { due.machines.push_back(read(row)); });
}

void store_machines(pqxx::transaction_base& tx, TenantId tenant, const std::vector<triage::MachineState>& machines)
{
    MultiRow<9> rows(tx, tenant, kStore);
    for (const auto& machine : machines) {
        ArrayLiteral recent;
        for (const auto instant : machine.recent) recent.add(epoch_ms(instant));
        rows.add(machine.key.rule_id, to_string(machine.key.kind), machine.key.dedup_key, recent.take(), machine.firing,
                 machine.flapping, machine.changes, epoch_ms(machine.due_at), epoch_ms(machine.expires_at));
    }
    rows.flush();
}

}  // namespace winnow::pg
