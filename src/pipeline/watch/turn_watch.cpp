#include "pipeline/watch/turn_watch.hpp"

#include "winnow/observe/log.hpp"
#include "winnow/observe/thread_name.hpp"

#include <pthread.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <utility>

namespace winnow::pipeline {

namespace {

constexpr std::chrono::nanoseconds kLook = std::chrono::seconds{1};
constexpr int kLooksATurn = 8;

std::chrono::nanoseconds read(clockid_t clock)
{
    timespec spent{};
    clock_gettime(clock, &spent);
    return std::chrono::seconds{spent.tv_sec} + std::chrono::nanoseconds{spent.tv_nsec};
}

}  // namespace

TurnWatch::TurnWatch(Limits limits, observe::Counter long_turns)
    : limits_(std::move(limits)), long_turns_(long_turns), thread_([this](const std::stop_token& stop) { run(stop); })
{
}

TurnWatch::Seat::Seat(TurnWatch& watch) : watch_(watch)
{
    pthread_getcpuclockid(pthread_self(), &clock_);
    const std::lock_guard lock(watch_.mutex_);
    after_ = watch_.seats_;
    if (after_ != nullptr) after_->before_ = this;
    watch_.seats_ = this;
}

TurnWatch::Seat::~Seat()
{
    const std::lock_guard lock(watch_.mutex_);
    if (after_ != nullptr) after_->before_ = before_;
    (before_ != nullptr ? before_->after_ : watch_.seats_) = after_;
}

void TurnWatch::Seat::begin(TenantId tenant)
{
    const auto now = read(clock_);
    const std::lock_guard lock(watch_.mutex_);
    busy_ = true;
    is_long_ = hangs_ = false;
    tenant_ = tenant;
    begun_ = since_ = now;
    seen_ = steps_.load(std::memory_order_relaxed);
}

void TurnWatch::Seat::end()
{
    const std::lock_guard lock(watch_.mutex_);
    busy_ = false;
}

void TurnWatch::run(const std::stop_token& stop)
{
    observe::name_thread("turn-watch");
    const auto pause = std::min(kLook, limits_.long_turn / kLooksATurn);
    while (!stop.stop_requested()) {
        std::unique_lock lock(mutex_);
        wake_.wait_for(lock, stop, pause, [] { return false; });
        try {
            look();
        } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): for what it says; the next look comes soon
        }
    }
}

/// With mutex_ held: no seat's thread ends meanwhile, whose clock it reads.
void TurnWatch::look()
{
    for (auto* seat = seats_; seat != nullptr; seat = seat->after_) {
        if (!seat->busy_) continue;
        const auto now = read(seat->clock_);
        const auto steps = seat->steps_.load(std::memory_order_relaxed);
        if (std::exchange(seat->seen_, steps) != steps) seat->since_ = now;
        const auto spent = now - seat->begun_;
        const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(spent).count();
        if (spent >= limits_.long_turn && !std::exchange(seat->is_long_, true)) {
            long_turns_.add();
            observe::error("a turn of triage takes very long",
                           {{"tenant_id", seat->tenant_.str()}, {"milliseconds", std::int64_t{milliseconds}}});
        }
        if (now - seat->since_ < limits_.hung_turn || std::exchange(seat->hangs_, true)) continue;
        observe::error("a turn of triage hangs: the process ends, so that the next one finds out which row it was",
                       {{"tenant_id", seat->tenant_.str()}, {"milliseconds", std::int64_t{milliseconds}}});
        if (!limits_.hung) std::abort();
        limits_.hung();
    }
}

}  // namespace winnow::pipeline
