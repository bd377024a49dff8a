#pragma once

/// @file
/// Work that is no tenant's own, as the Timekeeper takes it: the chores of the database, and the index of searches.

#include "winnow/ports/time/chores.hpp"
#include "winnow/ports/time/due_kind.hpp"
#include "winnow/ports/time/search_index.hpp"

#include <chrono>
#include <memory>
#include <vector>

namespace winnow::observe {
class Metrics;
}

namespace winnow::pipeline {

struct UpkeepOptions {
    std::chrono::milliseconds between_steps{20};  ///< A pause for everybody else while there is more to do.
    std::chrono::milliseconds after_failure{5'000};
    std::chrono::milliseconds standstill{60'000};  ///< See goes_on(): chores have time.
};

/// Chores take turns by the step, and one has a step at a time: none waits for another to be finished. All references
/// must outlive it, and it the kinds that it makes.
class Upkeep {
public:
    Upkeep(ports::Chores& chores, UpkeepOptions options, observe::Metrics& metrics);
    ~Upkeep();
    Upkeep(const Upkeep&) = delete;
    Upkeep& operator=(const Upkeep&) = delete;

    /// One a chore.
    [[nodiscard]] std::vector<std::unique_ptr<ports::DueKind>> kinds();

    /// False where a step has begun and none of any chore has ended, well or not, for `standstill`: readiness. A chore
    /// that fails is counted and logged; it is no reason to send alerts elsewhere. Thread-safe.
    [[nodiscard]] bool goes_on() const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

/// `search`: tickets that the index of searches does not know yet, or as they were. While it is behind it works a
/// quarter of the time: what opens tickets goes first.
[[nodiscard]] std::unique_ptr<ports::DueKind> make_search_kind(ports::SearchIndex& index,
                                                               std::chrono::milliseconds again,
                                                               observe::Metrics& metrics);

}  // namespace winnow::pipeline
