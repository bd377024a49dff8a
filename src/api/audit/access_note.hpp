#pragma once

/// @file
/// A call on its way into its tenant's access log: no answer goes out before its entry is committed.

#include "api/rest/route.hpp"
#include "winnow/identity/refused_accesses.hpp"
#include "winnow/ports/access/access_log.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace winnow::api {

/// One call. Used by one thread at a time: first by whoever runs it, then by whoever answers it.
struct AccessNote {
    TenantId tenant;
    access::Principal who;
    const intake::Sender* sender = nullptr;  ///< In whose form the answer is refused.
    std::string_view operation;              ///< As docs/openapi.yaml names it.
    ports::AccessEntry entry;                ///< Without status and bytes until conclude().
    bool is_head = false;
    bool is_stored = false;  ///< By the transaction that did what was asked.
};

class Denials;

/// Where entries go. All outlive every call.
struct AccessLogs {
    ports::AccessRecords& records;
    identity::RefusedAccesses& refused;
    Denials* denials = nullptr;  ///< For the audit log: what is answered 403. Null: nothing of it is noted.
};

[[nodiscard]] std::shared_ptr<AccessNote> note_of(const access::Principal& who, const Route& route,
                                                  const PathParameters& path, const http::RequestHead& head,
                                                  Timestamp now, Uuid id);

/// Whether such answers are summed instead: who may not, or not so often, is told so without end.
[[nodiscard]] bool is_summed(int status) noexcept;

/// What the answer adds.
void conclude(AccessNote& note, const http::Response& response);

/// `sink`, which gets the answer once its entry is committed; where it cannot be, a refusal in its place (503). What is
/// summed, what has been stored with its own transaction, and what failed by a fault of ours (5xx), goes on at once.
[[nodiscard]] http::ResponseSink recording(std::shared_ptr<AccessNote> note, AccessLogs logs, http::ResponseSink sink);

/// What an answer goes through once it is known on the way whose it is: recording(), then the sink.
using Recorder =
    std::function<http::ResponseSink(const access::Principal&, const http::RequestHead&, http::ResponseSink)>;
/// `route` and `path` outlive the call.
[[nodiscard]] Recorder recorder_of(AccessLogs logs, const Route& route, const PathParameters& path,
                                   Timestamp (*clock)(), Uuid (*new_id)());

/// A known caller whom admission refuses: summed as well, in both logs.
void note_refusal(const AccessLogs& logs, const access::Principal& who, const Route& route,
                  const http::RequestHead& head, int status, std::string_view code);

/// What of such a call is summed.
[[nodiscard]] identity::RefusedCall refused_call(const http::RequestHead& head, const Route& route, int status,
                                                 std::string_view code) noexcept;

}  // namespace winnow::api
