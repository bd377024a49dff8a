#pragma once

/// @file
/// Silences, windows and inhibitions on a batch's way through triage. Private to pipeline.

#include "winnow/ports/triage_store.hpp"
#include "winnow/suppression/suppressions.hpp"
#include "winnow/triage/fold.hpp"

#include <cstdint>
#include <functional>
#include <vector>

namespace winnow::pipeline {

/// Covers a firing alert that a silence or window finds, unless a rule dropped or suppressed it.
void cover(const suppression::Suppressions& suppressions, triage::Evaluated& alert);

/// Asks inhibitions for a firing alert that no rule dropped. All that follows goes by what they said.
void find_sides(const suppression::Suppressions& suppressions, triage::Evaluated& alert);

/// Covers the firing alerts that a firing source explains, save those that a rule, silence or window keeps from being
/// told already. `known` are the sources that source_keys() asked for; returns what has changed about them. `progress`
/// is told after each alert, where there is one.
[[nodiscard]] std::vector<domain::InhibitionSource> inhibit(const suppression::Suppressions& suppressions,
                                                            std::vector<domain::InhibitionSource> known,
                                                            std::vector<triage::Evaluated>& alerts,
                                                            const std::function<void()>& progress);

/// Which sources inhibit() must know.
[[nodiscard]] domain::InhibitionSourceKeys source_keys(const suppression::Suppressions& suppressions,
                                                       const std::vector<triage::Evaluated>& alerts);

/// Adds to `writes`, which hold the fold's outcome, what the covers come to: tickets to look at again, and counts.
void keep_covers(const std::vector<triage::Evaluated>& alerts, std::int64_t config_version,
                 ports::TriageWrites& writes);

}  // namespace winnow::pipeline
