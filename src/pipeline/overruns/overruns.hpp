#pragma once

/// @file
/// What becomes of rules, silences, windows and inhibitions that cost more than an alert may. Private to pipeline.

#include "winnow/domain/alert_budget.hpp"
#include "winnow/domain/cost_ladder.hpp"
#include "winnow/pipeline/config_cache.hpp"
#include "winnow/ports/fold_transaction.hpp"
#include "winnow/triage/fold.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace winnow::pipeline {

/// So many of them are looked at for one fold; of more the first ones.
inline constexpr std::size_t kMostOverrunning = 256;

/// An overrun counts where the dearest took so many steps, or was stopped by the deadline. Where nothing is dear alone,
/// and all of it together is, nothing would be gained by setting aside one after the other.
inline constexpr std::size_t kLeastDear = domain::AlertBudget::kSteps / 10;

/// One that overran, over a batch.
struct Overrunning {
    domain::Judge judge;
    std::int64_t version = 0;
    std::string name;                             ///< That people gave it, on one line.
    std::vector<std::chrono::nanoseconds> costs;  ///< Of each time.
    domain::AlertPosition last;
    AlertId last_alert;
    std::optional<domain::RowIds> names;
};

/// What overruns come to. They are rare, so the fold loads nothing of it; it is decided in the same transaction, behind
/// what the fold has stored.
struct CostSequel {
    std::vector<Overrunning> overrunning;         ///< Each once.
    std::shared_ptr<const TenantPolicy> current;  ///< Says who is told.
    std::vector<domain::Judge> judges;            ///< Whose records are wanted: theirs.
    triage::StateKeys keys;                       ///< Of dedup keys alone.

    /// Notes the overruns, and tells the tenant of each that is set aside by them: a ticket by the default route.
    ///
    /// @param states  of `keys`
    /// @param known   the records of those of the judges that have one
    /// @param now     by the database's clock
    [[nodiscard]] ports::TriageWrites decide(triage::States states, const std::vector<domain::JudgeCost>& known,
                                             Timestamp now) const;
};

/// Of those that were the dearest of an alert over its budget. `judged_by` is the policy that the alerts were judged
/// by. Null where no overrun counts.
[[nodiscard]] std::shared_ptr<const CostSequel> overruns(const std::vector<triage::Evaluated>& alerts,
                                                         const std::shared_ptr<const TenantPolicy>& judged_by,
                                                         std::shared_ptr<const TenantPolicy> current);

}  // namespace winnow::pipeline
