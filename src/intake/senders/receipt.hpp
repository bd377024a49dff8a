#pragma once

/// @file
/// The receipt as JSON: Winnow's own answer to alerts, which the webhooks get as well. Written by hand: it is on the
/// hot path. Pure.

#include "winnow/domain/alert_ids.hpp"
#include "winnow/intake/sender.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace winnow::intake {

/// Names the receipt where the body of the answer may not.
inline constexpr std::string_view kReceiptHeader = "Winnow-Receipt";

/// The most warnings that one answer tells.
inline constexpr std::size_t kMaxWarnings = 1'000;

/// `{"receipt_id","accepted","rejected","results":[{"alert_id","warnings"?}|{"error":{code,pointer,detail}}]}` in the
/// body's order; each warning is {code,pointer,detail}. Beyond kMaxWarnings of them `"more_warnings"` at its end counts
/// those of the alerts that are shown without; the receipt has them.
[[nodiscard]] std::string receipt_json(const domain::ReceiptId& receipt, const domain::TenantIds& ids,
                                       const ItemOutcomes& outcomes);

/// 202 with the receipt; 200 where there was nothing to store.
[[nodiscard]] Reply receipt_reply(const Stored& stored);

/// The same, with kReceiptHeader.
[[nodiscard]] Reply named_receipt_reply(const Stored& stored);

}  // namespace winnow::intake
