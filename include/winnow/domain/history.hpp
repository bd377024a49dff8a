#pragma once

/// @file
/// How much a tenant's histories may take: what people's changes leave behind. Configurable (config/winnow.yaml), and
/// by the provider for one tenant.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace winnow::domain {

inline constexpr std::int64_t kLeastHistoryBytes = std::int64_t{1} << 20U;
inline constexpr std::int64_t kMostHistoryBytes = std::int64_t{1} << 50U;

struct HistoryLimits {
    std::int64_t max_bytes = std::int64_t{1} << 30U;  ///< Before compression.
    std::size_t newest_rulesets = 100;  ///< Versions of a rule set that stay, each; see docs/operations.md.
};

/// Of one tenant.
struct HistoryUse {
    std::int64_t used = 0;            ///< Bytes before compression.
    std::optional<std::int64_t> own;  ///< What the provider has set for it alone.
};

/// The code of the FieldError that says so; a second one with the code "value" has the limit's in its detail.
inline constexpr std::string_view kHistoryFull = "history_full";
inline constexpr std::string_view kHistoryLimit = "tenants.max_history_bytes";

}  // namespace winnow::domain
