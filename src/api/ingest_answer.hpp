#pragma once

/// @file
/// The answer to native ingestion, written by hand: it is on the hot path. Pure.

#include "winnow/domain/position.hpp"
#include "winnow/intake/formats.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::api {

/// What an item of the body became: nullopt means it was taken.
using ItemOutcomes = std::vector<std::optional<FieldError>>;

/// `{"receipt_id","accepted","rejected","results":[{"alert_id"}|{"error":{code,pointer,detail}}]}` in the body's order.
[[nodiscard]] std::string ingest_answer(const domain::ReceiptId& receipt, const ItemOutcomes& outcomes);

/// Appends `text` as a JSON string with its quotes. `text` is well-formed UTF-8.
void append_json_string(std::string_view text, std::string& out);

}  // namespace winnow::api
