#pragma once

/// @file
/// Work that keeps the database in shape and that nobody waits for: partitions, statistics, forgetting.

#include "winnow/base/result.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace winnow::ports {

struct Chore {
    std::string name;                    ///< In the log and in metrics: lower case, with underscores.
    std::chrono::milliseconds interval;  ///< From one time with nothing left to do to the next.
    bool on_board = false;               ///< The board tells of it (ports::DueBoard): it is not begun with in vain.
};

struct ChoreStep {
    std::size_t rows = 0;  ///< How many were gathered, dropped or forgotten.
    bool more = false;     ///< Another step has something to do at once.

    // What failed of single tenants, which is no reason for the others to wait.
    std::size_t failed = 0;     ///< Attempts that could not be done.
    std::size_t set_aside = 0;  ///< Rows that cannot be done, and are left out from now on.
    std::size_t left_out = 0;   ///< Tenants that are left out until their pause is over.
    std::optional<std::chrono::milliseconds> again_in = {};  ///< When the first of them is due again.
};

/// Every node may do every chore: two never do the same one at the same moment, and whoever comes second has nothing to
/// do. One that has an interval is done by one node in it: by who claims it. Not thread-safe: one thread does the
/// chores of a node.
class Chores {
public:
    Chores() = default;
    Chores(const Chores&) = delete;
    Chores& operator=(const Chores&) = delete;
    virtual ~Chores() = default;

    [[nodiscard]] virtual const std::vector<Chore>& list() const = 0;

    /// Before the first of the steps that do what there is to do of the chore in its interval. 0: it is the caller's,
    /// who goes on with it, however often a step fails; else the time until somebody may claim it again. Of what the
    /// board tells of nothing is claimed.
    [[nodiscard]] virtual Result<std::chrono::milliseconds> claim(std::size_t chore) = 0;

    /// One step of the chore at that place of the list: bounded in rows, locks and time however much there is to do.
    /// What cannot be done of one tenant is told in the step, and is no error: the others' is done.
    /// `conflict`: somebody was in the way; nothing was done, and waiting helps.
    [[nodiscard]] virtual Result<ChoreStep> step(std::size_t chore) = 0;
};

}  // namespace winnow::ports
