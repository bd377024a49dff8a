#include "winnow/pipeline/housekeeping.hpp"

#include "pipeline/fold_batch.hpp"
#include "pipeline/orphan_replay.hpp"
#include "winnow/observe/log.hpp"
#include "winnow/observe/metrics.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <list>
#include <mutex>
#include <stop_token>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace winnow::pipeline {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kExpireAtOnce = 1'000;
constexpr std::size_t kGatherAtOnce = 100;  // of a flood, 200,000 counts
constexpr std::chrono::milliseconds kReplayPause{20};

void warn(std::string_view doing, const Error& error)
{
    observe::warn(doing, {{"error", error.message()}, {"code", to_string(error.code())}});
}

/// Something that is done again and again.
class Chore {
public:
    explicit Chore(std::chrono::milliseconds interval, Clock::time_point due = {}) : interval_(interval), due_(due) {}

    /// True once an interval.
    bool is_due(Clock::time_point now)
    {
        if (now < due_) return false;
        due_ = now + interval_;
        return true;
    }
    [[nodiscard]] Clock::time_point due() const { return due_; }

private:
    std::chrono::milliseconds interval_;
    Clock::time_point due_;
};

}  // namespace

class Housekeeping::Impl {
public:
    Impl(ports::JournalStreams& streams, ports::TriageStore& store, ConfigCache& policies, TriageService& triage,
         std::function<std::optional<OwnStream>()> own_stream, std::function<void()> outbox_changed,
         HousekeepingOptions options, observe::Metrics& metrics)
        : streams_(streams),
          store_(store),
          policies_(policies),
          triage_(triage),
          own_stream_(std::move(own_stream)),
          outbox_changed_(std::move(outbox_changed)),
          options_(options),
          taken_over_(metrics.counter("winnow_takeover_streams_total", "Streams of dead writers that were replayed.")),
          replayed_(metrics.counter("winnow_takeover_alerts_total", "Alerts replayed from streams of dead writers.")),
          expired_(metrics.counter("winnow_expired_instances_total", "Instances that ended without being resolved."))
    {
    }

    Result<Done> prepare() { return streams_.maintain_partitions(); }

    void start()
    {
        thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    }

    [[nodiscard]] bool healthy() const noexcept { return healthy_; }

private:
    void run(const std::stop_token& stop)
    {
        Chore heartbeat(options_.heartbeat);
        Chore takeover(options_.takeover);
        Chore expiry(options_.expiry);
        Chore noise(options_.noise, Clock::now() + options_.noise);
        Chore partitions(options_.partitions, Clock::now() + options_.partitions);
        while (!stop.stop_requested()) {
            const auto now = Clock::now();
            if (heartbeat.is_due(now)) renew();
            if (takeover.is_due(now)) claim_orphans();
            if (expiry.is_due(now)) expire(stop);
            if (noise.is_due(now)) gather_noise(stop);
            if (partitions.is_due(now)) maintain_partitions();
            const bool progressed = replay();
            if (progressed) continue;
            auto until = std::min({heartbeat.due(), takeover.due(), expiry.due(), noise.due(), partitions.due()});
            if (!orphans_.empty()) until = std::min(until, Clock::now() + kReplayPause);
            std::unique_lock lock(mutex_);
            wake_.wait_until(lock, stop, until, [] { return false; });
        }
    }

    /// Whatever notices first that the database is away says so; the heartbeat may have to wait for it.
    void failed(std::string_view doing, const Error& error)
    {
        warn(doing, error);
        if (error.code() == ErrorCode::unavailable || error.code() == ErrorCode::timeout) healthy_ = false;
    }

    void renew()
    {
        const auto own = own_stream_();
        if (!own) return;
        const auto renewed = streams_.renew(own->stream, triage_.applied_through(own->stream, own->released_seq));
        healthy_ = renewed.has_value();
        if (!renewed) warn("the stream's heartbeat failed", renewed.error());
    }

