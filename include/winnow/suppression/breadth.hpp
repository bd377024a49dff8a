#pragma once

/// @file
/// Whether a scope is about nothing in particular. Pure.

#include "winnow/base/time.hpp"
#include "winnow/suppression/scope.hpp"

namespace winnow::suppression {

/// True of what finds alerts that have nothing but what every alert has, whatever their texts and severities and
/// whatever the hour: `{}`, `true`, `env=~".*"`, `label("env") != "prod"`, `title != ""`, `severity >= INFO`. What
/// holds for every alert is always found out; what lets all through that lack the label it names counts, too, as it
/// does in Alertmanager.
[[nodiscard]] bool covers_everything(const Scope& scope, Timestamp now);

}  // namespace winnow::suppression
