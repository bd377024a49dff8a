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

constexpr std::chrono::milliseconds kPause{50};  ///< After what failed before it was any tenant's turn.
constexpr std::size_t kKeptPositions = 4;
constexpr std::size_t kMostAside = 4;  ///< Threads a worker.

// While folds are short they may take this share of the time, so that a steady trickle is not held back.
constexpr int kFoldShare = 4;

}  // namespace

TriageWorker::TriageWorker(TriageShared& shared)
    : shared_(shared), thread_([this](const std::stop_token& stop) { run(stop); })
{
}

TriageWorker::~TriageWorker()
{
    thread_ = {};                                                     // has ended
    for (auto& [id, tenant] : tenants_) tenant.aside.request_stop();  // all, before any of them is waited for
}

void TriageWorker::submit(std::vector<PendingRow> rows)
{
    {
        const std::lock_guard lock(mutex_);
        std::ranges::move(rows, std::back_inserter(inbox_));
    }
    wake_.notify_one();
}

/// Whatever is thrown in the middle of a turn, no row is lost by it: it stands among those that arrived, with its
/// tenant or in one of its tenant's batches.
void TriageWorker::run(const std::stop_token& stop)
{
    while (!stop.stop_requested()) {
        Tenant* tenant = nullptr;
        try {
            take_inbox();
            auto earliest = Clock::time_point::max();
            tenant = next(Clock::now(), earliest);
            if (tenant != nullptr) {
                turn(*tenant);
            } else {
                wait(stop, earliest);
            }
        } catch (const std::exception& thrown) {  // no memory, most likely
            survive(tenant, thrown.what());
        }
    }
}

/// The tenant's turn comes again later; where it was nobody's, the worker pauses. What keeps failing spins nowhere.
void TriageWorker::survive(Tenant* tenant, std::string_view what)
{
    observe::error("triage could not go on and tries again", {{"error", what}});
    if (tenant != nullptr) return postpone(*tenant);
    std::this_thread::sleep_for(kPause);
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
    {
        const std::lock_guard lock(mutex_);
        if (sorted_ == arrived_.size()) {
            arrived_.clear();
            sorted_ = 0;
            arrived_.swap(inbox_);
        }
        landed_.splice(landed_.end(), finished_);
    }
    settle_finished();
    for (; sorted_ < arrived_.size(); ++sorted_) {
        auto& pending = arrived_[sorted_];
        auto& tenant = tenants_[pending.row.tenant];
        if (!tenant.in_ring) {
            tenant.id = pending.row.tenant;
            ring_.push_back(&tenant);
            tenant.in_ring = true;
        }
        const auto count = pending.row.alerts.size();
        tenant.rows.push_back(std::move(pending));
        tenant.waiting += count;
    }
}

void TriageWorker::settle_finished()
{
    while (!landed_.empty()) {
        Finished finished;
        finished.splice(finished.end(), landed_, landed_.begin());
        auto& [tenant, applied] = finished.front();
        tenant->away = false;
        --away_;
        try {
            settle(*tenant, applied);
        } catch (const std::exception& thrown) {  // its batch is asked for anew: the fence knows what was stored
            observe::error("what became of a fold could not be noted", {{"error", thrown.what()}});
            postpone(*tenant);
        }
    }
}

TriageWorker::Clock::time_point TriageWorker::due(const Tenant& tenant) const
{
    if (tenant.away || waits_for_a_place(tenant)) return Clock::time_point::max();
    const bool full = tenant.waiting >= most_alerts(tenant);
    return full && tenant.backoff.count() == 0 ? Clock::time_point::min() : tenant.due;
}

