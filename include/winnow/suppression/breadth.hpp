#pragma once

/// @file
/// Whether a scope is about nothing in particular. Pure.

#include "winnow/base/time.hpp"
#include "winnow/suppression/scope.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace winnow::suppression {

/// When to try what is in force always.
[[nodiscard]] std::vector<Timestamp> hours_of_a_week(Timestamp from);

/// When to try what is in force from the first instant up to, not including, the second: evenly spread, the first among
/// them.
[[nodiscard]] std::vector<Timestamp> instants_within(Timestamp from, Timestamp until, std::size_t count = 168);

/// True of what finds, at each of the instants, all alerts that have nothing but what every alert has, or all that look
/// as alerts usually do, whatever their severities: `{}`, `true`, `env=~".*"`, `label("env") != "prod"`, `title != ""`,
/// `dedup_key.size() > 3`, `title < "zzzz"`; `now.getHours() < 6` where the instants lie before six. What holds for
/// every alert is always found out; what lets all through that lack the label it names counts, too, as it does in
/// Alertmanager. False where there is no instant.
[[nodiscard]] bool covers_everything(const Scope& scope, std::span<const Timestamp> instants);

}  // namespace winnow::suppression
