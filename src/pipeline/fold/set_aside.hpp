#pragma once

/// @file
/// A row that must not be judged. Private to pipeline.

#include "pipeline/fold/fold_batch.hpp"
#include "winnow/triage/fold.hpp"

#include <vector>

namespace winnow::pipeline {

/// What is told of it, as an alert that no rule sees. One ticket takes all of a tenant's.
[[nodiscard]] std::vector<triage::Evaluated> set_aside_notice(const FoldBatch& batch);

/// The fold of that, with verdicts and noise of the row's alerts, which are looked at no more, read or not.
[[nodiscard]] Decision set_aside(const FoldBatch& batch, triage::States states);

}  // namespace winnow::pipeline
