#pragma once

/// @file
/// Whether a scope is about nothing in particular. Pure.

#include "winnow/base/time.hpp"
#include "winnow/domain/alert.hpp"
#include "winnow/suppression/scope.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace winnow::suppression {

/// When to try what is in force always: at every hour of a week.
[[nodiscard]] std::vector<Timestamp> hours_of_a_week(Timestamp from);

/// When to try what is in force from the first instant up to, not including, the second: the first, and others spread
/// over all of it, in no order. Their steps are uneven, so that none agrees with a minute, an hour or a day: what holds
/// at one hour of the day is not tried at that hour only. Where it lasts a week or longer, 168 of them are at every
/// hour of the week, each in another of its weeks.
[[nodiscard]] std::vector<Timestamp> instants_within(Timestamp from, Timestamp until, std::size_t count = 168);

/// The alerts that scopes are tried with, in families. Those of a family look alike in nothing: in no field do two of
/// them have the same value, or all of them a beginning, an end or a part in common.
[[nodiscard]] const std::vector<std::vector<domain::Alert>>& sample_families();

/// What trying one scope may cost, and what all scopes of a request may cost together.
inline constexpr Effort kEffortOfOne{.steps = 600'000};
inline constexpr Effort kEffortOfARequest{.steps = 2'000'000};

enum class Breadth : std::uint8_t {
    something,   ///< It asks for something.
    everything,  ///< It finds all alerts of a family, whatever their severities, at each of the instants.
    untried,     ///< Everything that it was tried with it found, and the effort did not do for all.
};

/// `everything` is what finds all alerts that have nothing but what every alert has, or all that look as alerts usually
/// do: `{}`, `true`, `env=~".*"`, `label("env") != "prod"`, `title != ""`, `dedup_key.size() > 3`, `title < "zzzz"`;
/// `now.getHours() < 6` where the instants lie before six. What holds for every alert is always found out; what lets
/// all through that lack the label it names counts, too, as it does in Alertmanager. `something` where there is no
/// instant.
[[nodiscard]] Breadth breadth_of(const Scope& scope, std::span<const Timestamp> instants, Effort& effort);

/// Of a scope by itself.
[[nodiscard]] Breadth breadth_of(const Scope& scope, std::span<const Timestamp> instants);

}  // namespace winnow::suppression
