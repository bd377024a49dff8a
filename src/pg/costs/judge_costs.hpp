#pragma once

/// @file
/// What rules, silences, windows and inhibitions cost that were the dearest of alerts over their budget, in the table
/// set_asides. Private to pg.

#include "winnow/domain/cost_ladder.hpp"

#include <pqxx/row>
#include <pqxx/transaction_base>

#include <optional>
#include <vector>

namespace winnow::pg {

/// Keeps the tenant's configuration as it is until the transaction ends, as whoever changes it does. False at once
/// where somebody else has it: such a request may wait for what the caller holds.
[[nodiscard]] bool try_lock_configuration(pqxx::transaction_base& tx, TenantId tenant);

/// Records of those of them that have one. The caller holds the tenant's fold lock.
[[nodiscard]] std::vector<domain::JudgeCost> load_judge_costs(pqxx::transaction_base& tx, TenantId tenant,
                                                              const std::vector<domain::Judge>& judges);

void store_judge_costs(pqxx::transaction_base& tx, TenantId tenant, const std::vector<domain::JudgeCost>& costs);

/// All that nobody is to ask now.
[[nodiscard]] std::vector<domain::SetAside> load_set_asides(pqxx::transaction_base& tx, TenantId tenant);

/// The columns cost_record, cost_until and cost_for_good of a left join with set_asides. nullopt where there is no row,
/// or one that this version cannot read.
[[nodiscard]] std::optional<domain::JudgeCost> read_judge_cost(const pqxx::row& row, const domain::Judge& judge,
                                                               std::int64_t version);

/// The same of a rule, silence, window or inhibition.
template <typename Thing>
[[nodiscard]] std::optional<domain::JudgeCost> read_judge_cost(const pqxx::row& row, domain::JudgeKind kind,
                                                               const Thing& thing)
{
    return read_judge_cost(row, domain::Judge{.kind = kind, .id = thing.id.value()}, thing.version);
}

}  // namespace winnow::pg
