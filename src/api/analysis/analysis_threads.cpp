#include "api/analysis/analysis_threads.hpp"

#include "winnow/fair/tenant_queues.hpp"
#include "winnow/observe/processor_time.hpp"
#include "winnow/observe/thread_name.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace winnow::api {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr int kNiceness = 5;  // after connections, the journal and triage; before back-tests
constexpr nanoseconds kQuantum = milliseconds{50};
constexpr nanoseconds kSlow = milliseconds{100};
constexpr milliseconds kStale{1'000};

fair::QueueLimits limits_of(const AnalysisThreads::Options& options)
{
    return {.items = 4'096,
            .tenant_items = options.waiting,
            .tenant_in_flight = 1,
            .quantum = kQuantum.count(),
            .slow_cost = kSlow.count(),
            .newest_first_after = kStale};
}

}  // namespace

class AnalysisThreads::State : public std::enable_shared_from_this<State> {
public:
    explicit State(const Options& options)
        : options_(options), queues_(limits_of(options), [](const Waiting& each) { return each.given_up(); })
    {
    }

    void submit(TenantId tenant, Load load, Failed failed, GivenUp given_up, Order order);
    void run(fair::Lane lane);
    void stop();
    void fail_all();

    /// A turn has got its work.
    void hand_over(const fair::Ticket& ticket, bool is_slow, Work work, Failed failed, Paid paid);
    /// A turn is over.
    void finish(const fair::Ticket& ticket, bool is_slow, nanoseconds cost);

private:
    struct Waiting {
        Load load;
        Failed failed;
        GivenUp given_up;
    };
    struct Ready {
        fair::Ticket ticket;
        bool is_slow = false;
        Work work;
        Failed failed;
        Paid paid;
    };
    /// Of slow tenants and of others, apart: what waits for the ones does not stop the others from beginning.
    struct Begun {
        std::deque<Ready> ready;
        std::size_t count = 0;  ///< With those that load.
    };

    bool do_ready(Begun& begun, std::unique_lock<std::mutex>& lock);
    bool begin_next(fair::Lane lane, std::unique_lock<std::mutex>& lock);
    void tell(std::vector<Waiting>& dead) const;
    void wake();

    const Options options_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::condition_variable quick_changed_;
    fair::TenantQueues<Waiting> queues_;
    Begun quick_;
    Begun slow_;
    bool stopping_ = false;
    bool over_ = false;  ///< Nobody will take anything any more.
};

/// What a Turn holds.
struct AnalysisThreads::Turn::Place {
    std::shared_ptr<State> state;
    fair::Ticket ticket;
    bool is_slow = false;
};

AnalysisThreads::Turn::Turn(std::unique_ptr<Place> place) : place_(std::move(place)) {}

AnalysisThreads::Turn::Turn(Turn&&) noexcept = default;

AnalysisThreads::Turn::~Turn()
{
    if (place_) place_->state->finish(place_->ticket, place_->is_slow, nanoseconds{0});
}

void AnalysisThreads::Turn::run(Work work, Failed failed, Paid paid) &&
{
    const auto place = std::move(place_);
    place->state->hand_over(place->ticket, place->is_slow, std::move(work), std::move(failed), std::move(paid));
}

void AnalysisThreads::State::submit(TenantId tenant, Load load, Failed failed, GivenUp given_up, Order order)
{
    Waiting item{.load = std::move(load), .failed = std::move(failed), .given_up = std::move(given_up)};
    std::optional<Error> error;
    std::vector<Waiting> dead;
    {
        const std::lock_guard lock(mutex_);
        const auto refused =
            over_ ? std::nullopt : queues_.push(tenant, item, Clock::now(), {.in_turn = order == Order::in_turn});
        if (over_) {
            error = Error(ErrorCode::unavailable, "shutting down");
        } else if (refused && refused->whose == fair::Refused::Whose::node) {
            error = Error(ErrorCode::unavailable,
                          "the node's queue of analyses is full: " + std::to_string(refused->value) + " wait");
        } else if (refused) {
            error = Error(ErrorCode::rate_limited,
                          "too many analyses of your tenant (tests of rules, lint, previews, suggestions, "
                          "explanations) wait on this node already: the limit is " +
                              std::to_string(refused->value) +
                              " (analysis.waiting_per_tenant) besides the one under way; wait for answers before you "
                              "ask for more");
        }
        dead = queues_.dead();
        options_.metrics.waiting(queues_.order().items());
        wake();
    }
    tell(dead);
    if (!error) return;
    if (order != Order::in_turn) options_.metrics.refused();
    item.failed(*std::move(error));
}

