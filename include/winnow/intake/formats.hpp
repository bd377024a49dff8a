#pragma once

/// @file
/// Sender formats → alerts. One folder a family of formats in src/intake/senders/. Pure.

#include "winnow/base/result.hpp"
#include "winnow/domain/alert.hpp"
#include "winnow/domain/limits.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
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

/// What a body held, in its order. A native one is never empty; other senders may say that they have nothing to say.
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
/// Sets instance_key (fingerprint), and ends_at to `resolve_timeout` after now where the sender gave none. What does
/// not fit is cut, moved or left out with a warning: the sender cannot mend it.
[[nodiscard]] Result<Batch> parse_alertmanager(std::string_view body, const Origin& origin,
                                               const domain::AlertLimits& limits,
                                               std::chrono::milliseconds resolve_timeout);

enum class WebhookSender : std::uint8_t { alertmanager, grafana };

/// The webhooks of Alertmanager (version 4) and Grafana: {"alerts": […], …}, one alert of the body one of ours, known
/// by its `fingerprint`. As it is sent once only, an alert that fires has no end until one is sent.
[[nodiscard]] Result<Batch> parse_webhook(WebhookSender sender, std::string_view body, const Origin& origin,
                                          const domain::AlertLimits& limits);

/// Where a body that is no native alert looks like another product's: which, and the path that takes it, or that none
/// does yet. "" where it looks like nothing known. Slow: for bodies that were refused.
[[nodiscard]] std::string recognise_foreign(std::string_view body);

}  // namespace winnow::intake
