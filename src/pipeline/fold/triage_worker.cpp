#include "pipeline/fold/triage_worker.hpp"

#include "pipeline/fold/due_soon.hpp"
#include "pipeline/fold/slice.hpp"
#include "pipeline/overruns/overruns.hpp"
#include "winnow/observe/log.hpp"
#include "winnow/observe/processor_time.hpp"
#include "winnow/observe/thread_name.hpp"

#include <algorithm>
#include <exception>
#include <functional>
#include <new>
#include <thread>
#include <utility>

namespace winnow::pipeline {

namespace {

constexpr std::chrono::milliseconds kPause{50};  ///< After what failed before it was any tenant's turn.

// While folds are short they may take this share of the time, so that a steady trickle is not held back.
constexpr int kFoldShare = 4;

constexpr std::chrono::seconds kClocksLook{1};  ///< See TimekeeperOptions::look.

/// What is thrown is noted as what became of the fold.
template <typename Work>
void guarded(Applied& applied, Work work)
{
    try {
        work();
    } catch (const std::bad_alloc&) {
        applied.no_memory = true;
    } catch (const std::exception& thrown) {  // of the fold: the batch is tried in parts
        observe::error("a fold failed", {{"error", thrown.what()}});
        applied.outcome = Error(ErrorCode::internal, "a fold failed");
    }
    // Nothing of the alerts: they are never ignored for it.
    if (applied.no_memory) applied.outcome = Error(ErrorCode::unavailable, "no memory is left for the fold");
}

/// What became of it is noted before it is stored: where that fails, its size is what the next attempt goes by.
void note(const Decision& decision, Applied& applied)
{
    applied.decided = true;
    applied.deliveries = decision.deliveries;
    applied.declined = decision.declined;
    applied.due_soon = is_due_by(
        decision.writes, std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now() + kClocksLook));
    for (const auto& verdict : decision.writes.outcome.verdicts) {
        ++applied.dispositions.at(static_cast<std::size_t>(verdict.disposition));
    }
}

/// What overruns come to: once more load, decide, store.
Result<Done> follow(ports::FoldTransaction& fold, const CostSequel& sequel, Applied& applied)
{
    auto known = fold.load_costs(sequel.judges, sequel.keys);
    if (!known) return known.error();
    // What sets aside changes the configuration. A fold does not wait for a request that does, with all its locks, and
    // with its worker: these overruns do not count, and the next one sets aside.
    if (!*known) return Done{};
    auto& [states, costs, now] = **known;
    const auto writes = sequel.decide(std::move(states), costs, now);
    applied.set_aside = writes.set_aside;
    for (const auto& owed : writes.deliveries) applied.deliveries += owed.to.size();
    return fold.store(writes);
}

/// One transaction: load, decide, store. `too_large`: declined. What deciding throws is thrown.
Result<Done> fold_once(ports::TriageStore& store, const FoldBatch& batch, std::uint64_t from,
                       const ports::Patience& patience, const std::function<void()>& get_on, Applied& applied)
{
    const auto keys = keys_of(batch);
    const auto most = batch.rows.size() > 1 ? FoldPace::kMostDeliveries : SIZE_MAX;
    auto locked = store.lock(batch.tenant, from, batch.rows.back().position, patience);
    if (!locked) return locked.error();
    auto& fold = **locked;
    auto states = fold.load(keys);
    if (!states) return states.error();
    get_on();
    const auto decision = decide(batch, *std::move(states), most, get_on);
    note(decision, applied);
    if (decision.declined) return Error(ErrorCode::too_large, "it is too much for one transaction");
    if (auto stored = fold.store(decision.writes); !stored) return stored;
    if (decision.sequel) {
        if (auto followed = follow(fold, *decision.sequel, applied); !followed) return followed;
    }
    return fold.commit();
}

}  // namespace

TriageWorker::TriageWorker(TriageShared& shared, std::size_t number, fair::Lane lane)
    : shared_(shared), lane_(lane), thread_([this, number](const std::stop_token& stop) {
          observe::name_thread("triage", number);
          run(stop);
      })
{
}

