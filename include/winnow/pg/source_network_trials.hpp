#pragma once

/// @file
/// ports::SourceNetworkTrials on PostgreSQL.

#include "winnow/pg/sessions.hpp"
#include "winnow/ports/access/source_network_trials.hpp"

#include <memory>

namespace winnow::pg {

/// As the role winnow_pipeline.
[[nodiscard]] std::unique_ptr<ports::SourceNetworkTrials> make_source_network_trials(const Sessions& sessions);

}  // namespace winnow::pg
