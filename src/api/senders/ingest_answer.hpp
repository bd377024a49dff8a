#pragma once

/// @file
/// The answer to ingestion, written by hand: it is on the hot path. Pure.

#include "winnow/domain/alert_ids.hpp"
#include "winnow/intake/formats.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow::api {

/// What the items of a body became, in its order.
struct ItemOutcomes {
    std::vector<std::optional<FieldError>> refusals;  ///< nullopt: it was taken.

    /// Of the items that were taken and had to be changed, by index, ascending.
    std::vector<std::pair<std::size_t, std::vector<FieldError>>> warnings;
};

/// The most warnings that one answer tells.
inline constexpr std::size_t kMaxWarnings = 1'000;

/// `{"receipt_id","accepted","rejected","results":[{"alert_id","warnings"?}|{"error":{code,pointer,detail}}]}` in the
/// body's order; each warning is {code,pointer,detail}. Beyond kMaxWarnings of them `"more_warnings"` at its end counts
/// those of the alerts that are shown without; the receipt has them.
[[nodiscard]] std::string ingest_answer(const domain::ReceiptId& receipt, const domain::TenantIds& ids,
                                        const ItemOutcomes& outcomes);

/// Appends `text` as a JSON string with its quotes. `text` is well-formed UTF-8.
void append_json_string(std::string_view text, std::string& out);

}  // namespace winnow::api
