#include "pipeline/triage_worker.hpp"

#include "winnow/observe/log.hpp"

#include <algorithm>
#include <exception>
#include <iterator>
#include <new>
#include <system_error>
#include <utility>

namespace winnow::pipeline {

namespace {

constexpr std::chrono::milliseconds kFirstBackoff{50};
constexpr std::chrono::milliseconds kMaxBackoff{2'000};
constexpr std::size_t kKeptPositions = 4;
constexpr std::size_t kMostAside = 4;  ///< Threads a worker.

// While folds are short they may take this share of the time, so that a steady trickle is not held back.
constexpr int kFoldShare = 4;

}  // namespace

TriageWorker::TriageWorker(TriageShared& shared)
    : shared_(shared), thread_([this](const std::stop_token& stop) { run(stop); })
{
}

TriageWorker::~TriageWorker() = default;

void TriageWorker::submit(std::vector<PendingRow> rows)
{
    {
        const std::lock_guard lock(mutex_);
        std::ranges::move(rows, std::back_inserter(inbox_));
    }
    wake_.notify_one();
}

void TriageWorker::run(const std::stop_token& stop)
{
    while (!stop.stop_requested()) {
        take_inbox();
        auto earliest = Clock::time_point::max();
        if (auto* tenant = next(Clock::now(), earliest)) {
            turn(*tenant);
        } else {
            wait(stop, earliest);
        }
    }
}

void TriageWorker::wait(const std::stop_token& stop, Clock::time_point until)
{
    std::unique_lock lock(mutex_);
    const auto arrived = [this] {
        return !inbox_.empty() || !finished_.empty();
    };
    if (until == Clock::time_point::max()) {
        wake_.wait(lock, stop, arrived);
    } else {
        wake_.wait_until(lock, stop, until, arrived);
    }
}

void TriageWorker::take_inbox()
{
    std::vector<PendingRow> arrived;
    std::vector<std::pair<Tenant*, Applied>> finished;
    {
        const std::lock_guard lock(mutex_);
        arrived.swap(inbox_);
        finished.swap(finished_);
    }
    for (const auto& [tenant, applied] : finished) {
        tenant->away = false;
        --away_;
        settle(*tenant, applied);
    }
    for (auto& pending : arrived) {
        auto& tenant = tenants_[pending.row.tenant];
        if (!std::exchange(tenant.in_ring, true)) {
            tenant.id = pending.row.tenant;
            ring_.push_back(&tenant);
        }
        tenant.waiting += pending.row.alerts.size();
        tenant.rows.push_back(std::move(pending));
    }
}

TriageWorker::Clock::time_point TriageWorker::due(const Tenant& tenant) const
{
    if (tenant.away) return Clock::time_point::max();
    const bool full = tenant.waiting >= most_alerts(tenant);
    return full && tenant.backoff.count() == 0 ? Clock::time_point::min() : tenant.due;
}

TriageWorker::Tenant* TriageWorker::next(Clock::time_point now, Clock::time_point& earliest)
{
    for (auto at = ring_.begin(); at != ring_.end(); ++at) {
        const auto when = due(**at);
        if (when <= now) {
            auto* tenant = *at;
            ring_.erase(at);
            ring_.push_back(tenant);
            return tenant;
        }
        earliest = std::min(earliest, when);
    }
    return nullptr;
}

void TriageWorker::turn(Tenant& tenant)
{
    const auto begun = Clock::now();
    tenant.due = Clock::time_point::min();
    if (tenant.batches.empty() && !tenant.rows.empty()) gather(tenant);
    if (!tenant.batches.empty()) attempt(tenant);
    take_inbox();
    if (tenant.rows.empty() && tenant.batches.empty()) {
        std::erase(ring_, &tenant);
        tenant.in_ring = false;
        forget_old_streams(tenant);
        return;
    }
    if (tenant.batches.empty() && tenant.backoff.count() == 0) {
        // A backlog: let rows gather, so that the next fold is larger and the cost per alert falls.
        tenant.due = begun + std::min<Clock::duration>(shared_.options.coalesce, kFoldShare * (Clock::now() - begun));
    }
}

void TriageWorker::gather(Tenant& tenant)
{
    auto policy = shared_.policies.get(tenant.id);
    if (!policy) {
        if (policy.error().code() == ErrorCode::not_found) {
            drop(tenant, "alerts of a tenant that does not exist are dropped");
        } else {
            back_off(tenant, "cannot read a tenant's configuration", policy.error());
        }
        return;
    }
    const auto applied = position(tenant, tenant.rows.front().row.position.stream);
    if (!applied) return;
    tenant.backoff = {};
    auto rows = take_rows(tenant, *applied);
    if (!rows.empty()) tenant.batches.push_back(prepare(*std::move(policy), std::move(rows)));
}

std::vector<PendingRow> TriageWorker::take_rows(Tenant& tenant, std::uint64_t applied)
{
    const auto stream = tenant.rows.front().row.position.stream;
    std::vector<PendingRow> rows;
    std::vector<RowMark> skipped;
    std::size_t alerts = 0;
    const auto most = most_alerts(tenant);
    while (!tenant.rows.empty() && tenant.rows.front().row.position.stream == stream) {
        auto& first = tenant.rows.front();
        const auto count = first.row.alerts.size();
        if (!rows.empty() && alerts + count > most) break;
        tenant.waiting -= count;
        if (first.row.position.seq <= applied) {
            skipped.push_back(mark_of(first));
        } else {
            applied = first.row.position.seq;  // a row that was submitted twice is taken once
            alerts += count;
            rows.push_back(std::move(first));
        }
        tenant.rows.pop_front();
    }
    if (!skipped.empty()) shared_.backlog.done(skipped);
    return rows;
}

std::optional<std::uint64_t> TriageWorker::position(Tenant& tenant, domain::StreamId stream)
{
    if (const auto known = tenant.applied.find(stream); known != tenant.applied.end()) return known->second;
    const auto applied = shared_.store.applied(tenant.id, stream);
    if (!applied) {
        back_off(tenant, "cannot read how far a tenant's triage has come", applied.error());
        return std::nullopt;
    }
    tenant.applied[stream] = *applied;
    return *applied;
}

std::size_t TriageWorker::most_alerts(const Tenant& tenant) const
{
    return std::min(tenant.pace.alerts(), shared_.options.max_fold_alerts);
}

void TriageWorker::halve(Tenant& tenant)
{
    auto [first, second] = split(std::move(tenant.batches.front()));
    tenant.batches.front() = std::move(second);
    tenant.batches.push_front(std::move(first));
}

void TriageWorker::attempt(Tenant& tenant)
{
    while (tenant.batches.front().rows.size() > 1 && tenant.batches.front().alerts.size() > most_alerts(tenant)) {
        halve(tenant);
    }
    auto& batch = tenant.batches.front();
    if (std::exchange(batch.tried, true) && !renew(tenant)) return;
    const auto stream = batch.rows.front().position.stream;
    const auto from = position(tenant, stream);
    if (!from) return;
    if (const auto dropped = drop_through(batch, *from); !dropped.empty()) shared_.backlog.done(dropped);
    if (batch.rows.empty()) {
        tenant.batches.pop_front();
        tenant.backoff = {};
        tenant.patience.done();
        return;
    }
    if (tenant.patience.given().count() == 0 || !fold_aside(tenant, *from)) {
        settle(tenant, apply(batch, *from, {.time = tenant.patience.given(), .stop = {}}));
    }
}

/// Nobody waits for a fold that is given minutes. False where there are too many of them already.
bool TriageWorker::fold_aside(Tenant& tenant, std::uint64_t from)
{
    if (away_ >= kMostAside) return false;
    try {
        tenant.aside = std::jthread([this, &tenant, from, time = tenant.patience.given()](const std::stop_token& stop) {
            auto applied =
                apply(tenant.batches.front(), from, {.time = time, .stop = stop});  // nobody touches it meanwhile
            const std::lock_guard lock(mutex_);
            finished_.emplace_back(&tenant, std::move(applied));
            wake_.notify_one();
        });
    } catch (const std::system_error&) {  // no thread is to be had
        return false;
    }
    tenant.away = true;
    ++away_;
    return true;
}

void TriageWorker::settle(Tenant& tenant, const Applied& applied)
{
    auto& batch = tenant.batches.front();
    const auto stream = batch.rows.front().position.stream;
    if (applied.outcome) {
        tenant.applied[stream] = batch.rows.back().position.seq;
        finish(tenant, applied);
    } else if (applied.outcome.error().code() == ErrorCode::conflict) {
        fenced(tenant);
    } else if (applied.declined) {
        tenant.pace.declined(batch.alerts.size(), applied.deliveries);
        halve(tenant);  // whatever the pace says: it counts alerts, and one of them may owe it all
    } else {
        refused(tenant, applied);
    }
}

/// What a repeated fold owes is read anew: its rows may wait for somebody to make a route smaller.
bool TriageWorker::renew(Tenant& tenant)
{
    auto policy = shared_.policies.get(tenant.id);
    if (policy) {
        tenant.batches.front().current = *std::move(policy);
    } else if (policy.error().code() != ErrorCode::not_found) {
        back_off(tenant, "cannot read a tenant's configuration", policy.error());
        return false;
    }
    return true;
}

TriageWorker::Applied TriageWorker::apply(const FoldBatch& batch, std::uint64_t from, const ports::Patience& patience)
{
    const auto begun = Clock::now();
    Applied applied{.outcome = Done{}, .took = {}, .verdicts = {}};
    const auto most = batch.rows.size() > 1 ? FoldPace::kMostDeliveries : SIZE_MAX;
    const auto deciding = [&](triage::States states) {
        try {
            auto [writes, deliveries] = decide(batch, std::move(states), most);
            applied.decided = true;
            applied.deliveries = deliveries;
            applied.declined = writes.declined;
            applied.verdicts = writes.outcome.verdicts;
            return std::move(writes);
        } catch (const std::bad_alloc&) {
            applied.no_memory = true;
            throw;
        }
    };
    try {
        applied.outcome =
            shared_.store.apply(batch.tenant, from, batch.rows.back().position, keys_of(batch), deciding, patience);
    } catch (const std::bad_alloc&) {
        applied.no_memory = true;
    } catch (const std::exception& thrown) {  // of the fold: the batch is tried in parts
        observe::error("a fold failed", {{"error", thrown.what()}});
        applied.outcome = Error(ErrorCode::internal, "a fold failed");
    }
    // Nothing of the alerts: they are never ignored for it.
    if (applied.no_memory) applied.outcome = Error(ErrorCode::unavailable, "no memory is left for the fold");
    applied.took = Clock::now() - begun;
    shared_.metrics.fold_seconds.observe(std::chrono::duration<double>(applied.took).count());
    return applied;
}

void TriageWorker::back_off(Tenant& tenant, std::string_view doing, const Error& error)
{
    // An outage meets all tenants: each is named once, and then one line in a while tells that it lasts.
    if (tenant.backoff.count() == 0 || error.code() != ErrorCode::unavailable) {
        observe::warn(doing, {{"tenant_id", tenant.id.str()}, {"error", error.message()}});
    } else {
        observe::warn(doing, {{"error", error.message()}});
    }
    tenant.backoff = std::clamp(tenant.backoff * 2, kFirstBackoff, kMaxBackoff);
    tenant.due = Clock::now() + tenant.backoff;
}

void TriageWorker::drop(Tenant& tenant, std::string_view why)
{
    std::vector<RowMark> rows;
    for (const auto& pending : tenant.rows) rows.push_back(mark_of(pending));
    tenant.rows.clear();
    tenant.waiting = 0;
    tenant.backoff = {};
    discard(std::move(rows), tenant.id, why);
}

void TriageWorker::discard(std::vector<RowMark> rows, TenantId tenant, std::string_view why)
{
    observe::error(why, {{"tenant_id", tenant.str()}, {"rows", rows.size()}});
    shared_.metrics.dropped_rows.add(static_cast<double>(rows.size()));
    shared_.backlog.done(rows);
}

void TriageWorker::forget_old_streams(Tenant& tenant) const
{
    if (tenant.applied.size() > kKeptPositions) tenant.applied.clear();  // they are read again when needed
}

}  // namespace winnow::pipeline
