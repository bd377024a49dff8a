#include "winnow/dispatch/dispatcher.hpp"

#include "dispatch/slots.hpp"
#include "dispatch/verdict.hpp"
#include "winnow/observe/log.hpp"
#include "winnow/observe/metrics.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

namespace winnow::dispatch {

namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kFirstPause{250};  // after the database did not answer
constexpr milliseconds kLongestPause{2'000};

/// Where reports arrive, on the channel's thread, also after the dispatcher is gone.
struct Inbox {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<std::pair<DeliveryId, ports::SendReport>> reports;  // guarded by mutex, as what follows
    bool poked = false;
    bool stopping = false;
};

struct Measures {
    explicit Measures(observe::Metrics& metrics)
        : delivered(count(metrics, "delivered")),
          retried(count(metrics, "retry")),
          dead(count(metrics, "dead")),
          in_flight(metrics.gauge("winnow_deliveries_in_flight", "Attempts under way")),
          latency(metrics.histogram("winnow_delivery_latency_seconds", "From owed to delivered", {},
                                    {0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300}))
    {
    }
    static observe::Counter count(observe::Metrics& metrics, const char* outcome)
    {
        return metrics.counter("winnow_deliveries_total", "Attempts by outcome", {{"outcome", outcome}});
    }
    observe::Counter delivered, retried, dead;
    observe::Gauge in_flight;
    observe::Histogram latency;
};

}  // namespace

class Dispatcher::Impl {
public:
    Impl(ports::Outbox& outbox, ports::Channel& channel, DispatcherOptions options, observe::Metrics& metrics)
        : outbox_(outbox),
          channel_(channel),
          options_(std::move(options)),
          slots_(options_.max_in_flight, options_.per_contact, options_.breaker_after),
          measures_(metrics)
    {
    }

    void start()
    {
        thread_ = std::jthread([this] { run(); });
    }

    void poke()
    {
        {
            const std::lock_guard lock(inbox_->mutex);
            inbox_->poked = true;
        }
        inbox_->changed.notify_one();
    }

    void stop(milliseconds grace)
    {
        {
            const std::lock_guard lock(inbox_->mutex);
            if (!inbox_->stopping) stop_by_ = SteadyClock::now() + grace;
            inbox_->stopping = true;
        }
        inbox_->changed.notify_one();
        if (thread_.joinable()) thread_.join();
    }

private:
    struct Attempt {
        ports::ClaimedDelivery claimed;
        SteadyClock::time_point started;
    };

    void run()
    {
        auto pause = kFirstPause;
        bool look = true;  // at once: something may have been left by the last run
        while (true) {
            collect();
            if (!record()) pause = std::min(pause * 2, kLongestPause);
            if (stopping()) break;
            const bool claimed = !look || claim();
            pause = claimed ? kFirstPause : std::min(pause * 2, kLongestPause);
            look = wait(claimed && unrecorded_.empty() ? sleep_length() : pause);
        }
        finish();
    }

    [[nodiscard]] bool stopping() const
    {
        const std::lock_guard lock(inbox_->mutex);
        return inbox_->stopping;
    }

    /// How long nothing falls due.
    milliseconds sleep_length()
    {
        if (slots_.free() == 0) return options_.poll;
        const auto due = outbox_.next_due();
        if (!due || !*due) return options_.poll;
        // What is due already and was not claimed waits for a busy contact: its report wakes us.
        return std::clamp(**due, kFirstPause, std::max(options_.poll, kFirstPause));
    }

    /// True when it is time to claim: poked, something reported (a slot came free), or the time is over.
    bool wait(milliseconds length)
    {
        std::unique_lock lock(inbox_->mutex);
        inbox_->changed.wait_for(lock, length,
                                 [this] { return inbox_->stopping || inbox_->poked || !inbox_->reports.empty(); });
        inbox_->poked = false;
        return true;
    }

    bool claim()
    {
        while (slots_.free() > 0) {
            auto claimed =
                outbox_.claim(options_.node, slots_.free(), options_.per_contact, slots_.busy(), options_.lease);
            if (!claimed) {
                observe::warn("deliveries cannot be claimed", {{"reason", claimed.error().message()}});
                return false;
            }
            if (claimed->empty()) return true;
            for (auto& delivery : *claimed) begin(std::move(delivery));
        }
        return true;
    }

