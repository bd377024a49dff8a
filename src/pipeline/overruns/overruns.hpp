#pragma once

/// @file
/// What becomes of rules, silences, windows and inhibitions that cost more than an alert may. Private to pipeline.

#include "winnow/domain/alert_budget.hpp"
#include "winnow/pipeline/config_cache.hpp"
#include "winnow/ports/triage_store.hpp"
#include "winnow/triage/fold.hpp"

#include <cstddef>
#include <memory>
#include <vector>

namespace winnow::pipeline {

/// So many of them are looked at for one fold; of more the first ones.
inline constexpr std::size_t kMostOverrunning = 256;

/// An overrun counts where the dearest took so many steps, or was stopped by the deadline. Where nothing is dear alone,
/// and all of it together is, nothing would be gained by setting aside one after the other.
inline constexpr std::size_t kLeastDear = domain::AlertBudget::kSteps / 10;

/// Notes the overruns of those that were the dearest of an alert over its budget, and tells the tenant of each that is
/// set aside by it: a ticket by the default route. `judged_by` is the policy that the alerts were judged by, `current`
/// says who is told. Null where no overrun counts.
[[nodiscard]] std::shared_ptr<const ports::CostSequel> overruns(const std::vector<triage::Evaluated>& alerts,
                                                                std::shared_ptr<const TenantPolicy> judged_by,
                                                                std::shared_ptr<const TenantPolicy> current);

}  // namespace winnow::pipeline
