#include "journal/request_queue.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <tuple>
#include <utility>

namespace winnow::journal {

RequestQueue::Push RequestQueue::push(std::unique_ptr<Pending>& pending)
{
    const auto alerts = pending->submission.alerts.size();
    {
        const std::lock_guard lock(mutex_);
        if (closed_) return Push::closed;
        // One request alone is always taken: it is in memory already, and smaller bounds would refuse it for ever.
        const bool fits = queue_.empty() || (alerts_ + alerts <= max_alerts_ && bytes_ + pending->bytes <= max_bytes_);
        if (!fits) return Push::full;
        alerts_ += alerts;
        bytes_ += pending->bytes;
        queue_.push_back(std::move(pending));
    }
    changed_.notify_one();
    return Push::taken;
}

void RequestQueue::forget(const Pending& pending)
{
    alerts_ -= pending.submission.alerts.size();
    bytes_ -= pending.bytes;
}

void RequestQueue::wait()
{
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return closed_ || !queue_.empty(); });
}

std::vector<std::unique_ptr<Pending>> RequestQueue::take(std::size_t max_alerts)
{
    std::vector<std::unique_ptr<Pending>> taken;
    std::deque<std::unique_ptr<Pending>> later;
    std::set<std::tuple<TenantId, Uuid, std::string>> keys;
    std::size_t alerts = 0;

    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return closed_ || !queue_.empty(); });
    while (!queue_.empty() && alerts < max_alerts) {
        auto pending = std::move(queue_.front());
        queue_.pop_front();
        const auto& submission = pending->submission;
        const auto& once = submission.once;
        if (once && !keys.emplace(submission.tenant, once->scope, once->key).second) {
            later.push_back(std::move(pending));  // its first answer is not stored yet
            continue;
        }
        alerts += submission.alerts.size();
        forget(*pending);
        taken.push_back(std::move(pending));
    }
    for (; !later.empty(); later.pop_back()) queue_.push_front(std::move(later.back()));
    const bool more = !queue_.empty();
    lock.unlock();
    if (more) changed_.notify_one();
    return taken;
}

void RequestQueue::put_back(std::vector<std::unique_ptr<Pending>> requests)
{
    {
        const std::lock_guard lock(mutex_);
        for (auto& request : requests) {
            alerts_ += request->submission.alerts.size();
            bytes_ += request->bytes;
            const auto place =
                std::ranges::upper_bound(queue_, request->since, {}, [](const auto& other) { return other->since; });
            queue_.insert(place, std::move(request));
        }
    }
    changed_.notify_one();
}

std::vector<std::unique_ptr<Pending>> RequestQueue::take_older(TimePoint limit)
{
    std::vector<std::unique_ptr<Pending>> old;
    const std::lock_guard lock(mutex_);
    while (!queue_.empty() && queue_.front()->since <= limit) {
        forget(*queue_.front());
        old.push_back(std::move(queue_.front()));
        queue_.pop_front();
    }
    return old;
}

void RequestQueue::close()
{
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    changed_.notify_all();
    closing_.notify_all();
}

bool RequestQueue::closed() const
{
    const std::lock_guard lock(mutex_);
    return closed_;
}

bool RequestQueue::pause(std::chrono::milliseconds length)
{
    std::unique_lock lock(mutex_);
    return !closing_.wait_for(lock, length, [this] { return closed_; });
}

std::size_t RequestQueue::alerts() const
{
    const std::lock_guard lock(mutex_);
    return alerts_;
}

}  // namespace winnow::journal