    void begin(ports::ClaimedDelivery claimed)
    {
        if (slots_.free_for(claimed.contact.id) == 0) return hand_back(claimed);
        slots_.take(claimed.contact.id);
        const auto id = claimed.delivery.id;
        const auto& attempt =
            attempts_.insert_or_assign(id, Attempt{std::move(claimed), SteadyClock::now()}).first->second;
        measures_.in_flight.set(static_cast<double>(slots_.in_flight()));
        channel_.send(attempt.claimed, [inbox = inbox_, id](ports::SendReport report) {
            {
                const std::lock_guard lock(inbox->mutex);
                inbox->reports.emplace_back(id, std::move(report));
            }
            inbox->changed.notify_one();
        });
    }

    /// Due again soon: its contact already has what it may have. `attempted`: it was sent, and nothing is known.
    void hand_back(const ports::ClaimedDelivery& claimed, bool attempted = false)
    {
        ports::AttemptResult result;
        result.tenant = claimed.tenant;
        result.id = claimed.delivery.id;
        result.lease_token = claimed.lease_token;
        result.state = domain::DeliveryState::pending;
        result.retry_after = kFirstPause;
        result.attempted = attempted;
        unrecorded_.push_back(std::move(result));
    }

    /// Takes the reports that have come in.
    void collect()
    {
        std::vector<std::pair<DeliveryId, ports::SendReport>> reports;
        {
            const std::lock_guard lock(inbox_->mutex);
            reports.swap(inbox_->reports);
        }
        for (const auto& [id, report] : reports) {
            const auto at = attempts_.find(id);
            if (at == attempts_.end()) continue;
            conclude(at->second, report);
            attempts_.erase(at);
        }
        measures_.in_flight.set(static_cast<double>(slots_.in_flight()));
    }

    void conclude(const Attempt& attempt, const ports::SendReport& report)
    {
        const auto& claimed = attempt.claimed;
        const auto claimed_at = claimed.lease_until - options_.lease;
        const double jitter = options_.jitter ? options_.jitter() : 0.5;
        auto result = judge(claimed, report, claimed_at, options_.backoff, jitter);
        const bool delivered = result.state == domain::DeliveryState::delivered;
        slots_.give_back(claimed.contact.id, delivered);
        if (delivered) {
            const auto took = std::chrono::floor<milliseconds>(SteadyClock::now() - attempt.started);
            measures_.latency.observe(
                std::chrono::duration<double>(claimed_at - claimed.delivery.created_at + took).count());
            measures_.delivered.add();
        } else if (result.state == domain::DeliveryState::dead) {
            measures_.dead.add();
        } else {
            measures_.retried.add();
        }
        unrecorded_.push_back(std::move(result));
    }

    /// False where the results could not be stored: they are kept for the next try.
    bool record()
    {
        if (unrecorded_.empty()) return true;
        const auto stored = outbox_.record(unrecorded_);
        if (stored || !is_retryable(stored.error().code())) {
            if (!stored) observe::error("delivery results were refused", {{"reason", stored.error().message()}});
            unrecorded_.clear();  // refused ones come again when their lease runs out
            return true;
        }
        observe::warn("delivery results cannot be stored yet", {{"reason", stored.error().message()}});
        return false;
    }

    /// Waits for what is in flight, hands the rest back, and records both.
    void finish()
    {
        while (!attempts_.empty() && SteadyClock::now() < stop_by_) {
            std::unique_lock lock(inbox_->mutex);
            inbox_->changed.wait_until(lock, stop_by_, [this] { return !inbox_->reports.empty(); });
            lock.unlock();
            collect();
        }
        for (const auto& [id, attempt] : attempts_) hand_back(attempt.claimed, true);
        for (auto& result : unrecorded_) {
            if (attempts_.contains(result.id)) result.retry_after = milliseconds{0};
        }
        attempts_.clear();
        record();
    }

    ports::Outbox& outbox_;
    ports::Channel& channel_;
    const DispatcherOptions options_;
    Slots slots_;
    const Measures measures_;
    const std::shared_ptr<Inbox> inbox_ = std::make_shared<Inbox>();
    std::unordered_map<DeliveryId, Attempt> attempts_;
    std::vector<ports::AttemptResult> unrecorded_;
    SteadyClock::time_point stop_by_;  // guarded by inbox_->mutex until the thread sees `stopping`
    std::jthread thread_;
};

Dispatcher::Dispatcher(ports::Outbox& outbox, ports::Channel& channel, DispatcherOptions options,
                       observe::Metrics& metrics)
    : impl_(std::make_unique<Impl>(outbox, channel, std::move(options), metrics))
{
}

Dispatcher::~Dispatcher()
{
    impl_->stop(milliseconds{0});
}

void Dispatcher::start()
{
    impl_->start();
}

void Dispatcher::poke()
{
    impl_->poke();
}

void Dispatcher::stop(std::chrono::milliseconds grace)
{
    impl_->stop(grace);
}

}  // namespace winnow::dispatch
