#pragma once

/// @file
/// What a node's parts are told that follows from its configuration together with the machine it runs on.

#include "app/config/config.hpp"
#include "winnow/dispatch/dispatcher.hpp"
#include "winnow/pipeline/triage_service.hpp"

#include <cstddef>
#include <string>

namespace winnow::app {

/// Names this node in streams and leases: the host's name where none is configured, the process, and dice, because a
/// container's processes all have the same number.
[[nodiscard]] std::string node_name(const Config& config);

/// As configured, or one a processor.
[[nodiscard]] std::size_t io_threads(const Config& config);

/// So that one tenant, which has half of them, reads as many at a time as the loops would.
[[nodiscard]] std::size_t body_threads(const Config& config);

/// One for all tenants, one for those whose turns are short.
[[nodiscard]] std::size_t triage_workers(const Config& config);
[[nodiscard]] pipeline::TriageOptions triage_options(const Config& config);

[[nodiscard]] dispatch::DispatcherOptions dispatch_options(const Config& config, const std::string& node);

/// Matches take the time of the thread they run in, in this whole process: what a rule matches must not depend on how
/// busy the machine is.
void time_matches();

}  // namespace winnow::app
