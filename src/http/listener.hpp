#pragma once

/// @file
/// What all connections of one listener share.

#include "http/forwarded.hpp"
#include "winnow/http/server.hpp"

#include <array>
#include <atomic>
#include <cstddef>
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

/// Memory that all connections' large bodies share. Thread-safe.
class BodyMemory {
public:
    explicit BodyMemory(std::size_t limit) noexcept : limit_(limit) {}

    /// False, and nothing taken, where there is no room. What nobody else wants is given even beyond the limit.
    [[nodiscard]] bool take(std::size_t bytes) noexcept
    {
        auto used = used_.load(std::memory_order_relaxed);
        do {
            if (used != 0 && used + bytes > limit_) return false;
        } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
        return true;
    }
    void give_back(std::size_t bytes) noexcept { used_.fetch_sub(bytes, std::memory_order_relaxed); }

private:
    const std::size_t limit_;
    std::atomic<std::size_t> used_{0};
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
