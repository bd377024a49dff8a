#pragma once

/// @file
/// The timers of pauses, thresholds and flap detectors: lets go, gives up and settles what is due.

#include "winnow/pipeline/config_cache.hpp"
#include "winnow/ports/hold_store.hpp"

#include <chrono>
#include <functional>
#include <memory>

namespace winnow::observe {
class Metrics;
}

namespace winnow::pipeline {

/// One thread. Every node may have one: the database's rows are the timers, and whoever comes first does what is due.
/// All references must outlive it.
class HoldKeeper {
public:
    HoldKeeper(ports::HoldStore& store, ConfigCache& policies, std::function<void()> outbox_changed,
               std::chrono::milliseconds interval, observe::Metrics& metrics);
    ~HoldKeeper();
    HoldKeeper(const HoldKeeper&) = delete;
    HoldKeeper& operator=(const HoldKeeper&) = delete;

    void start();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace winnow::pipeline
