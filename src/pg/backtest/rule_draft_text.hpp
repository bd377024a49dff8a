#pragma once

/// @file
/// A draft as the column `backtests.draft` keeps it: JSON.

#include "winnow/base/result.hpp"
#include "winnow/domain/backtest.hpp"

#include <string>
#include <string_view>

namespace winnow::pg {

[[nodiscard]] std::string draft_text(const domain::RuleDraft& draft);

/// Reads the column back. `internal` where it holds anything that draft_text() would not have written.
[[nodiscard]] Result<domain::RuleDraft> parse_draft(std::string_view text);

}  // namespace winnow::pg
