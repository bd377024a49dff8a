#pragma once

/// @file
/// Exports of all that a tenant owns.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace winnow::domain {

/// Stored by name, but for `gone`, which follows from the time.
enum class ExportState : std::uint8_t { queued, running, ready, failed, gone };

[[nodiscard]] std::string_view to_string(ExportState state) noexcept;
[[nodiscard]] std::optional<ExportState> parse_export_state(std::string_view word) noexcept;

/// For so long one that is ready can be read; then its content goes, and what it was is remembered for a while.
inline constexpr std::chrono::days kExportKept{7};

}  // namespace winnow::domain
