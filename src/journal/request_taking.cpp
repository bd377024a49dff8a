/// Which requests a transaction takes.

#include "journal/request_queue.hpp"

#include <set>
#include <string>
#include <tuple>
#include <utility>

namespace winnow::journal {

namespace {

fair::Cost cost_of(const Pending& pending)
{
    return static_cast<fair::Cost>(pending.bytes) +
           static_cast<fair::Cost>(pending.submission.alerts.size()) * RequestQueue::kAlertCost;
}

}  // namespace

/// Who is served next; nullopt where nobody is, or those who wait have as much in writing as they may.
std::optional<TenantId> RequestQueue::next(TimePoint now)
{
    while (const auto id = order_.next(fair::Lane::any, now)) {
        if (!are_shared(now)) return id;
        auto& tenant = tenants_.at(*id);
        if (tenant.taken_bytes < limits_.tenant_bytes_in_flight) return id;
        pass_over(*id, tenant, true);
    }
    return std::nullopt;
}

void RequestQueue::pass_over(TenantId id, Tenant& tenant, bool passed)
{
    tenant.is_passed_over = passed;
    order_.pass_over(id, passed);
}

/// The tenant's first, whether it takes turns or not. Its place in the order of turns is the caller's.
std::unique_ptr<Pending> RequestQueue::pop(TenantId id, Tenant& tenant)
{
    auto pending = std::move(tenant.waiting.front());
    tenant.waiting.pop_front();
    const auto alerts = pending->submission.alerts.size();
    --waiting_.requests;
    waiting_.alerts -= alerts;
    if (tenant.ready > 0) {
        --tenant.ready;
        ready_alerts_ -= alerts;
    } else {
        held_back_.erase({tenant.due, id});
        if (!tenant.waiting.empty()) hold(id, tenant);
    }
    return pending;
}

void RequestQueue::wait_for_ready(std::unique_lock<std::mutex>& lock)
{
    while (true) {
        const auto now = Clock::now();
        release_due(now);
        if (closed_ || next(now)) return;
        if (held_back_.empty()) {
            changed_.wait(lock);
        } else {
            changed_.wait_until(lock, held_back_.begin()->first);
        }
    }
}

void RequestQueue::wait()
{
    std::unique_lock lock(mutex_);
    wait_for_ready(lock);
}

/// Whether the tenant's first goes without company.
bool RequestQueue::is_large(const Tenant& tenant, TimePoint now) const
{
    return are_shared(now) && tenant.waiting.front()->bytes > limits_.tenant_bytes_at_once;
}

/// Whose large request the last transaction has passed over, if it still is there.
std::optional<TenantId> RequestQueue::due_large(TimePoint now)
{
    const auto due = std::exchange(large_due_, std::nullopt);
    if (!due) return std::nullopt;
    const auto found = tenants_.find(*due);
    if (found == tenants_.end()) return std::nullopt;
    const auto& tenant = found->second;
    const bool may = tenant.ready > 0 && tenant.taken_bytes < limits_.tenant_bytes_in_flight;
    return may && is_large(tenant, now) ? due : std::nullopt;
}

/// Takes the tenant's first, which takes turns, and has it paid.
std::unique_ptr<Pending> RequestQueue::take_first(TenantId id, Tenant& tenant, TimePoint now)
{
    auto pending = pop(id, tenant);
    const auto cost = cost_of(*pending);
    order_.done(order_.begin(id, pending->bytes, cost), cost, now);
    tenant.taken_bytes += pending->bytes;
    return pending;
}

/// Takes in turn what is not large. The first tenant that has something large instead is due after that.
std::vector<std::unique_ptr<Pending>> RequestQueue::take_together(const Most& most, TimePoint now)
{
    std::vector<std::unique_ptr<Pending>> taken;
    std::vector<std::unique_ptr<Pending>> later;
    std::set<std::tuple<TenantId, Uuid, std::string>> keys;
    std::unordered_map<TenantId, std::size_t> parts;  // of each tenant, in bytes, where there are several
    std::vector<TenantId> passed;
    std::size_t alerts = 0;
    std::size_t bytes = 0;
    const auto pass = [&](TenantId id, Tenant& tenant) {
        pass_over(id, tenant, true);
        passed.push_back(id);
    };
    while (alerts < most.alerts && bytes < most.bytes) {
        const auto id = next(now);
        if (!id) break;
        auto& tenant = tenants_.at(*id);
        if (is_large(tenant, now)) {
            if (!large_due_) large_due_ = *id;
            pass(*id, tenant);
            continue;
        }
        const auto& first = *tenant.waiting.front();
        const auto& once = first.submission.once;
        if (once && !keys.emplace(first.submission.tenant, once->scope, once->key).second) {
            order_.drop(*id, first.bytes);
            later.push_back(pop(*id, tenant));  // its first answer is not stored yet
            continue;
        }
        taken.push_back(take_first(*id, tenant, now));
        alerts += taken.back()->submission.alerts.size();
        bytes += taken.back()->bytes;
        if (are_shared(now) && (parts[*id] += taken.back()->bytes) >= limits_.tenant_bytes_at_once) pass(*id, tenant);
    }
    for (const auto id : passed) pass_over(id, tenants_.at(id), false);
    for (; !later.empty(); later.pop_back()) {
        const auto id = later.back()->submission.tenant;
        ++waiting_.requests;
        waiting_.alerts += later.back()->submission.alerts.size();
        auto& tenant = tenants_.at(id);
        ready_alerts_ += later.back()->submission.alerts.size();
        order_.add(id, later.back()->bytes, now);
        ++tenant.ready;
        tenant.waiting.push_front(std::move(later.back()));
    }
    return taken;
}

std::vector<std::unique_ptr<Pending>> RequestQueue::take(const Most& most)
{
    std::unique_lock lock(mutex_);
    wait_for_ready(lock);
    const auto now = Clock::now();
    std::vector<std::unique_ptr<Pending>> taken;
    auto large = due_large(now);
    if (!large) {
        taken = take_together(most, now);
        if (taken.empty()) large = due_large(now);
    }
    if (large) taken.push_back(take_first(*large, tenants_.at(*large), now));
    const bool more = order_.items() > 0;
    lock.unlock();
    if (more) changed_.notify_one();
    return taken;
}

bool RequestQueue::fills(const Most& most) const
{
    const std::lock_guard lock(mutex_);
    return ready_alerts_ >= most.alerts || order_.bytes() >= most.bytes;
}

}  // namespace winnow::journal
