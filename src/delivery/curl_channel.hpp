#pragma once

/// @file
/// The channel: attempts in through a queue, many transfers on one thread, reports out. Private to delivery.

#include "delivery/channels/table.hpp"
#include "delivery/curl/attempt.hpp"
#include "delivery/curl/transfer.hpp"
#include "winnow/observe/metrics.hpp"

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

namespace winnow::delivery {

class CurlChannel final : public Channels {
public:
    /// Throws std::invalid_argument where `options` cannot be right, std::runtime_error where libcurl does not start.
    CurlChannel(DeliveryOptions options, ports::Sealing& sealing, observe::Metrics& metrics);
    ~CurlChannel() override;
    CurlChannel(const CurlChannel&) = delete;
    CurlChannel& operator=(const CurlChannel&) = delete;

    void send(const ports::ClaimedDelivery& message, std::function<void(ports::SendReport)> done) override;
    void send(const ports::OwedMail& mail, std::function<void(ports::SendReport)> done) override;

private:
    using SteadyClock = std::chrono::steady_clock;

    struct Lane;
    struct Order {
        Lane* lane = nullptr;  ///< None: the contact's type is none that this program knows.
        Prepared prepared;
        std::function<void(ports::SendReport)> done;
        SteadyClock::time_point since;  ///< Of coming in, then of being begun.
    };
    struct Running {
        Transfer transfer;
        Order order;
    };
    /// What waits and runs of one channel.
    struct Lane {
        Lane(const ChannelType& channel, observe::Metrics& metrics);
        const ChannelType& type;
        std::array<observe::Counter, 3> outcomes;  ///< In the order of Outcome.
        observe::Histogram seconds;
        std::deque<Order> waiting;  // the thread's own, as what follows
        std::size_t running = 0;

        [[nodiscard]] bool is_bounded() const noexcept { return type.bound.at_once > 0; }
        [[nodiscard]] bool has_turn() const noexcept
        {
            return !waiting.empty() && (!is_bounded() || running < type.bound.at_once);
        }
    };
    struct MultiDeleter {
        void operator()(CURLM* multi) const noexcept { curl_multi_cleanup(multi); }
    };

    void order(Lane* lane, Prepared prepared, std::function<void(ports::SendReport)> done);
    void run();
    void take_orders();
    void begin_waiting();
    void give_up_what_waits_too_long();
    [[nodiscard]] Lane* lane_of(std::string_view type) const;
    [[nodiscard]] Lane* next_lane() const;
    void begin(Order order);
    void collect();
    void give_up_rest();
    static void report(const Order& order, ports::SendReport report);
    [[nodiscard]] static std::vector<std::unique_ptr<Lane>> make_lanes(observe::Metrics& metrics);
    [[nodiscard]] Prepared prepare(const Lane* lane, const ports::ClaimedDelivery& message) const;
    [[nodiscard]] Tools tools() const { return {.options = options_, .guard = guard_, .sealing = sealing_}; }
    [[nodiscard]] Transfer spare_transfer();
    [[nodiscard]] bool stopping() const;

    const DeliveryOptions options_;
    const EgressGuard guard_;
    ports::Sealing& sealing_;
    const std::vector<std::unique_ptr<Lane>> lanes_;
    const std::unique_ptr<CURLM, MultiDeleter> multi_;

    mutable std::mutex mutex_;
    std::vector<Order> incoming_;  // guarded by mutex_, as what follows
    bool stopping_ = false;

    // The thread's own.
    std::unordered_map<CURL*, Running> running_;
    std::vector<Transfer> spare_;

    std::thread thread_;  // last: starts when all else stands
};

}  // namespace winnow::delivery
