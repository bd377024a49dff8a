#pragma once

/// @file
/// Work that keeps the database in shape and that nobody waits for: partitions, statistics, forgetting.

#include "winnow/base/result.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace winnow::ports {

struct Chore {
    std::string name;                    ///< In the log and in metrics: lower case, with underscores.
    std::chrono::milliseconds interval;  ///< From one time with nothing left to do to the next.
};

struct ChoreStep {
    std::size_t rows = 0;  ///< How many were gathered, dropped or forgotten.
    bool more = false;     ///< Another step has something to do at once.
};

/// Every node may do every chore: two never do the same one at the same moment, and whoever comes second has nothing to
/// do. Not thread-safe: one thread does the chores of a node.
class Chores {
public:
    Chores() = default;
    Chores(const Chores&) = delete;
    Chores& operator=(const Chores&) = delete;
    virtual ~Chores() = default;

    [[nodiscard]] virtual const std::vector<Chore>& list() const = 0;

    /// One step of the chore at that place of the list: bounded in rows, locks and time however much there is to do.
    /// `conflict`: somebody was in the way; nothing was done, and waiting helps.
    [[nodiscard]] virtual Result<ChoreStep> step(std::size_t chore) = 0;
};

}  // namespace winnow::ports
