#pragma once

/// @file
/// Threads for what costs processor time: tests of rules, lint, previews. Tenants take turns, each with one at a time.

#include "winnow/base/result.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/observe/queue_metrics.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

namespace winnow::api {

/// Thread-safe. An analysis has two stages: `load`, which only begins something (a job on a database thread) and
/// returns, and the work on what was loaded, which is handed to its Turn from whatever thread. A tenant's next analysis
/// is begun when the one before has ended, so nothing is loaded only to wait, and a waiting one costs no more than its
/// request. Turns go by processor time; of several threads one passes over tenants whose analyses take long.
class AnalysisThreads {
    class State;

public:
    struct Options {
        std::size_t threads = 2;
        std::size_t waiting = 8;  ///< Of one tenant, besides the one that is under way. More: `rate_limited`.
        observe::QueueMetrics metrics;
    };

    using Work = std::move_only_function<void()>;         ///< Must not throw.
    using Failed = std::move_only_function<void(Error)>;  ///< Instead of the work: nobody will do it.
    using GivenUp = std::function<bool()>;
    enum class Order : std::uint8_t {
        newest_first,  ///< Once the tenant's oldest is stale: a person has long since asked again.
        /// Nobody asks again: takes its turn, no place of `waiting`, and is no refusal that is counted where the node
        /// is full. Whoever submits such keeps them few.
        in_turn,
    };
    /// Told, after the work, what it took of a processor. Must not throw.
    using Paid = std::move_only_function<void(std::chrono::nanoseconds)>;

    /// A tenant's turn: it ends with the work, or where it is destroyed without having got any.
    class Turn {
    public:
        Turn(Turn&&) noexcept;
        Turn& operator=(Turn&&) = delete;
        Turn(const Turn&) = delete;
        Turn& operator=(const Turn&) = delete;
        ~Turn();

        /// Runs `work` on one of the threads; once. Where they are gone meanwhile, calls `failed` at once.
        void run(Work work, Failed failed, Paid paid = {}) &&;

    private:
        friend class State;
        struct Place;
        explicit Turn(std::unique_ptr<Place> place);
        std::unique_ptr<Place> place_;
    };

    using Load = std::move_only_function<void(Turn)>;  ///< Must not throw, nor block.

    explicit AnalysisThreads(const Options& options);
    /// Lets the work that was begun end; what waits has failed.
    ~AnalysisThreads();
    AnalysisThreads(const AnalysisThreads&) = delete;
    AnalysisThreads& operator=(const AnalysisThreads&) = delete;

    /// `failed` is called instead of `load`: at once where the tenant has too many, or nobody waits for it any more
    /// when its turn comes, or at the end.
    void submit(TenantId tenant, Load load, Failed failed, GivenUp given_up, Order order = Order::newest_first);

private:
    const std::shared_ptr<State> state_;  // outlived by turns
    std::vector<std::jthread> threads_;
};

}  // namespace winnow::api
