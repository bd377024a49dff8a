#include "winnow/pipeline/timekeeper.hpp"

#include "pipeline/time/agenda.hpp"
#include "pipeline/time/clock_watch.hpp"
#include "pipeline/watch/round.hpp"
#include "winnow/observe/log.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/observe/progress.hpp"
#include "winnow/observe/thread_name.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <variant>

namespace winnow::pipeline {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kAfterThrown{100};

std::vector<ports::DueTraits> traits_of(const std::vector<std::unique_ptr<ports::DueKind>>& kinds)
{
    std::vector<ports::DueTraits> traits;
    for (const auto& kind : kinds) traits.push_back(kind->traits());
    return traits;
}

/// Of others nobody knows since when: the board says that something is there, or another loop does it.
bool measures_lateness(const ports::DueTraits& traits)
{
    return traits.dated || traits.every.count() > 0;
}

/// Of both sources, each instant once: nobody is told how they came about.
std::vector<domain::Outage> all_of(std::vector<domain::Outage> noted, const std::vector<domain::Outage>& left_out)
{
    noted.insert(noted.end(), left_out.begin(), left_out.end());
    std::ranges::sort(noted, {}, &domain::Outage::began);
    return noted;
}

}  // namespace

class Timekeeper::Impl {
public:
    Impl(ports::DueBoard& board, std::vector<std::unique_ptr<ports::DueKind>> kinds, TimekeeperOptions options,
         observe::Metrics& metrics)
        : board_(board),
          kinds_(std::move(kinds)),
          options_(options),
          jumps_forward_(jumps(metrics, "forward")),
          jumps_back_(jumps(metrics, "back")),
          progress_(options.standstill),
          // One worker is kept for the board and for what never waits, where there is more than one.
          agenda_(traits_of(kinds_), options.look, Clock::now(), std::max<std::size_t>(options.workers, 2) - 1)
    {
        for (const auto& kind : kinds_) {
            const std::string name(kind->traits().name);
            auto& lateness = lateness_.emplace_back();
            if (measures_lateness(kind->traits())) {
                lateness = metrics.histogram(
                    "winnow_timer_lateness_seconds", "How long the first of what was done at once had been due.",
                    {{"kind", name}}, {0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3'600});
            }
            left_out_.push_back(metrics.gauge(
                "winnow_timer_tenants_left_out",
                "Tenants for whom a kind failed again and again, and is tried again later.", {{"kind", name}}));
        }
    }

    ~Impl()
    {
        for (auto& worker : workers_) worker.request_stop();  // all of them, before one is waited for
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    void start()
    {
        for (std::size_t i = 0; i < options_.workers; ++i) {
            workers_.emplace_back([this, i](const std::stop_token& stop) {
                observe::name_thread("clock", i);
                work(stop);
            });
        }
    }

    [[nodiscard]] bool goes_on() const { return !progress_.stands_still(Clock::now()); }

    [[nodiscard]] bool healthy() const noexcept { return !said_; }

    void poke() noexcept
    {
        {
            const std::lock_guard lock(mutex_);
            agenda_.poke(Clock::now());
            ++answers_;
        }
        changed_.notify_one();
    }

private:
    static observe::Counter jumps(observe::Metrics& metrics, const char* direction)
    {
        return metrics.counter("winnow_clock_jumps_total", "Times that the database's clock was put forward or back.",
                               {{"direction", direction}});
    }

    void work(const std::stop_token& stop)
    {
        while (!stop.stop_requested()) {
            if (round("timers", [&] { step(stop); })) continue;
            std::unique_lock lock(mutex_);
            changed_.wait_for(lock, stop, kAfterThrown, [] { return false; });
        }
    }

    void step(const std::stop_token& stop)
    {
        Agenda::Task task;
        {
            std::unique_lock lock(mutex_);
            const auto now = Clock::now();
            task = agenda_.next(now);
            progress_.waits(agenda_.is_behind(now), now);
            if (const auto* wait = std::get_if<Agenda::Wait>(&task)) {
                const auto seen = answers_;
                changed_.wait_until(lock, stop, wait->until, [&] { return answers_ != seen; });
                return;
            }
        }
        if (std::holds_alternative<Agenda::Look>(task)) look();
        if (const auto* find = std::get_if<Agenda::Find>(&task)) this->find(find->kind);
        if (const auto* turn = std::get_if<Agenda::Take>(&task)) take(*turn, stop);
    }

    /// Tells the agenda, and whoever waits for news of it.
    template <typename Tell>
    void answer(Tell tell)
    {
        {
            const std::lock_guard lock(mutex_);
            ++answers_;
            tell(Clock::now());
        }
        progress_.turned(Clock::now());
        changed_.notify_all();
    }

    void look()
    {
        std::optional<ports::DueTimes> times;
        std::vector<std::optional<milliseconds>> in;
        round("timers", [&] {
            auto looked = board_.look();
            if (!looked && !said_) warn("cannot look for what is due", "board", looked.error());
            said_ = !looked;
            if (!looked) return;
            in = times_of_kinds(looked->in);
            times = *std::move(looked);
        });
        answer([&](auto now) {
            if (!times) return agenda_.look_failed(now);
            ++board_answers_;
            agenda_.looked(in, now);
            for (std::size_t i = 0; i < kinds_.size(); ++i) show_left_out(i, now);
            if (const auto jump = clock_.look(times->now, now)) tell_of(*jump);
            outages_ = all_of(std::move(times->outages), clock_.left_out());
        });
    }

    [[nodiscard]] std::vector<std::optional<milliseconds>> times_of_kinds(
        const std::vector<std::pair<std::string, milliseconds>>& board) const
    {
        std::vector<std::optional<milliseconds>> in;
        for (const auto& kind : kinds_) {
            const auto found = std::ranges::find(board, kind->traits().name,
                                                 [](const auto& one) -> std::string_view { return one.first; });
            in.push_back(found == board.end() ? std::nullopt : std::optional(found->second));
        }
        return in;
    }

    void show_left_out(std::size_t kind, Clock::time_point now)
    {
        left_out_[kind].set(static_cast<double>(agenda_.left_out(kind, now)));
    }

    void tell_of(milliseconds jump) const
    {
        (jump.count() > 0 ? jumps_forward_ : jumps_back_).add();
        observe::error("the database's clock was put forward or back", {{"milliseconds", jump.count()}});
    }

    void find(std::size_t index)
    {
        auto& kind = *kinds_[index];
        std::optional<std::vector<TenantId>> tenants;
        round("timers", [&] {
            auto found = kind.tenants(kTenants);
            if (!found) return warn("cannot look for what is due", kind.traits().name, found.error());
            tenants = *std::move(found);
        });
        answer([&](auto now) {
            if (tenants) {
                agenda_.found(index, *tenants, now);
            } else {
                agenda_.find_failed(index, now);
            }
        });
    }

    void take(const Agenda::Take& turn, const std::stop_token& stop)
    {
        auto end = Agenda::End::away;  // what is thrown is for want of memory, most likely
        ports::DueDone done;
        round("timers", [&] { end = run(turn, done, stop); });
        milliseconds pause{0};
        answer([&](auto now) {
            pause = agenda_.took(turn, end, done, now);
            show_left_out(turn.kind, now);
        });
        if (pause.count() == 0) return;
        observe::warn("what is due of a tenant fails again and again, and is left out for a while",
                      {{"kind", kinds_[turn.kind]->traits().name}, {"tenant_id", turn.tenant.str()}});
    }

    Agenda::End run(const Agenda::Take& turn, ports::DueDone& done, const std::stop_token& stop)
    {
        auto& kind = *kinds_[turn.kind];
        const auto begun = Clock::now();
        if (kind.traits().every.count() > 0) observe_interval(turn.kind, begun);
        do {
            std::vector<domain::Outage> outages;
            std::uint64_t answers = 0;
            ports::DueTurn one{.tenant = turn.tenant, .limit = options_.rows, .patience = turn.patience};
            {
                const std::lock_guard lock(mutex_);
                answers = board_answers_;
                if (kind.traits().real_time) outages = outages_;
            }
            one.outages = outages;
            auto did = kind.run(one);
            if (!did) {
                const auto end = end_of(did.error(), board_has_answered_since(answers));
                if (end != Agenda::End::busy) warn("cannot do what is due", kind.traits().name, did.error());
                done.more = done.rows > 0;  // and if it did, the others' turns come first
                return end == Agenda::End::busy && done.rows > 0 ? Agenda::End::done : end;
            }
            if (did->since) observe_lateness(turn.kind, *did->since, outages);
            done = {.rows = done.rows + did->rows, .more = did->more, .again_in = did->again_in};
        } while (done.more && Clock::now() - begun < options_.turn && !stop.stop_requested());
        return Agenda::End::done;
    }

    bool board_has_answered_since(std::uint64_t answers)
    {
        const std::lock_guard lock(mutex_);
        return board_answers_ > answers;
    }

    /// One call's, when it has ended.
    void observe_lateness(std::size_t kind, Timestamp since, const std::vector<domain::Outage>& outages)
    {
        if (!lateness_[kind]) return;
        Timestamp now;
        {
            const std::lock_guard lock(mutex_);
            now = clock_.now(Clock::now());
        }
        const auto late = now - since - domain::dead_time(outages, since, now);
        lateness_[kind]->observe(std::chrono::duration<double>(std::max(late, milliseconds{0})).count());
    }

    /// A turn's, whatever there is to do in it: its interval was over.
    void observe_interval(std::size_t kind, Clock::time_point begun)
    {
        const std::lock_guard lock(mutex_);
        lateness_[kind]->observe(std::chrono::duration<double>(agenda_.lateness(kind, begun)).count());
    }

    static void warn(std::string_view doing, std::string_view kind, const Error& error)
    {
        observe::warn(doing, {{"kind", kind}, {"error", error.message()}, {"code", to_string(error.code())}});
    }

    static constexpr std::size_t kTenants = 10'000;  // a round's

    ports::DueBoard& board_;
    const std::vector<std::unique_ptr<ports::DueKind>> kinds_;
    const TimekeeperOptions options_;
    const observe::Counter jumps_forward_;
    const observe::Counter jumps_back_;
    std::vector<std::optional<observe::Histogram>> lateness_;  // as kinds_; of those that measure it
    std::vector<observe::Gauge> left_out_;
    std::atomic<bool> said_ = false;  // that the board cannot be looked at

    observe::Progress progress_;

    std::mutex mutex_;  // guards what follows
    std::condition_variable_any changed_;
    std::uint64_t answers_ = 0;  // and pokes: news for whoever waits
    std::uint64_t board_answers_ = 0;
    Agenda agenda_;
    ClockWatch clock_;
    std::vector<domain::Outage> outages_;

    std::vector<std::jthread> workers_;  // last
};

Timekeeper::Timekeeper(ports::DueBoard& board, std::vector<std::unique_ptr<ports::DueKind>> kinds,
                       TimekeeperOptions options, observe::Metrics& metrics)
    : impl_(std::make_unique<Impl>(board, std::move(kinds), options, metrics))
{
}

Timekeeper::~Timekeeper() = default;

void Timekeeper::start()
{
    impl_->start();
}

bool Timekeeper::goes_on() const
{
    return impl_->goes_on();
}

bool Timekeeper::healthy() const noexcept
{
    return impl_->healthy();
}

void Timekeeper::poke() noexcept
{
    impl_->poke();
}

}  // namespace winnow::pipeline
