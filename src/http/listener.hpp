#pragma once

/// @file
/// What all connections of one listener share.

#include "http/forwarded.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/http/server.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <mutex>
#include <unordered_map>
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

/// Memory that all connections' large bodies share. A body's is taken at once or not at all: bodies that each hold a
/// part and wait for the rest of it would wait for each other. Thread-safe.
class BodyMemory {
public:
    /// So much of it one caller may have: the others' bodies are taken beside any number of slow ones of one caller.
    static constexpr std::size_t kShares = 4;

    explicit BodyMemory(std::size_t limit) noexcept : limit_(limit) {}

    /// False, and nothing taken, where there is no room. A caller's only body may be longer than its share, and the
    /// only body of all longer than the limit.
    [[nodiscard]] bool take(const Uuid& caller, std::size_t bytes)
    {
        const std::lock_guard lock(mutex_);
        if (used_ != 0 && used_ + bytes > limit_) return false;
        const auto share = shares_.find(caller);
        if (share == shares_.end()) {
            shares_.emplace(caller, bytes);
        } else {
            if (share->second + bytes > limit_ / kShares) return false;
            share->second += bytes;
        }
        used_ += bytes;
        return true;
    }

    /// Of what was taken for that caller.
    void give_back(const Uuid& caller, std::size_t bytes) noexcept
    {
        const std::lock_guard lock(mutex_);
        used_ -= bytes;
        const auto share = shares_.find(caller);
        share->second -= bytes;
        if (share->second == 0) shares_.erase(share);
    }

private:
    const std::size_t limit_;
    std::mutex mutex_;
    std::size_t used_ = 0;
    std::unordered_map<Uuid, std::size_t> shares_;
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
