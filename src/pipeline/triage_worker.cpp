#include "pipeline/triage_worker.hpp"

#include "winnow/observe/log.hpp"

#include <algorithm>
#include <exception>
#include <iterator>
#include <utility>

namespace winnow::pipeline {

namespace {

constexpr std::chrono::milliseconds kFirstBackoff{50};
constexpr std::chrono::milliseconds kMaxBackoff{2'000};
constexpr std::uint32_t kMaxFailures = 3;
constexpr std::uint32_t kMaxTimeouts = 2;
constexpr std::size_t kKeptPositions = 4;

// While folds are short they may take this share of the time, so that a steady trickle is not held back.
constexpr int kFoldShare = 4;
constexpr int kPausePerSlowFold = 2;

/// Takes the rows up to `applied` off the batch's front.
std::vector<RowMark> drop_through(FoldBatch& batch, std::uint64_t applied)
{
    std::size_t alerts = 0;
    std::size_t rows = 0;
    while (rows < batch.rows.size() && batch.rows[rows].position.seq <= applied) alerts += batch.rows[rows++].alerts;
    std::vector<RowMark> dropped(batch.rows.begin(), batch.rows.begin() + static_cast<std::ptrdiff_t>(rows));
    batch.rows.erase(batch.rows.begin(), batch.rows.begin() + static_cast<std::ptrdiff_t>(rows));
    batch.alerts.erase(batch.alerts.begin(), batch.alerts.begin() + static_cast<std::ptrdiff_t>(alerts));
    return dropped;
}

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
        return !inbox_.empty();
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
    {
        const std::lock_guard lock(mutex_);
        arrived.swap(inbox_);
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
    if (tenant.batches.empty()) gather(tenant);
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
    const auto stream = batch.rows.front().position.stream;
    const auto from = position(tenant, stream);
    if (!from) return;
    if (const auto dropped = drop_through(batch, *from); !dropped.empty()) shared_.backlog.done(dropped);
    if (batch.rows.empty()) {
        tenant.batches.pop_front();
        tenant.backoff = {};
        return;
    }
    const auto applied = apply(batch, *from);
    if (applied.outcome) {
        tenant.applied[stream] = batch.rows.back().position.seq;
        finish(tenant, applied);
    } else if (applied.outcome.error().code() == ErrorCode::conflict) {
        fenced(tenant);
    } else if (applied.declined) {
        tenant.pace.declined(batch.alerts.size(), applied.deliveries);  // the next attempt takes fewer of its rows
    } else {
        refused(tenant, applied);
    }
}

TriageWorker::Applied TriageWorker::apply(const FoldBatch& batch, std::uint64_t from)
{
    const auto begun = Clock::now();
    Applied applied{.outcome = Done{}, .took = {}, .verdicts = {}};
    try {
        applied.outcome = shared_.store.apply(
            batch.tenant, from, batch.rows.back().position, keys_of(batch), [&](triage::States states) {
                auto writes = decide(batch, std::move(states));
                applied.decided = true;
                applied.deliveries = writes.deliveries.size();
                applied.declined = batch.rows.size() > 1 && applied.deliveries > FoldPace::kMostDeliveries;
                writes.declined = applied.declined;
                applied.verdicts = writes.outcome.verdicts;
                return writes;
            });
    } catch (const std::exception& thrown) {  // of the fold: the batch is tried in parts
        observe::error("a fold failed", {{"error", thrown.what()}});
        applied.outcome = Error(ErrorCode::internal, "a fold failed");
    }
    applied.took = Clock::now() - begun;
    shared_.metrics.fold_seconds.observe(std::chrono::duration<double>(applied.took).count());
    return applied;
}

void TriageWorker::finish(Tenant& tenant, const Applied& applied)
{
    const auto& batch = tenant.batches.front();
    const auto& metrics = shared_.metrics;
    const auto age = std::chrono::system_clock::now() - batch.rows.front().position.received_at;
    metrics.lag_seconds.observe(std::max(0.0, std::chrono::duration<double>(age).count()));
    metrics.folds.add();
    metrics.alerts.add(static_cast<double>(batch.alerts.size()));
    std::array<double, 8> dispositions{};
    for (const auto& verdict : applied.verdicts) ++dispositions.at(static_cast<std::size_t>(verdict.disposition));
    for (std::size_t i = 0; i < dispositions.size(); ++i) {
        if (dispositions.at(i) > 0) metrics.dispositions.at(i).add(dispositions.at(i));
    }
    tenant.pace.stored(batch.alerts.size(), applied.deliveries, applied.took, shared_.options.max_fold_alerts);
    const auto rows = batch.rows;
    tenant.batches.pop_front();
    tenant.backoff = {};
    if (applied.deliveries > 0 && shared_.outbox_changed) shared_.outbox_changed();
    shared_.backlog.done(rows);
}

void TriageWorker::fenced(Tenant& tenant)
{
    auto& batch = tenant.batches.front();
    const auto stream = batch.rows.front().position.stream;
    const auto before = tenant.applied[stream];
    tenant.applied.erase(stream);
    const auto now = position(tenant, stream);
    if (!now) {  // asks again later, by way of the same conflict
        tenant.applied[stream] = before;
        return;
    }
    if (*now > before) {
        // Somebody else was faster, or it was us, and the answer was lost: then the outbox holds what we owe.
        const auto dropped = drop_through(batch, *now);
        if (!dropped.empty()) shared_.backlog.done(dropped);
        if (batch.rows.empty()) tenant.batches.pop_front();
        if (shared_.outbox_changed) shared_.outbox_changed();
    } else {
        discard(std::move(batch.rows), tenant.id, "rows of a stream that has ended are dropped");
        tenant.batches.pop_front();
    }
    tenant.backoff = {};
}

void TriageWorker::refused(Tenant& tenant, const Applied& applied)
{
    auto& batch = tenant.batches.front();
    shared_.metrics.fold_failures.add();
    const bool waiting_helps = is_retryable(applied.outcome.error().code());
    // A database that is away is no reason for smaller folds; one that was there and did not get done is.
    const bool stored_too_long = waiting_helps && applied.decided && applied.took > FoldPace::kSlow;
    const auto error =
        stored_too_long ? Error(ErrorCode::timeout, "the database did not store it in time") : applied.outcome.error();
    batch.timeouts = error.code() == ErrorCode::timeout ? batch.timeouts + 1 : 0;
    const bool too_slow = stored_too_long || batch.timeouts >= kMaxTimeouts;
    if (too_slow) tenant.pace.failed(batch.alerts.size());
    if (batch.rows.size() > 1 && (!waiting_helps || too_slow)) {
        observe::warn("a fold failed and is tried in halves", {{"tenant", batch.policy->config.tenant.service_code},
                                                               {"rows", batch.rows.size()},
                                                               {"alerts", batch.alerts.size()},
                                                               {"error", error.message()}});
        halve(tenant);
        return;
    }
    if (!waiting_helps && ++batch.failures >= kMaxFailures) {
        batch.failures = 0;
        const auto mode = batch.mode;
        // Where even the position cannot be moved it is not the row's fault: from the start again.
        batch.mode = mode == FoldBatch::Mode::fold     ? FoldBatch::Mode::ignore
                     : mode == FoldBatch::Mode::ignore ? FoldBatch::Mode::skip
                                                       : FoldBatch::Mode::fold;
        if (mode == FoldBatch::Mode::fold) {
            shared_.metrics.poisoned_rows.add();
            observe::error("a row cannot be folded: its alerts are ignored",
                           {{"tenant", batch.policy->config.tenant.service_code},
                            {"stream", static_cast<std::int64_t>(batch.rows.front().position.stream)},
                            {"seq", static_cast<std::int64_t>(batch.rows.front().position.seq)},
                            {"error", error.message()}});
        }
    }
    back_off(tenant, "a fold failed and is repeated", error);
    // A row that cannot be made smaller must leave its worker to the other tenants for most of the time.
    if (stored_too_long) tenant.due = Clock::now() + kPausePerSlowFold * applied.took;
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
