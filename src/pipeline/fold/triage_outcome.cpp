/// @file
/// What becomes of a fold that was stored, came too late, or failed.

#include "pipeline/fold/triage_worker.hpp"
#include "winnow/observe/log.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace winnow::pipeline {

namespace {

constexpr std::chrono::milliseconds kFirstBackoff{50};
constexpr std::chrono::milliseconds kMaxBackoff{2'000};
constexpr std::uint32_t kMaxFailures = 3;
constexpr std::uint32_t kMaxTimeouts = 2;

}  // namespace

void TriageWorker::finish(Tenant& tenant, const Applied& applied)
{
    const auto& batch = tenant.batches.front();
    const auto& metrics = shared_.metrics;
    const auto age = std::chrono::system_clock::now() - batch.rows.front().position.received_at;
    metrics.lag_seconds.observe(std::max(0.0, std::chrono::duration<double>(age).count()));
    metrics.folds.add();
    metrics.alerts.add(static_cast<double>(batch.alerts.size()));
    if (applied.over_steps > 0) metrics.over_steps.add(static_cast<double>(applied.over_steps));
    if (applied.over_time > 0) metrics.over_time.add(static_cast<double>(applied.over_time));
    if (applied.set_aside > 0) metrics.set_aside.add(static_cast<double>(applied.set_aside));
    for (std::size_t i = 0; i < applied.dispositions.size(); ++i) {
        const auto count = applied.dispositions.at(i);
        if (count > 0) metrics.dispositions.at(i).add(static_cast<double>(count));
    }
    tenant.pace.stored(batch.alerts.size(), applied.deliveries, applied.took, shared_.options.max_fold_alerts);
    const auto rows = std::move(tenant.batches.front().rows);
    tenant.batches.pop_front();
    tenant.backoff = {};
    tenant.patience.done();
    if (applied.deliveries > 0 && shared_.outbox_changed) shared_.outbox_changed();
    if (applied.due_soon && shared_.options.due_soon) shared_.options.due_soon();
    if (applied.set_aside > 0) ask_no_more(tenant);
    shared_.backlog.done(rows);
}

/// What waits behind the fold that set something aside does without it, too. Where the configuration cannot be read,
/// it goes on as it was gathered.
void TriageWorker::ask_no_more(Tenant& tenant)
{
    const auto policy = shared_.policies.get(tenant.id);
    if (!policy) return;
    for (auto& batch : tenant.batches) {
        if (batch.judged == 0) batch.policy = batch.current = *policy;
    }
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
        discard(batch.rows, tenant.id, "rows of a stream that has ended are dropped");
        tenant.batches.pop_front();
    }
    tenant.backoff = {};
    tenant.patience.done();
}

void TriageWorker::refused(Tenant& tenant, const Applied& applied)
{
    auto& batch = tenant.batches.front();
    shared_.metrics.fold_failures.add();
    const bool waiting_helps = is_retryable(applied.outcome.error().code());
    // A database that is away is no reason for smaller folds; one that was there and did not get done is.
    const bool stored_too_long = waiting_helps && applied.decided && applied.took > FoldPace::kSlow;
    const auto error = stored_too_long ? Error(ErrorCode::timeout, "the database did not store it in time: " +
                                                                       std::string(applied.outcome.error().message()))
                                       : applied.outcome.error();
    batch.timeouts = error.code() == ErrorCode::timeout ? batch.timeouts + 1 : 0;
    const bool too_slow = stored_too_long || batch.timeouts >= kMaxTimeouts;
    if (too_slow) {
        tenant.pace.failed(batch.alerts.size(), applied.deliveries);
        tenant.patience.failed(applied.took, batch.rows.size() == 1);
    }
    if (batch.rows.size() > 1 && (!waiting_helps || too_slow || applied.no_memory)) {
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
        batch.mode = mode == batch.first_mode()        ? FoldBatch::Mode::ignore
                     : mode == FoldBatch::Mode::ignore ? FoldBatch::Mode::skip
                                                       : batch.first_mode();
        if (mode == batch.first_mode()) {
            shared_.metrics.poisoned_rows.add();
            observe::error("a row cannot be folded: its alerts are ignored",
                           {{"tenant", batch.policy->config.tenant.service_code},
                            {"stream", static_cast<std::int64_t>(batch.rows.front().position.stream)},
                            {"seq", static_cast<std::int64_t>(batch.rows.front().position.seq)},
                            {"error", error.message()}});
        }
    }
    back_off(tenant, "a fold failed and is repeated", error);
    // A row that cannot be made smaller must leave its worker to the other tenants for a while.
    if (too_slow) tenant.due = std::max(tenant.due, Clock::now() + tenant.patience.pause());
}

void TriageWorker::back_off(Tenant& tenant, std::string_view doing, const Error& error)
{
    // An outage meets all tenants: each is named once, and then one line in a while tells that it lasts.
    if (tenant.backoff.count() == 0 || error.code() != ErrorCode::unavailable) {
        observe::warn(doing, {{"tenant_id", tenant.id.str()}, {"error", error.message()}});
    } else {
        observe::warn(doing, {{"error", error.message()}});
    }
    postpone(tenant);
}

void TriageWorker::postpone(Tenant& tenant) noexcept
{
    tenant.backoff = std::clamp(tenant.backoff * 2, kFirstBackoff, kMaxBackoff);
    tenant.due = Clock::now() + tenant.backoff;
}

void TriageWorker::drop(Tenant& tenant, std::string_view why)
{
    std::vector<RowMark> rows;
    for (const auto& pending : tenant.rows) rows.push_back(mark_of(pending));
    discard(rows, tenant.id, why);
    tenant.rows.clear();
    tenant.waiting = 0;
    tenant.backoff = {};
}

void TriageWorker::discard(const std::vector<RowMark>& rows, TenantId tenant, std::string_view why)
{
    observe::error(why, {{"tenant_id", tenant.str()}, {"rows", rows.size()}});
    shared_.metrics.dropped_rows.add(static_cast<double>(rows.size()));
    shared_.backlog.done(rows);
}

}  // namespace winnow::pipeline
