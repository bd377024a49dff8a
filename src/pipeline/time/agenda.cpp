#include "pipeline/time/agenda.hpp"

#include <algorithm>
#include <utility>

namespace winnow::pipeline {

namespace {

bool tells_itself(const ports::DueTraits& traits)
{
    return traits.every.count() > 0;
}

}  // namespace

Agenda::Agenda(const std::vector<ports::DueTraits>& kinds, std::chrono::milliseconds look, Instant now)
    : look_(look), look_at_(now), looked_at_(now - kBetweenPokes)
{
    for (const auto& traits : kinds) {
        kinds_.emplace_back();
        kinds_.back().traits = traits;
        kinds_.back().not_before = now;
        if (tells_itself(traits)) kinds_.back().find_at = now;
    }
}

Agenda::Task Agenda::next(Instant now)
{
    if (!looking_ && now >= look_at_) {
        looking_ = true;
        return Look{};
    }
    // Whoever was served longest ago, so that a flood of one kind, or of one tenant, keeps nobody from his turn.
    std::vector<std::size_t> order(kinds_.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::stable_sort(order, {}, [this](std::size_t i) { return kinds_[i].served; });
    for (const auto i : order) {
        if (auto task = task_of(i, now)) {
            kinds_[i].served = ++turns_;
            return *task;
        }
    }
    auto until = looking_ ? kNever : look_at_;
    for (const auto& kind : kinds_) {
        if (!kind.finding && !kind.in_round) until = std::min(until, kind.find_at);
    }
    // What is due and is not handed out waits for another worker's answer, which wakes this one.
    return Wait{.until = until <= now ? now + look_ : std::min(until, now + look_)};
}

std::optional<Agenda::Task> Agenda::task_of(std::size_t index, Instant now)
{
    auto& kind = kinds_[index];
    if (!is_its_turn(kind)) return std::nullopt;
    if (!kind.in_round) {
        if (kind.finding || kind.find_at > now) return std::nullopt;
        kind.finding = true;
        return Find{index};
    }
    Take turn{.kind = index, .tenant = {}};
    if (const auto tenant = untried(kind)) {
        turn.tenant = *tenant;
    } else {
        if (!kind.queue.empty() || kind.running > 0) return std::nullopt;
        if (kind.waited || kind.busy.empty()) {  // an answer did not get to its end, for want of memory
            end_round(kind, now);
            return std::nullopt;
        }
        if (!is_free(kind, kind.busy.front())) return std::nullopt;
        turn.tenant = kind.busy.front();
        turn.patience = kPatience;
        kind.busy.pop_front();
        kind.waited = true;
    }
    if (kind.traits.after_fold) folding_.insert(turn.tenant);
    ++kind.running;  // behind all that may be thrown: whom it takes out of the queue, the next round finds again
    return turn;
}

bool Agenda::is_its_turn(const Kind& kind) const
{
    if (kind.traits.alone.empty()) return true;
    return std::ranges::none_of(
        kinds_, [&](const Kind& other) { return other.traits.alone == kind.traits.alone && other.running > 0; });
}

bool Agenda::is_free(const Kind& kind, TenantId tenant) const
{
    return !kind.traits.after_fold || !folding_.contains(tenant);
}

std::optional<TenantId> Agenda::untried(Kind& kind)
{
    const auto found = std::ranges::find_if(kind.queue, [&](TenantId tenant) { return is_free(kind, tenant); });
    if (found == kind.queue.end()) return std::nullopt;
    const auto tenant = *found;
    kind.queue.erase(found);
    return tenant;
}

void Agenda::looked(const std::vector<std::optional<std::chrono::milliseconds>>& in, Instant now)
{
    looking_ = false;
    looked_at_ = now;
    look_at_ = now + look_;
    for (std::size_t i = 0; i < kinds_.size(); ++i) {
        auto& kind = kinds_[i];
        if (tells_itself(kind.traits)) continue;
        kind.due.reset();
        if (in[i]) kind.due = now + *in[i];
        if (kind.finding || kind.in_round) continue;  // the end of the round has another look
        kind.find_at = kind.due ? std::max(*kind.due, kind.not_before) : kNever;
    }
}

void Agenda::look_failed(Instant now)
{
    looking_ = false;
    looked_at_ = now;
    look_at_ = now + look_;
}

void Agenda::found(std::size_t index, const std::vector<TenantId>& tenants, Instant now)
{
    auto& kind = kinds_[index];
    kind.finding = false;
    kind.in_round = true;
    kind.waited = false;
    kind.more = false;
    kind.again_in.reset();
    kind.refused.clear();
    kind.queue.clear();
    for (const auto tenant : tenants) {
        if (!kind.setbacks.is_left_out(tenant, now)) kind.queue.push_back(tenant);
    }
    if (kind.queue.empty()) wait_for_one(kind);
    if (kind.queue.empty() && kind.waited) end_round(kind, now);
}

void Agenda::find_failed(std::size_t index, Instant now)
{
    auto& kind = kinds_[index];
    kind.finding = false;
    kind.find_at = now + kind.traits.again;
}

std::chrono::milliseconds Agenda::took(const Take& turn, End end, const ports::DueDone& done, Instant now)
{
    auto& kind = kinds_[turn.kind];
    --kind.running;
    if (kind.traits.after_fold) folding_.erase(turn.tenant);
    std::chrono::milliseconds pause{0};
    if (end == End::done) kind.setbacks.succeeded(turn.tenant);
    if (end == End::failed && !turn.tenant.is_nil()) pause = kind.setbacks.failed(turn.tenant, now);
    kind.more = kind.more || (end == End::done && done.more);
    if (done.again_in) kind.again_in = std::min(*done.again_in, kind.again_in.value_or(*done.again_in));
    if (turn.patience.count() == 0) {
        if (end == End::busy) kind.refused.push_back(turn.tenant);
        if (kind.queue.empty() && kind.running == 0) wait_for_one(kind);
    } else if (end == End::busy) {
        kind.busy.push_back(turn.tenant);
    }
    if (kind.queue.empty() && kind.running == 0 && kind.waited) end_round(kind, now);
    return pause;
}

/// Everybody was tried: who was refused waits behind those that were refused in rounds before.
void Agenda::wait_for_one(Kind& kind)
{
    std::unordered_set<TenantId> unseen(kind.refused.begin(), kind.refused.end());
    std::erase_if(kind.busy, [&](const TenantId tenant) { return unseen.erase(tenant) == 0; });
    for (const auto tenant : kind.refused) {
        if (unseen.contains(tenant)) kind.busy.push_back(tenant);
    }
    kind.waited = kind.busy.empty();
}

void Agenda::end_round(Kind& kind, Instant now)
{
    kind.in_round = false;
    kind.not_before = now + kind.traits.again;
    if (kind.more) {
        kind.find_at = now;
    } else if (kind.again_in || tells_itself(kind.traits)) {
        kind.find_at = now + kind.again_in.value_or(kind.traits.every);
        kind.not_before = kind.find_at;
    } else {
        kind.find_at = kNever;  // until the board says otherwise
        look_at_ = std::min(look_at_, kind.not_before);
    }
}

void Agenda::poke(Instant now)
{
    look_at_ = std::min(look_at_, std::max(now, looked_at_ + kBetweenPokes));
}

std::chrono::milliseconds Agenda::lateness(std::size_t index, Instant now) const
{
    const auto& due = kinds_[index].due;
    if (!due || *due > now) return std::chrono::milliseconds{0};
    return std::chrono::floor<std::chrono::milliseconds>(now - *due);
}

std::size_t Agenda::left_out(std::size_t index, Instant now) const
{
    return kinds_[index].setbacks.left_out(now).size();
}

bool Agenda::is_behind(Instant now) const
{
    if (looking_ || now >= look_at_) return true;
    return std::ranges::any_of(
        kinds_, [now](const Kind& kind) { return kind.in_round || kind.finding || kind.find_at <= now; });
}

}  // namespace winnow::pipeline
