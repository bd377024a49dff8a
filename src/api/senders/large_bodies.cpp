#include "api/senders/large_bodies.hpp"

#include "winnow/fair/share.hpp"
#include "winnow/observe/processor_time.hpp"
#include "winnow/observe/thread_name.hpp"

#include <algorithm>
#include <cstdint>
#include <new>
#include <string>
#include <string_view>
#include <utility>

namespace winnow::api {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

/// Shorter ones take less than it takes to hand them over and back, and some more.
constexpr std::size_t kLarge = 32'768;

/// What is longer takes so long that whoever comes meanwhile, if only to say who he is, would wait for it.
constexpr std::size_t kDear = 262'144;

/// What a request holds beside its body.
constexpr std::size_t kHead = 4'096;

constexpr nanoseconds kQuantum = milliseconds{2};
constexpr nanoseconds kSlow = milliseconds{5};
constexpr milliseconds kNoMemoryPause{10};

fair::QueueLimits limits_of(std::size_t threads)
{
    return {.items = fair::QueueLimits::kNone,  // bounded by their bytes, and by connections
            .tenant_in_flight = threads / 2,
            .quantum = kQuantum.count(),
            .slow_cost = kSlow.count()};
}

fair::Bound bound_of(const LargeBodies::Options& options)
{
    return {.whole = options.max_bytes};
}

std::size_t threads_of(const LargeBodies::Options& options)
{
    return std::max<std::size_t>(2, options.threads);
}

/// How long such a body becomes is not known before it is unpacked.
bool is_packed(const http::RequestHead& head)
{
    constexpr std::string_view kName = "content-encoding";
    const auto is_letter_of = [](char sent, char lower) {
        return sent == lower || (lower != '-' && (sent | 0x20) == lower);
    };
    return std::ranges::any_of(head.headers, [&](const http::Header& header) {
        return std::ranges::equal(header.name, kName, is_letter_of) && header.value != "identity";
    });
}

Error error_of(const fair::Refused& refused)
{
    const auto value = std::to_string(refused.value);
    if (refused.whose == fair::Refused::Whose::node) {
        return {ErrorCode::unavailable,
                "too many large bodies wait on this node to be read: the limit is " + value +
                    " bytes (bodies.max_waiting_bytes); nothing of this request was stored. Send it again later"};
    }
    return {ErrorCode::rate_limited,
            "too many large bodies of your tenant wait on this node to be read: the limit is "
            "now " +
                value +
                " bytes, your tenant's share of bodies.max_waiting_bytes; nothing of this "
                "request was stored. Send it again later"};
}

Error shutting_down()
{
    return {ErrorCode::unavailable, "shutting down"};
}

}  // namespace

LargeBodies::LargeBodies(const Options& options)
    : options_(options),
      company_(options.company),
      queues_(limits_of(threads_of(options)), [](const Waiting& each) { return each.given_up(); })
{
    const auto threads = threads_of(options);
    threads_.reserve(threads);
    for (std::size_t i = 0; i < threads; ++i) {
        threads_.emplace_back([this, i, lane = i == 0 ? fair::Lane::quick : fair::Lane::any] {
            observe::name_thread("bodies", i);
            run(lane);
        });
    }
}

LargeBodies::~LargeBodies()
{
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    quick_changed_.notify_all();
    threads_.clear();
    for (auto& each : queues_.clear()) each.failed(shutting_down());
}

void LargeBodies::came(TenantId tenant)
{
    const auto hash = std::hash<TenantId>{}(tenant);
    if (last_.load(std::memory_order_relaxed) == hash) return;
    last_.store(hash, std::memory_order_relaxed);
    const std::lock_guard lock(company_mutex_);
    company_.came(tenant, Clock::now());
}

bool LargeBodies::takes(const http::Request& request) const
{
    if (request.body.size() > kDear || is_packed(request.head)) return true;
    if (request.body.size() <= kLarge) return false;
    const std::lock_guard lock(company_mutex_);
    return company_.is_there(Clock::now());
}

