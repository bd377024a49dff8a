#pragma once

/// @file
/// A Timekeeper of the kinds that a test is about, on the board of a real database.

#include "winnow/observe/metrics.hpp"
#include "winnow/pg/due_board.hpp"
#include "winnow/pipeline/due_kinds.hpp"
#include "winnow/pipeline/timekeeper.hpp"

#include <chrono>
#include <memory>
#include <utility>
#include <vector>

namespace winnow::pipeline {

using Kinds = std::vector<std::unique_ptr<ports::DueKind>>;

template <typename... Made>
Kinds kinds(Made... made)
{
    Kinds all;
    (all.push_back(std::move(made)), ...);
    return all;
}

class OneClock {
public:
    /// `look`: how often it looks at the board.
    OneClock(const pg::PgOptions& options, Kinds kinds, std::chrono::milliseconds look, observe::Metrics& metrics)
        : board_(pg::make_due_board(options)), keeper_(*board_, std::move(kinds), {.look = look}, metrics)
    {
    }
    void start() { keeper_.start(); }

private:
    std::unique_ptr<ports::DueBoard> board_;
    Timekeeper keeper_;
};

}  // namespace winnow::pipeline
