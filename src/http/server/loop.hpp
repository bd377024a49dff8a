#pragma once

/// @file
/// One event loop and what its connections share.

#include "http/places/handshake_line.hpp"
#include "winnow/http/server.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <ctime>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#ifndef BOOST_ASIO_SEPARATE_COMPILATION
#error "link winnow_asio: with other definitions than the rest of the program there would be a second Asio in it"
#endif

namespace winnow::http {

class Connection;

/// context(), load() and the two counters are for any thread; the rest belongs to the loop's own.
class Loop {
public:
    Loop();

    [[nodiscard]] boost::asio::io_context& context() noexcept { return context_; }

    /// Connections given to this loop.
    [[nodiscard]] std::size_t load() const noexcept { return load_.load(std::memory_order_relaxed); }
    void count_connection() noexcept { load_.fetch_add(1, std::memory_order_relaxed); }
    void uncount_connection() noexcept { load_.fetch_sub(1, std::memory_order_relaxed); }

    /// Between two awaits any connection may decrypt into it.
    [[nodiscard]] std::vector<char>& scratch() noexcept { return scratch_; }

    /// The Date header of now.
    [[nodiscard]] const std::string& date();

    /// From `add` to `remove` the connection's deadline is watched. No timer of its own: re-arming one for every read
    /// and write of every request costs more than looking at all connections now and then.
    void add(Connection& connection);
    void remove(Connection& connection);

    /// Completes when a step of a handshake may be done for somebody who showed no key lately. They cost more than most
    /// requests: one is done at a time, prefixes in turn, and what else is ready comes in between.
    [[nodiscard]] boost::asio::awaitable<void> handshake_turn(Prefix prefix);

    [[nodiscard]] const std::vector<Connection*>& connections() const noexcept { return connections_; }

private:
    friend class IoThreads;
    void schedule_sweep();
    void schedule_handshake();

    boost::asio::io_context context_{1};
    std::atomic<std::size_t> load_{0};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    boost::asio::steady_timer sweep_;
    bool sweeping_ = false;
    HandshakeLine<std::move_only_function<void()>> handshakes_;
    bool handshake_scheduled_ = false;
    std::vector<char> scratch_;
    std::vector<Connection*> connections_;
    std::time_t date_second_ = -1;
    std::string date_;
    std::jthread thread_;
};

class IoThreads::Impl {
public:
    std::vector<std::shared_ptr<Loop>> loops;

    /// The loop with the fewest connections.
    [[nodiscard]] const std::shared_ptr<Loop>& least_loaded() const noexcept;
};

}  // namespace winnow::http
