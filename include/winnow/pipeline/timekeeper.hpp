#pragma once

/// @file
/// The one clock for all that waits: pauses, quiet tickets, instances that fell silent, chores.

#include "winnow/ports/time/due_kind.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

namespace winnow::observe {
class Metrics;
}

namespace winnow::pipeline {

struct TimekeeperOptions {
    std::size_t workers = 4;
    /// How long the board is left alone at most: what became due without a poke (by another node, or while a notice was
    /// lost) is found after it.
    std::chrono::milliseconds look{1'000};
    std::size_t rows = 1'000;             ///< A call, at most.
    std::chrono::milliseconds turn{200};  ///< A tenant has more calls in a row for so long; then others have theirs.
    std::chrono::milliseconds standstill{60'000};  ///< See goes_on().
};

/// Every node has one: the rows of the database are the timers, and whoever comes first does what is due. Workers share
/// one agenda; a tenant is with one of them at a time. All references must outlive it.
class Timekeeper {
public:
    /// `kinds`: those that come first come first where all else is equal.
    Timekeeper(ports::DueBoard& board, std::vector<std::unique_ptr<ports::DueKind>> kinds, TimekeeperOptions options,
               observe::Metrics& metrics);
    /// Waits for the calls that are under way.
    ~Timekeeper();
    Timekeeper(const Timekeeper&) = delete;
    Timekeeper& operator=(const Timekeeper&) = delete;

    void start();

    /// False where something is due, or somebody is at it, and nothing has ended for `standstill`: readiness.
    /// Thread-safe, and never blocks.
    [[nodiscard]] bool goes_on() const;

    /// False while the board cannot be looked at: an idle node learns from it that its database is away. Thread-safe.
    [[nodiscard]] bool healthy() const noexcept;

    /// Something may have become due by what was committed on this node, or heard of. Thread-safe, and quick.
    void poke() noexcept;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace winnow::pipeline
