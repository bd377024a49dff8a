#pragma once

/// @file
/// What all connections of one listener share.

#include "http/body_memory.hpp"
#include "http/forwarded.hpp"
#include "winnow/http/server.hpp"

#include <array>
#include <atomic>
#include <vector>

namespace winnow::http {

struct ListenerMetrics {
    ListenerMetrics(observe::Metrics& metrics, const std::string& listener);

    observe::Gauge open;
    observe::Counter accepted;
    observe::Counter over_total;        ///< Connections refused by max_connections.
    observe::Counter over_per_address;  ///< Connections refused by max_connections_per_address.
    observe::Counter handshake_failures;
    observe::Counter received_bytes;            ///< Plaintext.
    observe::Counter sent_bytes;                ///< Plaintext.
    std::array<observe::Counter, 6> responses;  ///< By the status's first digit.
};

/// Constant after the server was made.
struct Listener {
    Handler& handler;
    Limits limits;
    std::vector<Network> trusted_proxies;
    bool asks_for_certificates;
    ListenerMetrics metrics;
    BodyMemory& body_memory;
    const std::atomic<bool>& draining;  ///< Once true, no answer promises another one on its connection.
};

}  // namespace winnow::http