/// Whatever is thrown in the middle of a turn, no row is lost by it: it stands with its tenant or in one of its
/// tenant's batches.
void TriageWorker::run(const std::stop_token& stop)
{
    TurnWatch::Seat seat(shared_.watch);
    seat_ = &seat;
    while (!stop.stop_requested()) {
        Tenant* tenant = nullptr;
        auto begun = Clock::now();
        try {
            tenant = shared_.line.take(lane_, stop);
            if (tenant == nullptr) return;
            begun = Clock::now();
            seat.begin(tenant->id);
            turn(*tenant);
        } catch (const std::exception& thrown) {  // no memory, most likely
            survive(tenant, thrown.what());
        }
        seat.end();
        if (tenant == nullptr) continue;
        const auto took = Clock::now() - begun;
        shared_.metrics.queue.cost(took);
        shared_.line.give_back(*tenant, took);
    }
}

/// The tenant's turn comes again later; where it was nobody's, the worker pauses. What keeps failing spins nowhere.
void TriageWorker::survive(Tenant* tenant, std::string_view what)
{
    observe::error("triage could not go on and tries again", {{"error", what}});
    if (tenant != nullptr) return postpone(*tenant);
    std::this_thread::sleep_for(kPause);
}

void TriageWorker::turn(Tenant& tenant)
{
    const auto begun = Clock::now();
    tenant.due = Clock::time_point::min();
    if (tenant.landed) {
        try {
            settle(tenant, *tenant.landed);
        } catch (const std::exception& thrown) {  // its batch is asked for anew: the fence knows what was stored
            observe::error("what became of a fold could not be noted", {{"error", thrown.what()}});
            postpone(tenant);
        }
        tenant.landed.reset();
        return;
    }
    if (tenant.batches.empty() && !tenant.rows.empty()) gather(tenant);
    if (!tenant.batches.empty() && !attempt(tenant)) return;
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
    const auto most = shared_.line.most_alerts(tenant);
    std::size_t taken = 0;
    std::size_t alerts = 0;
    std::vector<RowMark> skipped;
    FoldBatch batch;
    for (; taken < tenant.rows.size() && tenant.rows[taken].row.position.stream == stream; ++taken) {
        const auto& next = tenant.rows[taken];
        const auto count = next.row.alerts.size();
        if (!batch.rows.empty() && (alerts + count > most || batch.quarantined > 0 || next.row.quarantined > 0)) break;
        if (next.row.position.seq <= applied) {
            skipped.push_back(mark_of(next));
        } else {
            applied = next.row.position.seq;  // a row that was submitted twice is taken once
            alerts += count;
            batch.rows.push_back(mark_of(next));
            batch.quarantined = next.row.quarantined;
        }
    }
    batch.tenant = tenant.id;
    batch.mode = batch.first_mode();
    batch.policy = batch.current = std::move(policy);
    batch.alerts.reserve(alerts);
    if (!batch.rows.empty()) tenant.batches.push_back(std::move(batch));
    const auto now = Clock::now();
    // There is memory for all of it: from here on nothing is thrown, and no row is lost.
    for (std::size_t turn = 0; taken > 0; --taken) {
        auto& first = tenant.rows.front();
        shared_.metrics.queue.taken(now - first.since);
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

void TriageWorker::halve(Tenant& tenant)
{
    split_behind(tenant, tenant.batches.front().rows.size() / 2);
}

void TriageWorker::split_behind(Tenant& tenant, std::size_t rows)
{
    auto second = room_behind(tenant.batches.front(), rows);
    tenant.batches.emplace_front();
    std::swap(tenant.batches[0], tenant.batches[1]);
    split(tenant.batches[0], second);
    tenant.batches[1] = std::move(second);
}

/// False where the tenant is away: then it is not this thread's any more.
bool TriageWorker::attempt(Tenant& tenant)
{
    while (tenant.batches.front().rows.size() > 1 &&
           tenant.batches.front().alerts.size() > shared_.line.most_alerts(tenant)) {
        halve(tenant);
    }
    const auto stream = tenant.batches.front().rows.front().position.stream;
    const auto from = position(tenant, stream);
    if (!from) return true;
    if (const auto dropped = drop_through(tenant.batches.front(), *from); !dropped.empty()) {
        shared_.backlog.done(dropped);
    }
    if (tenant.batches.front().rows.empty()) {
        tenant.batches.pop_front();
        tenant.backoff = {};
        tenant.patience.done();
        return true;
    }
    if (!judge_in_time(tenant)) return true;
    auto& batch = tenant.batches.front();
    if (std::exchange(batch.tried, true) && !renew(tenant)) return true;
    if (tenant.patience.given().count() > 0) return !fold_aside(tenant, *from);
    settle(tenant, apply(shared_, batch, *from, {}, *seat_));
    return true;
}

/// Judges the tenant's first batch for as long as its turn lasts. What it got through becomes the batch, the rest the
/// next one. False where it did not get through a single row: the next turn goes on.
bool TriageWorker::judge_in_time(Tenant& tenant)
{
    auto& batch = tenant.batches.front();
    const auto& spent = shared_.options.spent;
    Slice slice(spent ? spent : observe::processor_time, [&] { return shared_.line.others_wait(tenant); });
    bool done = false;
    Applied failed{.outcome = Done{}, .took = {}};
    guarded(failed, [&] {
        done = judge(batch, [&] {
            seat_->get_on();
            return slice.is_over();
        });
    });
    seat_->get_on();
    if (!failed.outcome) {
        settle(tenant, failed);
        return false;
    }
    if (done) return true;
    const auto rows = judged_rows(batch);
    if (rows > 0) split_behind(tenant, rows);
    return rows > 0;
}

/// Nobody waits for a fold that is given minutes. There is a place for it, or it would not be the tenant's turn. False
/// where no thread is to be had.
bool TriageWorker::fold_aside(Tenant& tenant, std::uint64_t from)
{
    tenant.landed.emplace(Applied{.outcome = Done{}, .unknown = true, .took = {}});
    tenant.away = true;  // from here on until it lands it is the other thread's
    try {
        tenant.aside = std::jthread(
            [&shared = shared_, &tenant, from, time = tenant.patience.given()](const std::stop_token& stop) {
                observe::name_thread("patience");
                try {
                    TurnWatch::Seat seat(shared.watch);
                    seat.begin(tenant.id);
                    *tenant.landed = apply(shared, tenant.batches.front(), from, {.time = time, .stop = stop}, seat);
                } catch (const std::exception& failure) {
                    observe::error("a fold failed", {{"error", failure.what()}});
                }
                shared.line.land(tenant);
            });
    } catch (const std::exception& refused) {
        tenant.away = false;
        tenant.landed.reset();
        back_off(tenant, "no thread is to be had for a row that takes long",
                 Error(ErrorCode::unavailable, refused.what()));
        return false;
    }
    return true;
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

Applied TriageWorker::apply(const TriageShared& shared, const FoldBatch& batch, std::uint64_t from,
                            const ports::Patience& patience, TurnWatch::Seat& seat)
{
    const auto begun = Clock::now();
    Applied applied{.outcome = Done{}, .took = {}};
    for (const auto& row : batch.begun_rows) {
        applied.over_steps += row.over_steps;
        applied.over_time += row.over_time;
    }
    guarded(applied,
            [&] { applied.outcome = fold_once(shared.store, batch, from, patience, [&] { seat.get_on(); }, applied); });
    // First of all this node: its next fold asks no more what was set aside.
    if (applied.outcome && applied.set_aside > 0) shared.policies.note({.tenant = batch.tenant, .policy = true});
    applied.took = Clock::now() - begun;
    shared.metrics.fold_seconds.observe(std::chrono::duration<double>(applied.took).count());
    return applied;
}

}  // namespace winnow::pipeline