void AnalysisThreads::State::run(fair::Lane lane)
{
    setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNiceness);  // Linux: of this thread alone
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        if (do_ready(quick_, lock)) continue;
        if (lane == fair::Lane::any && do_ready(slow_, lock)) continue;
        if (begin_next(lane, lock)) continue;
        (lane == fair::Lane::quick ? quick_changed_ : changed_).wait(lock);
    }
}

bool AnalysisThreads::State::do_ready(Begun& begun, std::unique_lock<std::mutex>& lock)
{
    if (begun.ready.empty()) return false;
    auto ready = std::move(begun.ready.front());
    begun.ready.pop_front();
    lock.unlock();
    const auto before = observe::processor_time();
    ready.work();
    ready.work = {};  // what it holds goes before the tenant's next one is begun, and is paid for
    const auto spent = observe::processor_time() - before;
    if (ready.paid) ready.paid(spent);
    finish(ready.ticket, ready.is_slow, spent);
    lock.lock();
    return true;
}

bool AnalysisThreads::State::begin_next(fair::Lane lane, std::unique_lock<std::mutex>& lock)
{
    const auto most = options_.threads + 2;  // two more than work: they load meanwhile
    if (quick_.count >= most) return false;
    if (slow_.count >= most) lane = fair::Lane::quick;
    const auto now = Clock::now();
    auto taken = queues_.take(now, lane);
    auto dead = queues_.dead();
    options_.metrics.waiting(queues_.order().items());
    if (!taken && dead.empty()) return false;
    std::optional<Turn> turn;
    if (taken) {
        const bool is_slow = queues_.order().is_slow(taken->ticket.tenant, now);
        ++(is_slow ? slow_ : quick_).count;
        turn.emplace(Turn(std::make_unique<Turn::Place>(shared_from_this(), taken->ticket, is_slow)));
    }
    lock.unlock();
    tell(dead);
    if (taken) {
        options_.metrics.taken(taken->waited);
        taken->item.load(*std::move(turn));
        taken.reset();
    }
    lock.lock();
    return true;
}

void AnalysisThreads::State::hand_over(const fair::Ticket& ticket, bool is_slow, Work work, Failed failed, Paid paid)
{
    {
        const std::lock_guard lock(mutex_);
        if (!stopping_) {
            (is_slow ? slow_ : quick_)
                .ready.push_back({.ticket = ticket,
                                  .is_slow = is_slow,
                                  .work = std::move(work),
                                  .failed = std::move(failed),
                                  .paid = std::move(paid)});
            wake();
            return;
        }
    }
    failed(Error(ErrorCode::unavailable, "shutting down"));
}

void AnalysisThreads::State::finish(const fair::Ticket& ticket, bool is_slow, nanoseconds cost)
{
    const std::lock_guard lock(mutex_);
    options_.metrics.cost(cost);
    --(is_slow ? slow_ : quick_).count;
    queues_.done(ticket, cost.count(), Clock::now());
    wake();
}

void AnalysisThreads::State::tell(std::vector<Waiting>& dead) const
{
    if (dead.empty()) return;
    options_.metrics.given_up(dead.size());
    for (auto& each : dead) each.failed(Error(ErrorCode::timeout, "nobody waited for the answer any more"));
    dead.clear();  // before anybody takes a lock
}

void AnalysisThreads::State::wake()
{
    changed_.notify_one();
    quick_changed_.notify_one();
}

void AnalysisThreads::State::stop()
{
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    quick_changed_.notify_all();
}

/// When no thread runs any more.
void AnalysisThreads::State::fail_all()
{
    std::vector<Failed> failed;
    {
        const std::lock_guard lock(mutex_);
        over_ = true;
        for (auto& each : queues_.clear()) failed.push_back(std::move(each.failed));
        for (auto* begun : {&quick_, &slow_}) {
            for (auto& ready : std::exchange(begun->ready, {})) failed.push_back(std::move(ready.failed));
        }
    }
    for (auto& each : failed) each(Error(ErrorCode::unavailable, "shutting down"));
}

AnalysisThreads::AnalysisThreads(const Options& options) : state_(std::make_shared<State>(options))
{
    threads_.reserve(options.threads);
    for (std::size_t i = 0; i < options.threads; ++i) {
        const bool quick = options.threads > 1 && i == 0;
        threads_.emplace_back([state = state_.get(), i, lane = quick ? fair::Lane::quick : fair::Lane::any] {
            observe::name_thread("analysis", i);
            state->run(lane);
        });
    }
}

AnalysisThreads::~AnalysisThreads()
{
    state_->stop();
    threads_.clear();
    state_->fail_all();
}

void AnalysisThreads::submit(TenantId tenant, Load load, Failed failed, GivenUp given_up, Order order)
{
    state_->submit(tenant, std::move(load), std::move(failed), std::move(given_up), order);
}

}  // namespace winnow::api
