#pragma once

/// @file
/// What all connections of one listener share.

#include "http/places/doorman.hpp"
#include "http/server/body_memory.hpp"
#include "http/wire/forwarded.hpp"
#include "winnow/http/server.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::http {

/// Why an answer that is made while it is sent has ended before its end.
enum class CutShort : std::uint8_t {
    source,     ///< It broke, or gave nothing for too long.
    pace,       ///< Its reader took too little.
    gone,       ///< Its reader has closed, or is out of reach.
    drain,      ///< The server stops.
    unsent,     ///< Too many answers of its tenant were not taken.
    displaced,  ///< A new connection, where places were short.
};
inline constexpr std::array<std::string_view, 6> kCutShort{"source", "pace", "gone", "drain", "unsent", "displaced"};

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
