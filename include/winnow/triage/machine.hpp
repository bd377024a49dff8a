#pragma once

/// @file
/// What thresholds and flap detectors remember of a dedup key, and how an alert moves them. Pure.
///
/// Time is the alerts' own received_at: going through the same alerts again gives the same.

#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/rule.hpp"
#include "winnow/domain/verdict.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace winnow::triage {

/// Which machine: a rule has one of a kind for every dedup key.
struct MachineKey {
    RuleId rule_id = {};
    domain::HoldKind kind = domain::HoldKind::threshold;  ///< threshold or flap; a pause remembers nothing but its end.
    std::string dedup_key = {};

    friend auto operator<=>(const MachineKey&, const MachineKey&) = default;
};

struct MachineState {
    MachineKey key;
    std::vector<Timestamp> recent;  ///< Alerts (threshold) or transitions (flap) that may still count, ascending.
    std::optional<bool> firing;     ///< flap: what the latest alert said; nullopt: there was none.
    bool flapping = false;
    std::uint32_t changes = 0;  ///< flap, weighted: of the last 20 alerts, the latest in bit 0, which were changes.
    std::optional<Timestamp> due_at;  ///< flap: settled then, if there is no further transition.
    Timestamp expires_at;             ///< From then on what it remembers has no effect.

    friend bool operator==(const MachineState&, const MachineState&) = default;
};

/// A firing alert at `at` makes how many in (end - within, end]? `end` is `at` itself; or, where it comes after alerts
/// that were received later, any of those that makes it the most: whoever reaches the count last reaches it for all.
struct Count {
    std::int32_t alerts = 0;
    bool reached = false;
};
[[nodiscard]] Count count_alert(MachineState& state, const domain::ThresholdAction& terms, Timestamp at);

/// The trouble is there (firing) or over. A first alert is no transition. Returns whether it flaps now.
bool see_status(MachineState& state, const domain::FlapAction& terms, bool firing, Timestamp at);

/// Forgets what led to the flapping.
void settle(MachineState& state);

}  // namespace winnow::triage
