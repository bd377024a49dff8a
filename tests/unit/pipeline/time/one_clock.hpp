#pragma once

/// @file
/// A Timekeeper of the kinds that a test is about, and a board on which they are always due.

#include "winnow/observe/metrics.hpp"
#include "winnow/pipeline/timekeeper.hpp"
#include "winnow/ports/time/due_kind.hpp"

#include <chrono>
#include <memory>
#include <string>
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

class FullBoard final : public ports::DueBoard {
public:
    explicit FullBoard(const Kinds& kinds)
    {
        for (const auto& kind : kinds) times_.in.emplace_back(kind->traits().name, 0);
    }
    Result<ports::DueTimes> look() override { return times_; }

private:
    ports::DueTimes times_;
};

class OneClock {
public:
    OneClock(Kinds kinds, observe::Metrics& metrics)
        : board_(kinds), keeper_(board_, std::move(kinds), {.look = std::chrono::milliseconds{1}}, metrics)
    {
    }
    void start() { keeper_.start(); }

private:
    FullBoard board_;
    Timekeeper keeper_;
};

}  // namespace winnow::pipeline
