#pragma once

/// @file
/// Does the chores of the database, step by step.

#include "winnow/ports/chores.hpp"

#include <chrono>
#include <memory>

namespace winnow::observe {
class Metrics;
}

namespace winnow::pipeline {

struct UpkeepOptions {
    std::chrono::milliseconds between_steps{20};  ///< A pause for everybody else while there is more to do.
    std::chrono::milliseconds after_failure{5'000};
    std::chrono::milliseconds standstill{60'000};  ///< See goes_on(): chores have time.
};

/// One thread, on which nobody waits. Chores take turns by the step: none waits for another to be finished. All
/// references must outlive it.
class Upkeep {
public:
    Upkeep(ports::Chores& chores, UpkeepOptions options, observe::Metrics& metrics);
    ~Upkeep();
    Upkeep(const Upkeep&) = delete;
    Upkeep& operator=(const Upkeep&) = delete;

    void start();

    /// False where a chore is due and no step of any has ended, well or not, for `standstill`: readiness. A chore that
    /// fails is counted and logged; it is no reason to send alerts elsewhere. Thread-safe.
    [[nodiscard]] bool goes_on() const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace winnow::pipeline
