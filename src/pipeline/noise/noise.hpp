#pragma once

/// @file
/// What a batch adds to the noise statistics. Private to pipeline.

#include "winnow/domain/noise.hpp"
#include "winnow/ports/triage_store.hpp"
#include "winnow/triage/fold.hpp"

#include <vector>

namespace winnow::pipeline {

/// `alerts` are one tenant's, which `ids` name, in order of their positions. One row an hour, kind and key, in no
/// order. Messages count in the hour of the alert that brought them about; those that time brought about count where
/// nobody asks for a rule.
[[nodiscard]] std::vector<domain::NoiseRow> count_noise(const std::vector<triage::Evaluated>& alerts,
                                                        const domain::TenantIds& ids, const triage::Outcome& outcome,
                                                        const std::vector<domain::Owed>& deliveries);

}  // namespace winnow::pipeline
