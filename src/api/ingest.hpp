#pragma once

/// @file
/// Alerts at the door: bytes → alerts → journal → answer. Runs on I/O threads and never blocks.

#include "winnow/access/permission.hpp"
#include "winnow/domain/limits.hpp"
#include "winnow/http/message.hpp"
#include "winnow/journal/writer.hpp"

#include <chrono>
#include <functional>

namespace winnow::api {

/// What both doors work with.
struct Door {
    journal::Writer& journal;
    std::function<bool()> accepting;
    std::function<Timestamp()> clock;
    domain::AlertLimits limits;
    std::chrono::milliseconds resolve_timeout;
};

/// POST /api/v1/alerts and /i/{token}/alerts.
void ingest_native(const Door& door, const access::Principal& who, http::Request request, http::ResponseSink sink);

/// POST …/api/v2/alerts as Alertmanager answers it: 200 and nothing, or a bare JSON string.
void ingest_alertmanager(const Door& door, const access::Principal& who, http::Request request,
                         http::ResponseSink sink);

/// GET …/api/v2/status: enough for clients that look before they send.
[[nodiscard]] http::Response alertmanager_status();

}  // namespace winnow::api
