#pragma once

/// @file
/// Alerts at the door: bytes → alerts → journal → answer, as the sender's row of the table says. Runs on I/O threads,
/// or on those for large bodies, and never blocks.

#include "api/rates/ingest_bill.hpp"
#include "api/rest/refusal.hpp"
#include "api/rest/route.hpp"
#include "winnow/access/permission.hpp"
#include "winnow/domain/limits.hpp"
#include "winnow/http/message.hpp"
#include "winnow/intake/sender.hpp"
#include "winnow/journal/writer.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

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

/// Alerts at a path that takes them: `at` is whole. `parameters` are those of the path.
void ingest(const Door& door, const SenderRoute& at, const access::Principal& who, http::Request request,
            const PathParameters& parameters, http::ResponseSink sink);

/// The body with its Content-Encoding undone; unsupported_content() where it is one that we do not know. What that took
/// is put on the bill.
[[nodiscard]] Result<std::string> plain_body(http::Request& request, std::size_t max_bytes, IngestBill& bill);

}  // namespace winnow::api
