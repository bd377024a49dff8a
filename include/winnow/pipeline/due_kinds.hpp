#pragma once

/// @file
/// The kinds of triage's timers: stores and decisions as the Timekeeper takes them.

#include "winnow/pipeline/config_cache.hpp"
#include "winnow/ports/access/source_network_trials.hpp"
#include "winnow/ports/time/due_kind.hpp"
#include "winnow/ports/time/hold_store.hpp"
#include "winnow/ports/time/quiet_store.hpp"
#include "winnow/ports/triage_store.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace winnow::observe {
class Metrics;
}

namespace winnow::pipeline {

/// Called after a turn that owes somebody a message; quick.
using OutboxChanged = std::function<void()>;

/// `hold`: pauses that are over, thresholds that are given up, flapping that has settled. `again` as in DueTraits; all
/// references must outlive what is made.
[[nodiscard]] std::unique_ptr<ports::DueKind> make_hold_kind(ports::HoldStore& store, ConfigCache& policies,
                                                             OutboxChanged outbox_changed,
                                                             std::chrono::milliseconds again,
                                                             observe::Metrics& metrics);

/// `quiet`: quiet tickets whose cover may have ended.
[[nodiscard]] std::unique_ptr<ports::DueKind> make_quiet_kind(ports::QuietStore& store, ConfigCache& policies,
                                                              OutboxChanged outbox_changed,
                                                              std::chrono::milliseconds again,
                                                              observe::Metrics& metrics);

/// `quiet_silence`: silences that end by themselves. Of all tenants at once.
[[nodiscard]] std::unique_ptr<ports::DueKind> make_quiet_silence_kind(ports::QuietStore& store,
                                                                      std::chrono::milliseconds again,
                                                                      observe::Metrics& metrics);

/// `quiet_source`: finds quiet tickets that an ended source left behind unmarked, ten of `again` apart. Of all tenants.
[[nodiscard]] std::unique_ptr<ports::DueKind> make_quiet_source_kind(ports::QuietStore& store,
                                                                     std::chrono::milliseconds again);

/// `expiry`: instances that ended without being resolved.
[[nodiscard]] std::unique_ptr<ports::DueKind> make_expiry_kind(ports::TriageStore& store, ConfigCache& policies,
                                                               OutboxChanged outbox_changed,
                                                               std::chrono::milliseconds again,
                                                               observe::Metrics& metrics);

/// `source_networks`: lists of a tenant that are on trial, and that nobody has said to keep.
[[nodiscard]] std::unique_ptr<ports::DueKind> make_source_networks_kind(ports::SourceNetworkTrials& trials,
                                                                        std::chrono::milliseconds again);

/// A column that another loop waits for: that one is told, and does what is due. `remind` is quick. The loop looks by
/// itself, too, but seldom.
[[nodiscard]] std::unique_ptr<ports::DueKind> make_reminder_kind(std::string_view name, std::function<void()> remind,
                                                                 std::chrono::milliseconds again);

/// A kind that waits for a board to tell of it, and is none of those `on_board`: it would never have a turn.
[[nodiscard]] std::optional<std::string> first_never_due(std::span<const std::unique_ptr<ports::DueKind>> kinds,
                                                         std::span<const std::string_view> on_board);

}  // namespace winnow::pipeline
