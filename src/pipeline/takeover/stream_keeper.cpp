#include "winnow/pipeline/stream_keeper.hpp"

#include "pipeline/takeover/orphan_replay.hpp"
#include "pipeline/watch/round.hpp"
#include "winnow/observe/log.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/observe/thread_name.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <list>
#include <mutex>
#include <stop_token>
#include <string_view>
#include <thread>
#include <utility>

namespace winnow::pipeline {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kReplayPause{20};
constexpr std::chrono::milliseconds kAfterError{1'000};  // after the database did not answer

void warn(std::string_view doing, const Error& error)
{
    observe::warn(doing, {{"error", error.message()}, {"code", to_string(error.code())}});
}

}  // namespace

class StreamKeeper::Impl {
public:
    Impl(ports::JournalStreams& streams, TriageService& triage, std::function<std::optional<OwnStream>()> own_stream,
         StreamKeeperOptions options, observe::Metrics& metrics)
        : streams_(streams),
          triage_(triage),
          own_stream_(std::move(own_stream)),
          options_(options),
          trials_(options.trials,
                  metrics.counter("winnow_quarantined_rows_total",
                                  "Journal rows that were set aside because judging them ended processes."),
                  metrics.counter("winnow_takeover_standing_total",
                                  "Times that a dead writer's stream was left standing for a minute because rows of "
                                  "several tenants ended processes and none passed."),
                  {}),
          taken_over_(metrics.counter("winnow_takeover_streams_total", "Streams of dead writers that were replayed.")),
          replayed_(metrics.counter("winnow_takeover_alerts_total", "Alerts replayed from streams of dead writers."))
    {
    }

    void start()
    {
        heartbeat_ = std::jthread([this](const std::stop_token& stop) { beat(stop); });
        // Here and now, before anything new comes in: what a tenant sent earlier is folded earlier.
        const auto begun = Clock::now();
        const auto look_at = begun + options_.takeover;
        const auto until = begun + options_.before_serving;
        round("takeover", [&] { claim_orphans(); });
        do {
            bool progressed = false;
            round("takeover", [&] { progressed = replay(until); });
            if (std::ranges::all_of(orphans_, &OrphanReplay::is_brought)) break;
            if (!progressed) std::this_thread::sleep_for(kReplayPause);
        } while (Clock::now() < until);
        takeover_ = std::jthread([this, look_at](const std::stop_token& stop) { take_over(stop, look_at); });
    }

    [[nodiscard]] bool healthy() const noexcept { return renewing_ && claiming_; }

    void poke() noexcept
    {
        {
            const std::lock_guard lock(mutex_);
            poked_ = true;
        }
        wake_.notify_all();
    }

private:
    void beat(const std::stop_token& stop)
    {
        observe::name_thread("heartbeat");
        while (!stop.stop_requested()) {
            round("heartbeat", [&] { renew(); });
            pause(stop, Clock::now() + options_.heartbeat);
        }
    }

    void take_over(const std::stop_token& stop, Clock::time_point look_at)
    {
        observe::name_thread("takeover");
        while (!stop.stop_requested()) {
            if (take_poke() || Clock::now() >= look_at) {
                round("release", [&] { release(); });
                round("takeover", [&] { claim_orphans(); });
                look_at = Clock::now() + (claiming_ ? options_.takeover : std::min(options_.takeover, kAfterError));
            }
            bool progressed = false;
            round("takeover", [&] { progressed = replay(); });
            if (progressed) continue;
            const auto until = orphans_.empty() ? look_at : std::min(look_at, Clock::now() + kReplayPause);
            std::unique_lock lock(mutex_);
            wake_.wait_until(lock, stop, until, [this] { return poked_; });
        }
    }

    bool take_poke()
    {
        const std::lock_guard lock(mutex_);
        return std::exchange(poked_, false);
    }

    void pause(const std::stop_token& stop, Clock::time_point until)
    {
        std::unique_lock lock(mutex_);
        wake_.wait_until(lock, stop, until, [] { return false; });
    }

    void renew()
    {
        const auto own = own_stream_();
        if (!own) return;
        const auto applied = triage_.applied_through(own->stream, own->released_seq);
        const auto renewed = streams_.renew(own->stream, applied, own->serves);
        renewing_ = renewed.has_value();
        if (!renewed) warn("the stream's heartbeat failed", renewed.error());
    }

    /// What it journals is an orphan, and claimed next.
    void release()
    {
        if (const auto released = streams_.release_row(); !released) {
            warn("cannot release what was set aside", released.error());
        }
    }

    void claim_orphans()
    {
        const auto claimed = streams_.claim_orphans();
        claiming_ = claimed.has_value();  // while it fails it is asked again soon, and an orphan stays one
        if (!claimed) {
            warn("cannot look for orphaned streams", claimed.error());
            return;
        }
        for (const auto stream : *claimed) {
            if (std::ranges::find(orphans_, stream, &OrphanReplay::stream) != orphans_.end()) continue;
            observe::info("taking over a stream whose writer is gone", {{"stream", static_cast<std::int64_t>(stream)}});
            // First: where it throws the stream is named again, and this is done again.
            if (options_.on_takeover) options_.on_takeover(stream);
            orphans_.emplace_back(stream, streams_, triage_, trials_);
        }
    }

    /// True where another step may get further at once. In the order of the streams, which is that of their rows: a
    /// later one waits a moment for the trial of one before. Each may ask a slow database, so none is begun with after
    /// `until`.
    bool replay(Clock::time_point until = Clock::time_point::max())
    {
        bool progressed = false;
        bool waits = false;
        std::erase_if(orphans_, [&](OrphanReplay& orphan) {
            if (waits || Clock::now() >= until) return false;
            const auto step = orphan.step();
            waits = step != OrphanReplay::Step::ended && orphan.goes_first();
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

    ports::JournalStreams& streams_;
    TriageService& triage_;
    const std::function<std::optional<OwnStream>()> own_stream_;
    const StreamKeeperOptions options_;
    Trials trials_;  // takeover_'s own, as are the orphans
    const observe::Counter taken_over_;
    const observe::Counter replayed_;

    std::list<OrphanReplay> orphans_;  // takeover_'s own, once it runs
    std::atomic<bool> renewing_ = true;
    std::atomic<bool> claiming_ = true;
    std::mutex mutex_;
    bool poked_ = false;  // guarded by mutex_
    std::condition_variable_any wake_;
    std::jthread heartbeat_;  // the threads last
    std::jthread takeover_;
};

StreamKeeper::StreamKeeper(ports::JournalStreams& streams, TriageService& triage,
                           std::function<std::optional<OwnStream>()> own_stream, StreamKeeperOptions options,
                           observe::Metrics& metrics)
    : impl_(std::make_unique<Impl>(streams, triage, std::move(own_stream), options, metrics))
{
}

StreamKeeper::~StreamKeeper() = default;

void StreamKeeper::start()
{
    impl_->start();
}

void StreamKeeper::poke() noexcept
{
    impl_->poke();
}

bool StreamKeeper::healthy() const noexcept
{
    return impl_->healthy();
}

}  // namespace winnow::pipeline