TriageWorker::Tenant* TriageWorker::next(Clock::time_point now, Clock::time_point& earliest)
{
    for (auto at = ring_.begin(); at != ring_.end(); ++at) {
        const auto when = due(**at);
        if (when <= now) {
            auto* tenant = *at;
            const auto place = at - ring_.begin();
            ring_.push_back(tenant);  // first: it may throw
            ring_.erase(ring_.begin() + place);
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
    take_rows(tenant, *applied, *std::move(policy));
}

void TriageWorker::take_rows(Tenant& tenant, std::uint64_t applied, std::shared_ptr<const TenantPolicy> policy)
{
    const auto stream = tenant.rows.front().row.position.stream;
    const auto most = most_alerts(tenant);
    std::size_t taken = 0;
    std::size_t alerts = 0;
    std::vector<RowMark> skipped;
    FoldBatch batch;
    for (; taken < tenant.rows.size() && tenant.rows[taken].row.position.stream == stream; ++taken) {
        const auto& next = tenant.rows[taken];
        const auto count = next.row.alerts.size();
        if (!batch.rows.empty() && alerts + count > most) break;
        if (next.row.position.seq <= applied) {
            skipped.push_back(mark_of(next));
        } else {
            applied = next.row.position.seq;  // a row that was submitted twice is taken once
            alerts += count;
            batch.rows.push_back(mark_of(next));
        }
    }
    batch.tenant = tenant.id;
    batch.policy = batch.current = std::move(policy);
    batch.alerts.reserve(alerts);
    if (!batch.rows.empty()) tenant.batches.push_back(std::move(batch));
    // There is memory for all of it: from here on nothing is thrown, and no row is lost.
    for (std::size_t turn = 0; taken > 0; --taken) {
        auto& first = tenant.rows.front();
        tenant.waiting -= first.row.alerts.size();
        if (!tenant.batches.empty() && turn < tenant.batches.back().rows.size() &&
            tenant.batches.back().rows[turn].turn == first.turn) {
            take_alerts(tenant.batches.back(), first);
            ++turn;
        }
        tenant.rows.pop_front();
    }
    if (!skipped.empty()) shared_.backlog.done(skipped);
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
    auto second = room_for_half(tenant.batches.front());
    tenant.batches.emplace_front();
    std::swap(tenant.batches[0], tenant.batches[1]);
    split(tenant.batches[0], second);
    tenant.batches[1] = std::move(second);
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
    if (tenant.patience.given().count() > 0) return fold_aside(tenant, *from);
    settle(tenant, apply(batch, *from, {}));
}

/// Its next fold is given minutes, and as many of those as may be are under way: it is due when one of them is done.
bool TriageWorker::waits_for_a_place(const Tenant& tenant) const
{
    return away_ >= kMostAside && tenant.patience.given().count() > 0;
}

/// Nobody waits for a fold that is given minutes. There is a place for it, or it would not be the tenant's turn.
void TriageWorker::fold_aside(Tenant& tenant, std::uint64_t from)
{
    Finished finished;
    finished.emplace_back(&tenant, Applied{.outcome = Done{}, .unknown = true, .took = {}, .verdicts = {}});
    try {
        tenant.aside = std::jthread([this, from, time = tenant.patience.given(),
                                     finished = std::move(finished)](const std::stop_token& stop) mutable {
            auto& [away, applied] = finished.front();
            try {
                applied = apply(away->batches.front(), from, {.time = time, .stop = stop});  // nobody else touches it
            } catch (const std::exception& thrown) {
                observe::error("a fold failed", {{"error", thrown.what()}});
            }
            const std::lock_guard lock(mutex_);
            finished_.splice(finished_.end(), finished);
            wake_.notify_one();
        });
    } catch (const std::system_error& refused) {
        return back_off(tenant, "no thread is to be had for a row that takes long",
                        Error(ErrorCode::unavailable, refused.what()));
    }
    tenant.away = true;
    ++away_;
}

void TriageWorker::settle(Tenant& tenant, const Applied& applied)
{
    auto& batch = tenant.batches.front();
    const auto stream = batch.rows.front().position.stream;
    if (applied.unknown) {
        postpone(tenant);
    } else if (applied.outcome) {
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

TriageWorker::Applied TriageWorker::apply(FoldBatch& batch, std::uint64_t from, const ports::Patience& patience)
{
    auto begun = Clock::now();
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
        if (judge(batch)) begun = Clock::now();  // what the rules take is not the database's fault
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

void TriageWorker::forget_old_streams(Tenant& tenant) const
{
    if (tenant.applied.size() > kKeptPositions) tenant.applied.clear();  // they are read again when needed
}

}  // namespace winnow::pipeline
