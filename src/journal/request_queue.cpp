#include "journal/request_queue.hpp"

#include <algorithm>
#include <cmath>

namespace winnow::journal {

namespace {

using Limit = RequestQueue::Refusal::Limit;

/// What a tenant may always have waiting: a row of small alerts.
constexpr std::size_t kFloorAlerts = 100;

/// From here on of its share a tenant waits.
constexpr double kFree = 0.75;

std::chrono::milliseconds hold_of(double fullness)
{
    if (fullness <= kFree) return {};
    const auto part = (fullness - kFree) / (1 - kFree);
    return std::chrono::milliseconds(std::llround(part * static_cast<double>(RequestQueue::kLongestHold.count())));
}

/// What is held back goes on in groups: one by one each would be a transaction of its own.
RequestQueue::TimePoint together(RequestQueue::TimePoint due)
{
    return std::chrono::ceil<std::chrono::milliseconds>(due.time_since_epoch() / 10) * 10 + RequestQueue::TimePoint();
}

}  // namespace

fair::Held RequestQueue::held_until_applied(const Tenant* tenant, const fair::Held& unapplied) const
{
    const auto own = tenant != nullptr ? tenant->bytes + tenant->stored_bytes : 0;
    return {.all = unapplied.all + bytes_ + stored_bytes_, .own = unapplied.own + own};
}

std::optional<RequestQueue::Refusal> RequestQueue::refusal(const Tenant* tenant, const fair::Held& unapplied,
                                                           std::size_t alerts, std::size_t bytes) const
{
    using Whose = fair::Refused::Whose;
    const auto own_alerts = tenant != nullptr ? tenant->alerts : 0;
    const auto own_bytes = tenant != nullptr ? tenant->bytes : 0;
    const auto refuse = [](Limit limit, const fair::Refused& refused) {
        return Refusal{.limit = limit, .value = refused.value, .is_nodes = refused.whose == Whose::node};
    };
    if (const auto refused =
            fair::refusal(fair::Refused::Limit::items, {limits_.alerts, kFloorAlerts}, {alerts_, own_alerts}, alerts)) {
        return refuse(Limit::alerts, *refused);
    }
    if (const auto refused = fair::refusal(fair::Refused::Limit::bytes, {limits_.bytes}, {bytes_, own_bytes}, bytes)) {
        return refuse(Limit::bytes, *refused);
    }
    if (const auto refused = fair::refusal(fair::Refused::Limit::bytes, {limits_.unapplied_bytes},
                                           held_until_applied(tenant, unapplied), bytes)) {
        return refuse(Limit::unapplied_bytes, *refused);
    }
    return std::nullopt;
}

std::optional<RequestQueue::Refusal> RequestQueue::refusal(TenantId tenant, const fair::Held& unapplied) const
{
    const std::lock_guard lock(mutex_);
    const auto found = tenants_.find(tenant);
    return refusal(found == tenants_.end() ? nullptr : &found->second, unapplied, 1, 1);
}

std::optional<RequestQueue::Refusal> RequestQueue::push(std::unique_ptr<Pending>& pending, const fair::Held& unapplied)
{
    const auto id = pending->submission.tenant;
    {
        const std::lock_guard lock(mutex_);
        if (closed_) return Refusal{.is_nodes = true};
        const auto found = tenants_.find(id);
        auto* known = found == tenants_.end() ? nullptr : &found->second;
        if (auto refused = refusal(known, unapplied, pending->submission.alerts.size(), pending->bytes)) {
            return refused;
        }
        auto& tenant = known != nullptr ? *known : tenants_[id];
        const auto length = hold_of(fair::fullness({limits_.unapplied_bytes}, held_until_applied(known, unapplied)));
        pending->held_until = length.count() == 0 ? pending->since : together(pending->since + length);
        company_.came(id, pending->since);
        count_in(*pending);
        tenant.alerts += pending->submission.alerts.size();
        tenant.bytes += pending->bytes;
        const bool others_held = tenant.ready < tenant.waiting.size();
        const auto since = pending->since;
        tenant.waiting.push_back(std::move(pending));
        if (!others_held && length.count() == 0) {
            make_ready(id, tenant, since);
        } else if (!others_held) {
            hold(id, tenant);
        }
    }
    changed_.notify_one();
    return std::nullopt;
}

void RequestQueue::count_in(const Pending& pending)
{
    const auto alerts = pending.submission.alerts.size();
    alerts_ += alerts;
    bytes_ += pending.bytes;
    ++waiting_.requests;
    waiting_.alerts += alerts;
}

/// The first that is held back takes turns from now on.
void RequestQueue::make_ready(TenantId id, Tenant& tenant, TimePoint now)
{
    const auto& pending = *tenant.waiting[tenant.ready++];
    ready_alerts_ += pending.submission.alerts.size();
    order_.add(id, pending.bytes, now);
}

/// The first that is held back is to be looked at when it is due.
void RequestQueue::hold(TenantId id, Tenant& tenant)
{
    tenant.due = tenant.waiting[tenant.ready]->held_until;
    held_back_.emplace(tenant.due, id);
}

void RequestQueue::release_due(TimePoint now)
{
    while (!held_back_.empty() && (closed_ || held_back_.begin()->first <= now)) {
        const auto id = held_back_.begin()->second;
        held_back_.erase(held_back_.begin());
        auto& tenant = tenants_.at(id);
        make_ready(id, tenant, now);
        if (tenant.ready < tenant.waiting.size()) hold(id, tenant);
    }
}

void RequestQueue::put_back(std::vector<std::unique_ptr<Pending>> requests)
{
    {
        const std::lock_guard lock(mutex_);
        const auto now = Clock::now();
        for (auto& request : requests) {
            const auto id = request->submission.tenant;
            const auto alerts = request->submission.alerts.size();
            auto& tenant = tenants_.at(id);  // it still counts what was taken
            tenant.taken_bytes -= request->bytes;
            if (tenant.is_passed_over) pass_over(id, tenant, false);
            ++waiting_.requests;
            waiting_.alerts += alerts;
            ready_alerts_ += alerts;
            order_.add(id, request->bytes, now);
            const auto ready_end = tenant.waiting.begin() + static_cast<std::ptrdiff_t>(tenant.ready++);
            const auto place = std::upper_bound(
                tenant.waiting.begin(), ready_end, request->since,
                [](TimePoint since, const std::unique_ptr<Pending>& other) { return since < other->since; });
            tenant.waiting.insert(place, std::move(request));
        }
    }
    changed_.notify_one();
}

RequestQueue::Amounts RequestQueue::amounts_of(const std::vector<Placed>& requests)
{
    Amounts amounts;
    for (const auto& [pending, receipt, repeat] : requests) {
        const auto tenant = pending->submission.tenant;
        if (amounts.empty() || amounts.back().tenant != tenant) amounts.push_back({.tenant = tenant});
        amounts.back().alerts += pending->submission.alerts.size();
        amounts.back().bytes += pending->bytes;
    }
    return amounts;
}

RequestQueue::Tenants::iterator RequestQueue::count_out(const Amount& amount)
{
    const auto tenant = tenants_.find(amount.tenant);
    alerts_ -= amount.alerts;
    bytes_ -= amount.bytes;
    tenant->second.alerts -= amount.alerts;
    tenant->second.bytes -= amount.bytes;
    return tenant;
}

RequestQueue::Tenants::iterator RequestQueue::count_out_taken(const Amount& amount)
{
    const auto tenant = count_out(amount);
    tenant->second.taken_bytes -= amount.bytes;
    if (tenant->second.is_passed_over) {
        pass_over(amount.tenant, tenant->second, false);
        changed_.notify_one();
    }
    return tenant;
}

void RequestQueue::forget_if_idle(Tenants::iterator tenant)
{
    const auto& one = tenant->second;
    if (one.waiting.empty() && one.alerts == 0 && one.bytes == 0 && one.stored_bytes == 0) tenants_.erase(tenant);
}

void RequestQueue::settle(const Amounts& amounts)
{
    const std::lock_guard lock(mutex_);
    for (const auto& amount : amounts) forget_if_idle(count_out_taken(amount));
}

void RequestQueue::stored(const Amounts& amounts)
{
    const std::lock_guard lock(mutex_);
    for (const auto& amount : amounts) {
        count_out_taken(amount)->second.stored_bytes += amount.bytes;
        stored_bytes_ += amount.bytes;
    }
}

void RequestQueue::handed_over(const Amounts& amounts)
{
    const std::lock_guard lock(mutex_);
    for (const auto& amount : amounts) {
        const auto tenant = tenants_.find(amount.tenant);
        tenant->second.stored_bytes -= amount.bytes;
        stored_bytes_ -= amount.bytes;
        forget_if_idle(tenant);
    }
}

std::vector<std::unique_ptr<Pending>> RequestQueue::take_older(TimePoint limit)
{
    std::vector<std::unique_ptr<Pending>> old;
    const std::lock_guard lock(mutex_);
    for (auto at = tenants_.begin(); at != tenants_.end();) {
        const auto here = at++;
        auto& [id, tenant] = *here;
        Amount settled{.tenant = id};
        while (!tenant.waiting.empty() && tenant.waiting.front()->since <= limit) {
            const bool was_ready = tenant.ready > 0;
            old.push_back(pop(id, tenant));
            if (was_ready) order_.drop(id, old.back()->bytes);
            settled.alerts += old.back()->submission.alerts.size();
            settled.bytes += old.back()->bytes;
        }
        forget_if_idle(count_out(settled));
    }
    return old;
}

void RequestQueue::close()
{
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        for (auto& [id, tenant] : tenants_) {
            if (tenant.is_passed_over) pass_over(id, tenant, false);
        }
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

RequestQueue::Waiting RequestQueue::waiting() const
{
    const std::lock_guard lock(mutex_);
    return waiting_;
}

}  // namespace winnow::journal
