#pragma once

/// @file
/// A REST request from its start until all of its answer was sent.

#include "api/audit/access_note.hpp"
#include "api/rest/route.hpp"

#include <chrono>
#include <memory>

namespace winnow::api {

/// Used by one thread at a time; its transactions may be run on any database thread.
struct RunningCall {
    std::shared_ptr<const Route> route;
    PathParameters parameters;
    access::Principal who;
    http::Request request;
    http::ResponseSink sink;
    Services services;
    Timestamp now;  ///< When the handler began.
    http::Response response;
    Compute compute;                    ///< Where it is not empty it makes the response.
    std::unique_ptr<Pages> pages;       ///< Where it is not null it makes the response's body, while that is sent.
    std::chrono::nanoseconds spent{0};  ///< Of a processor, by the handler.
    bool outbox_changed = false;        ///< Said by the handler; true only once the transaction is committed.
    std::shared_ptr<AccessNote> note;   ///< Of the access log; null: the call is in none.

    [[nodiscard]] Call call() const
    {
        return {.request = request, .who = who, .path = parameters, .now = now, .services = services};
    }
};

}  // namespace winnow::api