    void claim_orphans()
    {
        const auto claimed = streams_.claim_orphans();
        healthy_ = claimed.has_value();  // asked more often than the heartbeat, so it notices first
        if (!claimed) {
            warn("cannot look for orphaned streams", claimed.error());
            return;
        }
        for (const auto stream : *claimed) {
            if (std::ranges::find(orphans_, stream, &OrphanReplay::stream) != orphans_.end()) continue;
            observe::info("taking over a stream whose writer is gone", {{"stream", static_cast<std::int64_t>(stream)}});
            orphans_.emplace_back(stream, streams_, triage_);
        }
    }

    /// True where another step may get further at once.
    bool replay()
    {
        bool progressed = false;
        std::erase_if(orphans_, [&](OrphanReplay& orphan) {
            const auto step = orphan.step();
            progressed = progressed || step == OrphanReplay::Step::progressed;
            if (step != OrphanReplay::Step::ended) return false;
            taken_over_.add();
            replayed_.add(static_cast<double>(orphan.replayed_alerts()));
            observe::info("took over a stream", {{"stream", static_cast<std::int64_t>(orphan.stream())},
                                                 {"alerts", orphan.replayed_alerts()}});
            return true;
        });
        return progressed;
    }

    void expire(const std::stop_token& stop)
    {
        const auto tenants = store_.tenants_with_expired_instances();
        if (!tenants) {
            failed("cannot look for expired instances", tenants.error());
            return;
        }
        for (const auto tenant : *tenants) expire(tenant, stop);
    }

    void expire(TenantId tenant, const std::stop_token& stop)
    {
        std::size_t count = kExpireAtOnce;
        while (count >= kExpireAtOnce && !stop.stop_requested()) {
            const auto policy = policies_.get(tenant);
            if (!policy) {
                warn("cannot read a tenant's configuration", policy.error());
                return;
            }
            bool owes = false;
            const auto decide = [&](std::vector<triage::InstanceState> expired, triage::States states, Timestamp now) {
                ports::TriageWrites writes;
                writes.outcome = triage::expire(expired, std::move(states), now);
                writes.deliveries = owed(writes.outcome, (*policy)->config);
                owes = !writes.deliveries.empty();
                return writes;
            };
            const auto done = store_.expire(tenant, kExpireAtOnce, decide);
            if (!done) {
                failed("cannot end expired instances", done.error());
                return;
            }
            count = *done;
            expired_.add(static_cast<double>(count));
            if (owes && outbox_changed_) outbox_changed_();
        }
    }

    void gather_noise(const std::stop_token& stop)
    {
        std::size_t count = kGatherAtOnce;
        while (count >= kGatherAtOnce && !stop.stop_requested()) {
            const auto gathered = store_.gather_noise(kGatherAtOnce);
            if (!gathered) return failed("cannot gather the noise statistics", gathered.error());
            count = *gathered;
        }
    }

    void maintain_partitions()
    {
        const auto maintained = streams_.maintain_partitions();
        if (!maintained) warn("cannot maintain the journal's partitions", maintained.error());
    }

    ports::JournalStreams& streams_;
    ports::TriageStore& store_;
    ConfigCache& policies_;
    TriageService& triage_;
    const std::function<std::optional<OwnStream>()> own_stream_;
    const std::function<void()> outbox_changed_;
    const HousekeepingOptions options_;
    const observe::Counter taken_over_;
    const observe::Counter replayed_;
    const observe::Counter expired_;

    std::list<OrphanReplay> orphans_;  // the thread's own
    std::atomic<bool> healthy_ = true;
    std::mutex mutex_;  // for wake_ alone
    std::condition_variable_any wake_;
    std::jthread thread_;  // last
};

Housekeeping::Housekeeping(ports::JournalStreams& streams, ports::TriageStore& store, ConfigCache& policies,
                           TriageService& triage, std::function<std::optional<OwnStream>()> own_stream,
                           std::function<void()> outbox_changed, HousekeepingOptions options, observe::Metrics& metrics)
    : impl_(std::make_unique<Impl>(streams, store, policies, triage, std::move(own_stream), std::move(outbox_changed),
                                   options, metrics))
{
}

Housekeeping::~Housekeeping() = default;

Result<Done> Housekeeping::prepare()
{
    return impl_->prepare();
}

void Housekeeping::start()
{
    impl_->start();
}

bool Housekeeping::healthy() const noexcept
{
    return impl_->healthy();
}

}  // namespace winnow::pipeline
