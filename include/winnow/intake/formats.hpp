#pragma once

/// @file
/// Sender formats → alerts. One file a format in src/intake/. Pure.

#include "winnow/base/result.hpp"
#include "winnow/domain/alert.hpp"
#include "winnow/domain/limits.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace winnow::intake {

/// Who sent it and when, as the door knows it.
struct Origin {
    IntegrationId integration_id;
    std::string integration;
    Timestamp received_at;
};

/// One alert of a body: taken, or refused with the fields to mend. Pointers are into the whole body.
using Item = std::variant<domain::Alert, FieldError>;

/// What a body held, in its order. Never empty.
using Batch = std::vector<Item>;

/// Undoes Content-Encoding ("", "identity", "gzip", "zstd"). `too_large` beyond `max_bytes` decoded (a bomb costs no
/// more), `invalid_argument` where damaged or unknown.
[[nodiscard]] Result<std::string> decode_content(std::string_view encoding, std::string body, std::size_t max_bytes);

/// The native format (docs/openapi.yaml, POST /api/v1/alerts): one object, an array, {"alerts":[…]}.
/// An Error means that the body as a whole cannot be read.
[[nodiscard]] Result<Batch> parse_native_json(std::string_view body, const Origin& origin,
                                              const domain::AlertLimits& limits);

/// Newline-delimited native alerts. Blank lines are skipped; pointers begin with the alert's index.
[[nodiscard]] Result<Batch> parse_native_ndjson(std::string_view body, const Origin& origin,
                                                const domain::AlertLimits& limits);

/// Alertmanager's POST /api/v2/alerts: an array of {labels, annotations, startsAt, endsAt, generatorURL}.
/// Sets instance_key (fingerprint), and ends_at to `resolve_timeout` after now where the sender gave none.
[[nodiscard]] Result<Batch> parse_alertmanager(std::string_view body, const Origin& origin,
                                               const domain::AlertLimits& limits,
                                               std::chrono::milliseconds resolve_timeout);

}  // namespace winnow::intake
