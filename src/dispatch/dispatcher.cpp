#include "winnow/dispatch/dispatcher.hpp"

#include "dispatch/attempt_result.hpp"
#include "dispatch/inbox.hpp"
#include "dispatch/measures.hpp"
#include "dispatch/shares.hpp"
#include "winnow/observe/log.hpp"
#include "winnow/observe/thread_name.hpp"

#include <algorithm>
#include <condition_variable>
#include <iterator>
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

}  // namespace

class Dispatcher::Impl {
public:
    Impl(ports::Outbox& outbox, ports::Channel& channel, DispatcherOptions options, observe::Metrics& metrics)
        : outbox_(outbox),
          channel_(channel),
          options_(std::move(options)),
          progress_(options_.standstill),
          shares_(options_.shares),
          measures_(metrics)
    {
    }

    void start()
    {
        progress_.waits(true, SteadyClock::now());
        thread_ = std::jthread([this] { run(); });
    }

    void poke(bool reminds) { inbox_->poke(reminds); }

    [[nodiscard]] bool goes_on() const { return !progress_.stands_still(SteadyClock::now()); }

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
        poke(false);
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
        SteadyClock::time_point started;  ///< When it was claimed.
    };

    void run()
    {
        observe::name_thread("dispatcher");
        auto pause = kFirstPause;
        bool look = true;  // at once: something may have been left by the last run
        while (true) {
            collect();
            const bool recorded = record();
            if (!recorded) pause = std::min(pause * 2, kLongestPause);
            if (inbox_->is_stopping()) break;
            const bool claimed = !look || claim();
            if (recorded && claimed) progress_.turned(SteadyClock::now());
            pause = claimed ? kFirstPause : std::min(pause * 2, kLongestPause);
            settle();
            const auto length = claimed && unrecorded_.empty() ? sleep_length() : pause;
            if (recorded && claimed) progress_.waits(false, SteadyClock::now());  // it sleeps, and nothing is late
            look = wait(length);
            more_ = more_ && look;  // what another node has claimed is not there any more
            progress_.waits(true, SteadyClock::now());
        }
        finish();
    }

    /// How long nothing falls due.
    milliseconds sleep_length()
    {
        const auto length = sleep_length_of_claims();
        const auto rest = std::chrono::ceil<milliseconds>(settle_at_ - SteadyClock::now());
        return left_ ? std::clamp(rest, milliseconds{0}, length) : length;
    }

    milliseconds sleep_length_of_claims()
    {
        if (shares_.free() == 0) return options_.poll;
        if (more_) return kFirstPause;
        // What falls due later we are reminded of. What is due and was not claimed waits for somebody's share, and a
        // report wakes us; or for a receiver that is to be probed.
        const auto probe = shares_.next_probe(SteadyClock::now());
        return probe && *probe > milliseconds{0} ? std::min(*probe, options_.poll) : options_.poll;
    }

    /// True when it is time to claim: poked, reminded, something reported (a slot came free), or something is due of
    /// which nobody has reminded: so it claims in vain no more often than it must.
    bool wait(milliseconds length)
    {
        if (inbox_->wait(length, owes_)) return true;
        const auto due = outbox_.is_due();
        return !due || *due;
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
            auto share = shares_.share(retries, SteadyClock::now());
            if (share.limit == 0) return true;
            share.unrecorded = unrecorded();
            auto claim = outbox_.claim(options_.node, share, options_.lease);
            if (!claim) {
                observe::warn("deliveries cannot be claimed", {{"reason", claim.error().message()}});
                return false;
            }
            if (claim->deliveries.empty() && !(claim->more && is_something_due())) return true;
            for (auto& delivery : claim->deliveries) begin(std::move(delivery));
        }
        more_ = true;
        return true;
    }

    /// Where nothing is, a claim that has not looked at everybody need not go on: many contacts all wait for later.
    [[nodiscard]] bool is_something_due()
    {
        const auto due = outbox_.is_due();
        return due && *due;
    }

    /// Attempts whose ends are not stored, and whose leases may have run out.
    [[nodiscard]] std::vector<DeliveryId> unrecorded() const
    {
        std::vector<DeliveryId> ids;
        for (const auto& result : unrecorded_) ids.push_back(result.id);
        const auto old = SteadyClock::now() - options_.lease / 2;
        for (const auto& [id, attempt] : attempts_) {
            if (attempt.started <= old) ids.push_back(id);
        }
        return ids;
    }

    void begin(ports::ClaimedDelivery claimed)
    {
        const auto now = SteadyClock::now();
        if (go_on_with(claimed, now)) return;
        const auto party = Shares::party_of(claimed);
        if (const auto wait = shares_.wait_for(party, now)) return hand_back(claimed, *wait);
        shares_.take(party, now);
        if (!party.retry) {
            const auto owed_for = claimed.lease_until - options_.lease - claimed.delivery.created_at;
            measures_.first_attempt.observe(std::chrono::duration<double>(owed_for).count());
        }
        const auto id = claimed.delivery.id;
        const auto& attempt = attempts_.emplace(id, Attempt{std::move(claimed), now}).first->second;
        channel_.send(attempt.claimed,
                      [inbox = inbox_, id](ports::SendReport report) { inbox->report(id, std::move(report)); });
    }

    /// An attempt under way whose lease somebody else ended, who took this node for dead: it has the new one now, and
    /// is not made twice. It keeps its place, as what it was begun as.
    bool go_on_with(const ports::ClaimedDelivery& claimed, SteadyClock::time_point now)
    {
        const auto at = attempts_.find(claimed.delivery.id);
        if (at == attempts_.end()) return false;
        auto& attempt = at->second;
        attempt.claimed.lease_token = claimed.lease_token;
        attempt.claimed.lease_until = claimed.lease_until;
        attempt.started = now;  // of the lease
        return true;
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
        auto result = result_of(claimed, report, claimed_at, options_.backoff, jitter);
        const bool delivered = result.state == domain::DeliveryState::delivered;
        shares_.give_back(Shares::party_of(claimed), {.delivered = delivered, .heard = report.heard},
                          SteadyClock::now());
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

    /// False where the database did not answer. What could not be stored is kept for the next try.
    bool record()
    {
        if (unrecorded_.empty()) return true;
        return store(std::exchange(unrecorded_, {}));
    }

    /// One result's trouble is its own: where the database refuses them together they are tried in halves.
    bool store(std::vector<ports::AttemptResult> results)
    {
        const auto stored = outbox_.record(results);
        if (stored) {
            owes_ = owes_ || stored->owes;
            for (auto& result : results) {
                const bool held = std::ranges::find(stored->held, result.id) != stored->held.end();
                if (held) unrecorded_.push_back(std::move(result));
            }
            return true;
        }
        const auto& error = stored.error();
        const bool away = error.code() == ErrorCode::unavailable || error.code() == ErrorCode::timeout;
        if (results.size() > 1 && !away) {
            const auto middle = results.begin() + static_cast<std::ptrdiff_t>(results.size() / 2);
            std::vector<ports::AttemptResult> rest(std::move_iterator(middle), std::move_iterator(results.end()));
            results.erase(middle, results.end());
            const bool first = store(std::move(results));
            return store(std::move(rest)) && first;
        }
        if (!is_retryable(error.code())) {  // comes again when its lease runs out
            observe::error("delivery results were refused", {{"reason", error.message()}});
            return true;
        }
        observe::warn("delivery results cannot be stored yet", {{"reason", error.message()}});
        std::ranges::move(results, std::back_inserter(unrecorded_));
        return !away;
    }

    /// Tells timelines what they are owed, as far as nobody holds their tickets; the rest, and what a node left that
    /// is gone, later.
    void settle()
    {
        const auto now = SteadyClock::now();
        if (!owes_ && now < settle_at_) return;
        owes_ = false;
        const auto left = outbox_.settle();
        if (!left) observe::warn("timelines cannot be told of deliveries yet", {{"reason", left.error().message()}});
        left_ = !left || *left;
        settle_at_ = now + (left_ ? std::min(options_.again, options_.settle_anyway) : options_.settle_anyway);
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
        if (record()) settle();
    }

    ports::Outbox& outbox_;
    ports::Channel& channel_;
    const DispatcherOptions options_;
    observe::Progress progress_;
    Shares shares_;
    bool more_ = false;  ///< There is more to claim than was looked at.
    const Measures measures_;
    const std::shared_ptr<Inbox> inbox_ = std::make_shared<Inbox>();
    std::unordered_map<DeliveryId, Attempt> attempts_;
    std::vector<ports::AttemptResult> unrecorded_;
    bool owes_ = true;   ///< Timelines: by this node's results, or a former one's.
    bool left_ = false;  ///< Of what timelines are owed: somebody held it, or the database did not answer.
    SteadyClock::time_point settle_at_;
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
    impl_->poke(false);
}

void Dispatcher::remind()
{
    impl_->poke(true);
}

bool Dispatcher::goes_on() const
{
    return impl_->goes_on();
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
