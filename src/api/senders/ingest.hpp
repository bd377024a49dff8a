#pragma once

/// @file
/// Alerts at the door: bytes → alerts → journal → answer. Runs on I/O threads, or on those for large bodies, and never
/// blocks.

#include "api/rates/ingest_bill.hpp"
#include "api/senders/ingest_answer.hpp"
#include "winnow/access/permission.hpp"
#include "winnow/domain/limits.hpp"
#include "winnow/http/message.hpp"
#include "winnow/journal/writer.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace winnow::api {

/// What all doors work with.
struct Door {
    journal::Writer& journal;
    std::function<Timestamp()> clock;
    domain::AlertLimits limits;
    std::chrono::milliseconds resolve_timeout;
    std::shared_ptr<Rates> rates;  ///< Null: nothing is paid.
    domain::AlertIds ids = {};
};

/// POST /api/v1/alerts and /i/{token}/alerts.
void ingest_native(const Door& door, const access::Principal& who, http::Request request, http::ResponseSink sink);

/// Formats whose senders push what they have, do not split it, and do not send it again when it is refused.
enum class PushFormat : std::uint8_t { alertmanager_api, alertmanager_webhook, grafana_webhook };

/// POST …/api/v2/alerts as Alertmanager answers it (200 and nothing, or a bare JSON string), and the webhooks (202 and
/// what native ingestion answers). Each success with the header Winnow-Receipt.
void ingest_push(const Door& door, PushFormat format, const access::Principal& who, http::Request request,
                 http::ResponseSink sink);

/// An error as senders of these formats take it: they give up on 429, and come again on 503.
[[nodiscard]] http::Response push_refusal(const Error& error, const std::string& path, const std::string& request_id);

/// A body as far as it could be read.
struct Parsed {
    std::vector<domain::Alert> alerts;
    ItemOutcomes outcomes;
};
[[nodiscard]] Parsed sort_out(intake::Batch batch);

/// The body with its Content-Encoding undone; unsupported_content() where it is one that we do not know. What that took
/// is put on the bill.
[[nodiscard]] Result<std::string> plain_body(http::Request& request, std::size_t max_bytes, IngestBill& bill);

/// An error that is answered 415.
[[nodiscard]] Error unsupported_content(std::string detail);
[[nodiscard]] bool is_unsupported(const Error& error);

[[nodiscard]] intake::Origin origin_of(const Door& door, const access::Principal& who);

/// GET …/api/v2/status: enough for clients that look before they send.
[[nodiscard]] http::Response alertmanager_status();

}  // namespace winnow::api
