#pragma once

/// @file
/// What the connection*.cpp share. Private to them.

#include "http/server/connection.hpp"
#include "http/server/stream_terms.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace winnow::http {

/// One request and its answer.
struct Connection::Turn {
    Turn(std::shared_ptr<Exchange> shared, BodyMemory& memory)
        : exchange(std::move(shared)), parser(exchange->head), memory(memory)
    {
    }
    ~Turn() { exchange->abandon(); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

    std::shared_ptr<Exchange> exchange;
    HeadParser parser;
    Framing framing;
    Admission admission;
    std::string request_id;
    std::string path;
    BodyMemory::Part memory;  ///< Given back with the turn: a body's alerts live until they are stored.
    std::chrono::steady_clock::time_point body_end;  ///< When all of the body must be here.
    std::size_t paced_from = 0;                      ///< Bytes of the body that were here when its deadline was set.
    bool keep_alive = false;
    bool is_head = false;
    bool http_1_0 = false;
};

/// An answer that is made while it is sent.
struct Connection::Stream {
    StreamTerms terms;
    Turn& turn;
    /// Since when its reader is seen to send no more; while nothing is sent to it that would tell whether it is there.
    std::optional<std::chrono::steady_clock::time_point> half_closed_since = {};
};

}  // namespace winnow::http
