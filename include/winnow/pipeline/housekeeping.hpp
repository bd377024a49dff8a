#pragma once

/// @file
/// What goes on by itself: dead writers' rows, instances that ended unheard, noise, partitions, heartbeats.

#include "winnow/domain/position.hpp"
#include "winnow/pipeline/config_cache.hpp"
#include "winnow/pipeline/triage_service.hpp"
#include "winnow/ports/journal_store.hpp"
#include "winnow/ports/triage_store.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

namespace winnow::observe {
class Metrics;
}

namespace winnow::pipeline {

struct HousekeepingOptions {
    std::chrono::milliseconds heartbeat{2'000};
    std::chrono::milliseconds takeover{1'000};  ///< How often to look for streams whose writers are gone.
    std::chrono::milliseconds expiry{1'000};    ///< How often to look for instances whose end has passed.
    std::chrono::milliseconds noise{5'000};     ///< How often to gather what was added to the noise statistics.
    std::chrono::milliseconds partitions{3'600'000};
};

/// One thread. All references must outlive it.
class Housekeeping {
public:
    /// `own_stream` says which stream this node writes (nullopt: none yet) and the highest seq it has released.
    struct OwnStream {
        domain::StreamId stream = 0;
        std::uint64_t released_seq = 0;
    };

    Housekeeping(ports::JournalStreams& streams, ports::TriageStore& store, ConfigCache& policies,
                 TriageService& triage, std::function<std::optional<OwnStream>()> own_stream,
                 std::function<void()> outbox_changed, HousekeepingOptions options, observe::Metrics& metrics);
    ~Housekeeping();
    Housekeeping(const Housekeeping&) = delete;
    Housekeeping& operator=(const Housekeeping&) = delete;

    /// Blocking, once, before serving: partitions exist.
    [[nodiscard]] Result<Done> prepare();

    void start();

    /// False while the stream's heartbeat fails: an idle node learns from it that the database is away. Thread-safe.
    [[nodiscard]] bool healthy() const noexcept;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace winnow::pipeline
