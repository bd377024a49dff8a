#pragma once

/// @file
/// Which of a tenant's rules, silences, windows and inhibitions judge alerts. Private to pipeline.

#include "winnow/domain/tenant.hpp"

#include <chrono>
#include <optional>

namespace winnow::pipeline {

/// All but what is set aside in the version that it has: rules, silences, windows and inhibitions, and nothing else of
/// the configuration.
[[nodiscard]] domain::TenantConfig asked_of(const domain::TenantConfig& config);

/// After how long, from when the configuration was loaded on, something of it is asked again; nullopt: nothing is.
[[nodiscard]] std::optional<std::chrono::milliseconds> first_asked_again(const domain::TenantConfig& config);

}  // namespace winnow::pipeline
