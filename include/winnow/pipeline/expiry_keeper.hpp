#pragma once

/// @file
/// Ends the instances of repeating senders whose end has passed unrefreshed, and lets their tickets recover.

#include "winnow/pipeline/config_cache.hpp"
#include "winnow/ports/triage_store.hpp"

#include <chrono>
#include <functional>
#include <memory>

namespace winnow::observe {
class Metrics;
}

namespace winnow::pipeline {

/// One thread of its own: people are told by what it does, and it may take long. All references must outlive it.
class ExpiryKeeper {
public:
    /// `interval`: how often it looks.
    ExpiryKeeper(ports::TriageStore& store, ConfigCache& policies, std::function<void()> outbox_changed,
                 std::chrono::milliseconds interval, observe::Metrics& metrics);
    ~ExpiryKeeper();
    ExpiryKeeper(const ExpiryKeeper&) = delete;
    ExpiryKeeper& operator=(const ExpiryKeeper&) = delete;

    void start();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace winnow::pipeline