void LargeBodies::submit(TenantId tenant, std::size_t bytes, Work work, Failed failed, GivenUp given_up)
{
    Waiting item{.tenant = tenant,
                 .bytes = bytes + kHead,
                 .work = std::move(work),
                 .failed = std::move(failed),
                 .given_up = std::move(given_up)};
    std::optional<Error> error;
    std::vector<Waiting> dead;
    {
        const std::lock_guard lock(mutex_);
        auto refused = refusal(tenant, item.bytes);
        if (refused) {
            dead = queues_.drop_if(tenant, [](const Waiting& each) { return each.given_up(); });
            release(dead);
            refused = refusal(tenant, item.bytes);
        }
        if (!refused) {
            const auto held = item.bytes;
            hold(tenant, held);
            try {
                refused = queues_.push(tenant, item, Clock::now());
            } catch (...) {
                release(tenant, held);
                throw;
            }
            if (refused) release(tenant, held);
        }
        if (refused) error = error_of(*refused);
        options_.metrics.waiting(queues_.order().items());
    }
    tell(dead);
    if (!error) return wake();
    options_.metrics.refused();
    item.failed(*error);
}

void LargeBodies::run(fair::Lane lane)
{
    while (true) {
        try {
            return serve(lane);
        } catch (const std::bad_alloc&) {  // whatever was on its way has a sink that says so: the thread goes on
            std::this_thread::sleep_for(kNoMemoryPause);
        }
    }
}

void LargeBodies::serve(fair::Lane lane)
{
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        auto taken = queues_.take(Clock::now(), lane);
        auto dead = queues_.dead();
        release(dead);
        options_.metrics.waiting(queues_.order().items());
        if (!taken && dead.empty()) {
            (lane == fair::Lane::quick ? quick_changed_ : changed_).wait(lock);
            continue;
        }
        lock.unlock();
        tell(dead);
        if (taken) {
            options_.metrics.taken(taken->waited);
            const auto before = observe::processor_time();
            taken->item.work();
            taken->item.work = {};  // with the body
            taken->item.failed = {};
            taken->item.given_up = {};
            const auto spent = observe::processor_time() - before;
            options_.metrics.cost(spent);
            lock.lock();
            release(taken->item.tenant, taken->item.bytes);
            queues_.done(taken->ticket, spent.count(), Clock::now());
            if (queues_.order().items() > 0) wake();  // whom this one's tenant held up, or its being slow
        } else {
            lock.lock();
        }
    }
}

void LargeBodies::tell(std::vector<Waiting>& dead) const
{
    if (dead.empty()) return;
    options_.metrics.given_up(dead.size());
    for (auto& each : dead) each.failed(Error(ErrorCode::timeout, "nobody waited for the answer any more"));
    dead.clear();  // before anybody takes a lock
}

void LargeBodies::wake()
{
    changed_.notify_one();
    quick_changed_.notify_one();
}

std::optional<fair::Refused> LargeBodies::refusal(TenantId tenant, std::size_t bytes) const
{
    const auto found = held_.find(tenant);
    const fair::Held held{.all = all_held_, .own = found == held_.end() ? 0 : found->second};
    return fair::refusal(fair::Refused::Limit::bytes, bound_of(options_), held, bytes);
}

void LargeBodies::hold(TenantId tenant, std::size_t bytes)
{
    held_[tenant] += bytes;
    all_held_ += bytes;
}

void LargeBodies::release(TenantId tenant, std::size_t bytes)
{
    const auto found = held_.find(tenant);
    all_held_ -= bytes;
    if ((found->second -= bytes) == 0) held_.erase(found);
}

void LargeBodies::release(const std::vector<Waiting>& dropped)
{
    for (const auto& each : dropped) release(each.tenant, each.bytes);
}

}  // namespace winnow::api
