#include "pipeline/time/agenda.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace winnow::pipeline {

namespace {

constexpr std::chrono::hours kFar{24};  // nobody asks for more, and no sum of it overflows

template <typename Tenants>
bool has(const Tenants& tenants, TenantId tenant)
{
    return std::ranges::find(tenants, tenant) != tenants.end();
}

bool tells_itself(const ports::DueTraits& traits)
{
    return traits.every.count() > 0;
}

}  // namespace

Agenda::Agenda(const std::vector<ports::DueTraits>& kinds, std::chrono::milliseconds look, Instant now,
               std::size_t slow)
    : look_(look), slow_(slow), look_at_(now), looked_at_(now - kBetweenPokes)
{
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        auto& kind = kinds_.emplace_back();
        kind.traits = kinds[i];
        kind.not_before = now;
        if (tells_itself(kind.traits)) kind.find_at = now;
    }
}

Agenda::Task Agenda::next(Instant now)
{
    if (!looking_ && now >= next_look()) {
        looking_ = true;
        wanted_at_ = kNever;
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
    auto until = now + look_;
    if (!looking_) until = std::min(until, next_look());
    for (const auto& kind : kinds_) {
        // What is due and is not handed out waits for another worker's answer, which wakes this one.
        if (!kind.finding && !kind.in_round && kind.find_at > now) until = std::min(until, kind.find_at);
    }
    return Wait{.until = until};
}

std::optional<Agenda::Task> Agenda::task_of(std::size_t index, Instant now)
{
    auto& kind = kinds_[index];
    if (!is_its_turn(kind)) return std::nullopt;
    Take turn{.kind = index, .tenant = {}};
    if (const auto tenant = first_free(kind, kind.queue)) {
        turn.tenant = *tenant;
        kind.queue.erase(std::ranges::find(kind.queue, *tenant));
    } else if (const auto refused = first_free(kind, kind.busy); refused && !kind.waited && kind.queue.empty()) {
        turn.tenant = *refused;
        turn.patience = kPatience;
        kind.waited = true;
    } else {
        if (has_all_tried(kind)) end_round(kind, now);  // an answer did not get to its end, for want of memory
        if (kind.finding || kind.in_round || kind.find_at > now) return std::nullopt;
        kind.finding = true;
        if (tells_itself(kind.traits)) kind.due = kind.find_at;
        return Find{index};
    }
    kind.at.push_back(turn.tenant);  // behind all that may be thrown: whom it takes out, the next round finds again
    if (has_all_tried(kind)) end_round(kind, now);
    return turn;
}

bool Agenda::is_its_turn(const Kind& kind) const
{
    if (!kind.traits.never_waits) {
        std::size_t slow = 0;
        for (const auto& other : kinds_) {
            if (!other.traits.never_waits) slow += other.at.size() + (other.finding ? 1 : 0);
        }
        if (slow >= slow_) return false;
    }
    if (kind.traits.alone.empty()) return true;
    return std::ranges::none_of(
        kinds_, [&](const Kind& other) { return other.traits.alone == kind.traits.alone && !other.at.empty(); });
}

bool Agenda::is_free(const Kind& kind, TenantId tenant) const
{
    return std::ranges::none_of(kinds_, [&](const Kind& other) {
        const bool excludes = &other == &kind || (other.traits.after_fold && kind.traits.after_fold);
        return excludes && has(other.at, tenant);
    });
}

std::optional<TenantId> Agenda::first_free(const Kind& kind, const std::deque<TenantId>& tenants) const
{
    const auto found = std::ranges::find_if(tenants, [&](TenantId tenant) { return is_free(kind, tenant); });
    return found == tenants.end() ? std::nullopt : std::optional(*found);
}

/// Of the kind's round. What is nobody's own has no others that could wait for it.
bool Agenda::has_all_tried(const Kind& kind) const
{
    return kind.in_round && kind.queue.empty() && (kind.waited || kind.busy.empty()) && !has(kind.at, TenantId());
}

void Agenda::looked(const std::vector<std::optional<std::chrono::milliseconds>>& in, Instant now)
{
    look_failed(now);
    for (std::size_t i = 0; i < kinds_.size(); ++i) {
        auto& kind = kinds_[i];
        if (tells_itself(kind.traits)) continue;
        kind.due.reset();
        if (in[i]) kind.due = now + std::clamp<std::chrono::milliseconds>(*in[i], -kFar, kFar);
        // The end of the round has another look. But where all that is left of it are tenants that another kind is at,
        // who knows for how long, the others' turn comes; those are still the first.
        if (kind.in_round && !has(kind.at, TenantId()) && !first_free(kind, kind.queue) &&
            !first_free(kind, kind.busy)) {
            end_round(kind, now);
        }
        if (kind.finding || kind.in_round) continue;
        kind.find_at = kind.due ? std::max(*kind.due, kind.not_before) : kNever;
    }
}

void Agenda::look_failed(Instant now)
{
    looking_ = false;
    looked_at_ = now;
    look_at_ = now + look_;
    if (wanted_at_ != kNever) wanted_at_ = std::max(wanted_at_, now + kBetweenPokes);
}

void Agenda::found(std::size_t index, const std::vector<TenantId>& tenants, Instant now)
{
    auto& kind = kinds_[index];
    kind.finding = false;
    kind.in_round = true;
    kind.waited = false;
    kind.queue.clear();
    const std::unordered_set<TenantId> due(tenants.begin(), tenants.end());
    std::erase_if(kind.busy, [&](const TenantId tenant) { return !due.contains(tenant); });
    for (const auto tenant : tenants) {
        const bool at = has(kind.at, tenant);
        if (!at && !kind.setbacks.is_left_out(tenant, now)) kind.queue.push_back(tenant);
    }
    if (has_all_tried(kind)) end_round(kind, now);
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
    std::erase(kind.at, turn.tenant);
    std::chrono::milliseconds pause{0};
    if (end == End::done) kind.setbacks.succeeded(turn.tenant);
    if (end == End::failed && !turn.tenant.is_nil()) pause = kind.setbacks.failed(turn.tenant, now);
    kind.more = kind.more || (end == End::done && done.more);
    if (done.again_in) kind.again_in = std::min(*done.again_in, kind.again_in.value_or(*done.again_in));
    // Who was refused waits behind those that were refused before; who was waited for in vain, behind everybody.
    if (end != End::busy || turn.patience.count() > 0) std::erase(kind.busy, turn.tenant);
    if (end == End::busy && !has(kind.busy, turn.tenant)) kind.busy.push_back(turn.tenant);
    if (has_all_tried(kind)) {
        end_round(kind, now);
    } else if (!kind.in_round && !kind.finding && kind.more) {  // its round is over
        set_next_round(kind, now);
    }
    return pause;
}

void Agenda::end_round(Kind& kind, Instant now)
{
    kind.in_round = false;
    kind.not_before = now + kind.traits.again;
    kind.find_at = kNever;  // until the board says otherwise
    set_next_round(kind, now);
}

void Agenda::set_next_round(Kind& kind, Instant now)
{
    if (std::exchange(kind.more, false)) {
        kind.find_at = kind.not_before = now;
        if (looking_) wanted_at_ = now;  // that one may have been too early to see it
    } else if (kind.again_in || tells_itself(kind.traits)) {
        kind.find_at = now + kind.again_in.value_or(kind.traits.every);
        kind.not_before = kind.find_at;
    } else {
        wanted_at_ = std::min(wanted_at_, kind.not_before);
    }
    kind.again_in.reset();
}

void Agenda::poke(Instant now)
{
    wanted_at_ = std::min(wanted_at_, std::max(now, looked_at_ + kBetweenPokes));
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
    if (looking_ || now >= next_look()) return true;
    return std::ranges::any_of(kinds_, [now](const Kind& kind) {
        return kind.in_round || kind.finding || kind.find_at <= now || !kind.at.empty();
    });
}

}  // namespace winnow::pipeline
