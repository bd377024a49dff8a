#include "winnow/dispatch/dispatcher.hpp"

#include "dispatch/shares.hpp"
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
constexpr int kMostClaims = 16;  // in a row, of one kind; then reports are looked at

Shares::Party party_of(const ports::ClaimedDelivery& claimed)
{
    return {.tenant = claimed.tenant,
            .contact = claimed.contact.id,
            .receiver = claimed.receiver,
            .retry = claimed.delivery.attempts > 1};
}

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
          retries_in_flight(metrics.gauge("winnow_delivery_retries_in_flight", "Of these, not the first attempt")),
          hanging_tenants(metrics.gauge("winnow_delivery_hanging_tenants",
                                        "Tenants most of whose attempts run into their time limit")),
          closed_receivers(metrics.gauge("winnow_delivery_closed_receivers",
                                         "Tenants' receivers that do not answer and are only probed")),
          freed_leases(metrics.counter("winnow_delivery_freed_leases_total",
                                       "Attempts of dead nodes that were made due again at once")),
          first_attempt(metrics.histogram("winnow_delivery_first_attempt_seconds", "From owed to the first attempt", {},
                                          {0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 30, 300})),
          latency(metrics.histogram("winnow_delivery_latency_seconds", "From owed to delivered", {},
                                    {0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300}))
    {
    }
    static observe::Counter count(observe::Metrics& metrics, const char* outcome)
    {
        return metrics.counter("winnow_deliveries_total", "Attempts by outcome", {{"outcome", outcome}});
    }
    observe::Counter delivered, retried, dead;
    observe::Gauge in_flight, retries_in_flight, hanging_tenants, closed_receivers;
    observe::Counter freed_leases;
    observe::Histogram first_attempt, latency;
};

}  // namespace

class Dispatcher::Impl {
public:
    Impl(ports::Outbox& outbox, ports::Channel& channel, DispatcherOptions options, observe::Metrics& metrics)
        : outbox_(outbox), channel_(channel), options_(std::move(options)), shares_(options_.shares), measures_(metrics)
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

    void take_over(domain::StreamId stream)
    {
        const auto freed = outbox_.free_leases(stream, options_.node);
        if (!freed) {  // they run out by themselves
            observe::warn("a dead node's deliveries cannot be freed", {{"reason", freed.error().message()}});
            return;
        }
        if (*freed == 0) return;
        measures_.freed_leases.add(static_cast<double>(*freed));
        observe::info("a dead node's deliveries are due again",
                      {{"stream", static_cast<std::int64_t>(stream)}, {"deliveries", *freed}});
        poke();
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
        if (shares_.free() == 0) return options_.poll;
        if (more_) return kFirstPause;
        const auto due = outbox_.next_due();
        if (!due || !*due) return options_.poll;
        // What is due already and was not claimed waits for somebody's share, and a report wakes us; or for a receiver
        // that is to be probed.
        const auto wait =
            **due > milliseconds{0} ? **due : shares_.next_probe(SteadyClock::now()).value_or(options_.poll);
        return std::clamp(wait, kFirstPause, std::max(options_.poll, kFirstPause));
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

    /// First attempts before retries. False where the database did not answer.
    bool claim()
    {
        shares_.forget(SteadyClock::now());
        more_ = false;
        const bool claimed = claim(false) && claim(true);
        show();
        return claimed;
    }

    bool claim(bool retries)
    {
        for (int i = 0; i < kMostClaims; ++i) {
            const auto share = shares_.share(retries, SteadyClock::now());
            if (share.limit == 0) return true;
            auto claim = outbox_.claim(options_.node, share, options_.lease);
            if (!claim) {
                observe::warn("deliveries cannot be claimed", {{"reason", claim.error().message()}});
                return false;
            }
            const bool last = claim->deliveries.empty() && !claim->more;
            for (auto& delivery : claim->deliveries) begin(std::move(delivery));
            if (last) return true;
        }
        more_ = true;
        return true;
    }

    void begin(ports::ClaimedDelivery claimed)
    {
        const auto party = party_of(claimed);
        const auto now = SteadyClock::now();
        if (const auto wait = shares_.wait_for(party, now)) return hand_back(claimed, *wait);
        shares_.take(party, now);
        if (!party.retry) {
            const auto owed_for = claimed.lease_until - options_.lease - claimed.delivery.created_at;
            measures_.first_attempt.observe(std::chrono::duration<double>(owed_for).count());
        }
        const auto id = claimed.delivery.id;
        const auto& attempt = attempts_.insert_or_assign(id, Attempt{std::move(claimed), now}).first->second;
        channel_.send(attempt.claimed, [inbox = inbox_, id](ports::SendReport report) {
            {
                const std::lock_guard lock(inbox->mutex);
                inbox->reports.emplace_back(id, std::move(report));
            }
            inbox->changed.notify_one();
        });
    }

    /// Due again later: somebody already has what he may have. `attempted`: it was sent, and nothing is known.
    void hand_back(const ports::ClaimedDelivery& claimed, milliseconds wait, bool attempted = false)
    {
        ports::AttemptResult result;
        result.tenant = claimed.tenant;
        result.id = claimed.delivery.id;
        result.lease_token = claimed.lease_token;
        result.state = domain::DeliveryState::pending;
        result.retry_after = wait;
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
        show();
    }

    void show() const
    {
        measures_.in_flight.set(static_cast<double>(shares_.in_flight()));
        measures_.retries_in_flight.set(static_cast<double>(shares_.retries_in_flight()));
        measures_.hanging_tenants.set(static_cast<double>(shares_.hanging_tenants()));
        measures_.closed_receivers.set(static_cast<double>(shares_.closed_receivers()));
    }

    void conclude(const Attempt& attempt, const ports::SendReport& report)
    {
        const auto& claimed = attempt.claimed;
        const auto claimed_at = claimed.lease_until - options_.lease;
        const double jitter = options_.jitter ? options_.jitter() : 0.5;
        auto result = judge(claimed, report, claimed_at, options_.backoff, jitter);
        const bool delivered = result.state == domain::DeliveryState::delivered;
        shares_.give_back(party_of(claimed), {.delivered = delivered, .heard = report.heard}, SteadyClock::now());
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
        for (const auto& [id, attempt] : attempts_) hand_back(attempt.claimed, milliseconds{0}, true);
        attempts_.clear();
        record();
    }

    ports::Outbox& outbox_;
    ports::Channel& channel_;
    const DispatcherOptions options_;
    Shares shares_;
    bool more_ = false;  ///< There is more to claim than was looked at.
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

void Dispatcher::take_over(domain::StreamId stream)
{
    impl_->take_over(stream);
}

void Dispatcher::stop(std::chrono::milliseconds grace)
{
    impl_->stop(grace);
}

}  // namespace winnow::dispatch
