#pragma once

/// @file
/// Tells of tickets that were kept quiet as soon as nothing covers them any more, and ends silences by themselves.

#include "winnow/pipeline/config_cache.hpp"
#include "winnow/ports/quiet_store.hpp"

#include <chrono>
#include <functional>
#include <memory>

namespace winnow::observe {
class Metrics;
}

namespace winnow::pipeline {

/// One thread. All references must outlive it.
class QuietKeeper {
public:
    QuietKeeper(ports::QuietStore& store, ConfigCache& policies, std::function<void()> outbox_changed,
                std::chrono::milliseconds interval, observe::Metrics& metrics);
    ~QuietKeeper();
    QuietKeeper(const QuietKeeper&) = delete;
    QuietKeeper& operator=(const QuietKeeper&) = delete;

    void start();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace winnow::pipeline
