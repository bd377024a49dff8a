#pragma once

/// @file
/// The channel: attempts in through a queue, many transfers on one thread, reports out. Private to delivery.

#include "delivery/attempt.hpp"
#include "delivery/transfer.hpp"
#include "winnow/observe/metrics.hpp"

#include <array>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

namespace winnow::delivery {

class CurlChannel final : public ports::Channel {
public:
    /// Throws std::invalid_argument where `options` cannot be right, std::runtime_error where libcurl does not start.
    CurlChannel(DeliveryOptions options, const crypto::Sealer& sealer, observe::Metrics& metrics);
    ~CurlChannel() override;
    CurlChannel(const CurlChannel&) = delete;
    CurlChannel& operator=(const CurlChannel&) = delete;

    void send(const ports::ClaimedDelivery& message, std::function<void(ports::SendReport)> done) override;

private:
    using SteadyClock = std::chrono::steady_clock;

    struct Order {
        domain::ContactType type = domain::ContactType::webhook;
        Prepared prepared;
        std::function<void(ports::SendReport)> done;
        SteadyClock::time_point since;  ///< Of coming in, then of being begun.
    };
    struct Running {
        Transfer transfer;
        Order order;
    };
    struct Measures {
        Measures(observe::Metrics& metrics, const char* type);
        std::array<observe::Counter, 3> outcomes;  ///< In the order of Outcome.
        observe::Histogram seconds;
    };
    struct MultiDeleter {
        void operator()(CURLM* multi) const noexcept { curl_multi_cleanup(multi); }
    };

    void run();
    void take_orders();
    void begin_waiting();
    void give_up_mails_that_wait_too_long();
    [[nodiscard]] bool may_begin() const;
    [[nodiscard]] bool may_begin_mail() const;
    void begin(Order order);
    void collect();
    void give_up_rest();
    void report(const Order& order, ports::SendReport report) const;
    [[nodiscard]] Transfer spare_transfer();
    [[nodiscard]] bool stopping() const;

    const DeliveryOptions options_;
    const EgressGuard guard_;
    const crypto::Sealer& sealer_;
    const Measures webhook_measures_;
    const Measures mail_measures_;
    const std::unique_ptr<CURLM, MultiDeleter> multi_;

    mutable std::mutex mutex_;
    std::vector<Order> incoming_;  // guarded by mutex_, as what follows
    bool stopping_ = false;

    // The thread's own.
    std::deque<Order> waiting_;        // webhooks
    std::deque<Order> waiting_mails_;  // for one of the few connections to the mail server
    std::unordered_map<CURL*, Running> running_;
    std::size_t running_mails_ = 0;
    std::vector<Transfer> spare_;

    std::thread thread_;  // last: starts when all else stands
};

}  // namespace winnow::delivery
