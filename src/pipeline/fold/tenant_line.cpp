#include "pipeline/fold/tenant_line.hpp"

#include <algorithm>
#include <utility>

namespace winnow::pipeline {

namespace {

using std::chrono::nanoseconds;

constexpr std::size_t kKeptPositions = 4;

fair::QueueLimits limits()
{
    return {.items = fair::Bound::kNone,
            .tenant_in_flight = 1,
            .quantum = nanoseconds(TenantLine::kQuantum).count(),
            .slow_cost = nanoseconds(TenantLine::kQuantum + TenantLine::kSlow).count()};
}

/// A turn costs a quantum and what it took: cheap ones come one after the other, whoever has how many.
fair::Cost cost_of(nanoseconds took)
{
    return (TenantLine::kQuantum + took).count();
}

}  // namespace

TenantLine::TenantLine(const Options& options) : options_(options), order_(limits()) {}

// By found_ and not place by place: who lands meanwhile changes its place.
TenantLine::~TenantLine()
{
    for (auto& [id, tenant] : found_) tenant->aside.request_stop();  // all, before any of them is waited for
    for (auto& [id, tenant] : found_) tenant->aside = {};
}

void TenantLine::submit(std::vector<PendingRow> rows)
{
    const std::lock_guard lock(mutex_);
    const auto now = Clock::now();
    bool quick = false;
    bool slow = false;
    for (auto& row : rows) {
        const auto id = row.row.tenant;
        auto found = found_.find(id);
        if (found == found_.end()) {
            Tenants made;
            made.emplace_back(id);
            found = found_.emplace(id, made.begin()).first;
            at(Place::idle).splice(at(Place::idle).end(), made);
        }
        auto& tenant = *found->second;
        const auto alerts = row.row.alerts.size();
        tenant.line.arrived.push_back(std::move(row));
        tenant.line.arrived_alerts += alerts;
        if (tenant.line.place == Place::idle) move(tenant, Place::later);
        if (tenant.line.place != Place::later || due(tenant) > now) continue;
        (order_.is_slow(id, now) ? slow : quick) = true;
    }
    if (quick) wake(true);
    if (slow) wake(false);
}

/// A backlog gathers until it is due, or makes a whole fold; what failed is tried again when it is due.
TenantLine::Clock::time_point TenantLine::due(const FoldingTenant& tenant) const noexcept
{
    if (tenant.patience.given().count() > 0 && aside_ >= options_.most_aside) return Clock::time_point::max();
    const bool full = tenant.waiting + tenant.line.arrived_alerts >= most_alerts(tenant);
    return full && tenant.backoff.count() == 0 ? Clock::time_point::min() : tenant.due;
}

std::size_t TenantLine::most_alerts(const FoldingTenant& tenant) const
{
    return std::min(tenant.pace.alerts(), options_.max_fold_alerts);
}

/// Says when the next one will be due.
TenantLine::Clock::time_point TenantLine::make_ready(Clock::time_point now)
{
    auto earliest = Clock::time_point::max();
    auto& later = at(Place::later);
    for (auto here = later.begin(); here != later.end();) {
        auto& tenant = *here++;
        const auto when = due(tenant);
        if (when > now) {
            earliest = std::min(earliest, when);
            continue;
        }
        order_.add(tenant.id, 0, now);  // first: it may throw
        move(tenant, Place::ready);
        if (tenant.patience.given().count() == 0) continue;
        tenant.line.has_place_aside = true;
        ++aside_;
    }
    return earliest;
}

FoldingTenant* TenantLine::next(fair::Lane lane, Clock::time_point now)
{
    const auto id = order_.next(lane, now);
    if (!id) return nullptr;
    auto& tenant = *found_.at(*id);
    auto& [place, arrived, arrived_alerts, has_place_aside, ticket] = tenant.line;
    while (!arrived.empty()) {  // one by one: each may throw
        const auto alerts = arrived.front().row.alerts.size();
        tenant.rows.push_back(std::move(arrived.front()));
        arrived.pop_front();
        arrived_alerts -= alerts;
        tenant.waiting += alerts;
    }
    ticket = order_.begin(*id, 0, std::nullopt);
    move(tenant, Place::taken);
    return &tenant;
}

FoldingTenant* TenantLine::take(fair::Lane lane, const std::stop_token& stop)
{
    std::unique_lock lock(mutex_);
    auto& own = lane == fair::Lane::quick ? quick_ : any_;
    while (true) {
        const auto earliest = make_ready(Clock::now());
        auto* tenant = next(lane, Clock::now());
        // Who sleeps on sees to what is left, and to what will be due.
        if (order_.items() > 0 || (tenant != nullptr && !at(Place::later).empty())) {
            wake(false);
            if (lane != fair::Lane::quick && quick_.asleep > 0) wake(true);
        }
        if (tenant != nullptr || stop.stop_requested()) return tenant;
        const auto changed = [this, seen = changes_] {
            return changes_ != seen;
        };
        ++own.asleep;
        if (earliest == Clock::time_point::max()) {
            own.changed.wait(lock, stop, changed);
        } else {
            own.changed.wait_until(lock, stop, earliest, changed);
        }
        --own.asleep;
    }
}

void TenantLine::give_back(FoldingTenant& tenant, nanoseconds took) noexcept
{
    const std::lock_guard lock(mutex_);
    order_.done(tenant.line.ticket, cost_of(took), Clock::now());
    if (tenant.away) return move(tenant, Place::away);
    free_place_aside(tenant);
    const bool is_idle = tenant.rows.empty() && tenant.batches.empty() && tenant.line.arrived.empty() && !tenant.landed;
    if (!is_idle) return move(tenant, Place::later);
    tenant.due = Clock::time_point::min();
    if (tenant.applied.size() > kKeptPositions) tenant.applied.clear();  // they are read again when needed
    move(tenant, Place::idle);
}

void TenantLine::land(FoldingTenant& tenant) noexcept
{
    const std::lock_guard lock(mutex_);
    free_place_aside(tenant);
    tenant.away = false;
    tenant.due = Clock::time_point::min();
    // It may land before its turn is over.
    if (tenant.line.place == Place::away) move(tenant, Place::later);
    wake(true);
}

void TenantLine::free_place_aside(FoldingTenant& tenant) noexcept
{
    if (!std::exchange(tenant.line.has_place_aside, false)) return;
    --aside_;
    wake(false);  // somebody may have waited for it
}

void TenantLine::move(FoldingTenant& tenant, Place to) noexcept
{
    auto& list = at(to);
    list.splice(list.end(), at(tenant.line.place), found_.find(tenant.id)->second);
    tenant.line.place = to;
}

bool TenantLine::others_wait(const FoldingTenant& tenant) const
{
    const std::lock_guard lock(mutex_);
    if (order_.others_wait(tenant.id)) return true;
    const auto now = Clock::now();
    const auto& later = places_.at(static_cast<std::size_t>(Place::later));
    return std::ranges::any_of(later, [&](const FoldingTenant& other) { return due(other) <= now; });
}

/// One thread that sleeps; `quick`: that of the quick lane will do.
void TenantLine::wake(bool quick) noexcept
{
    ++changes_;
    (quick && quick_.asleep > 0 ? quick_ : any_).changed.notify_one();
}

}  // namespace winnow::pipeline
