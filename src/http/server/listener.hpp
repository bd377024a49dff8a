#pragma once

/// @file
/// What all connections of one listener share.

#include "http/server/cut_short.hpp"
#include "http/server/doorman.hpp"
#include "http/wire/body_memory.hpp"
#include "http/wire/forwarded.hpp"
#include "winnow/http/server.hpp"

#include <array>
#include <atomic>
#include <string>
#include <vector>

namespace winnow::http {

struct ListenerMetrics {
    ListenerMetrics(observe::Metrics& metrics, const std::string& listener);

    observe::Gauge open;
    observe::Counter accepted;
    observe::Counter handshake_failures;
    observe::Counter received_bytes;            ///< Plaintext.
    observe::Counter sent_bytes;                ///< Plaintext.
    std::array<observe::Counter, 6> responses;  ///< By the status's first digit.
    std::array<observe::Counter, kCutShort.size()> cut_short;
};

/// Constant after the server was made.
struct Listener {
    Handler& handler;
    Limits limits;
    std::vector<Network> trusted_proxies;
    bool asks_for_certificates;
    ListenerMetrics metrics;
    BodyMemory& body_memory;
    Doorman& doorman;
    const std::atomic<bool>& draining;  ///< Once true, no answer promises another one on its connection.
};

}  // namespace winnow::http
