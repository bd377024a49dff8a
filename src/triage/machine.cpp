#include "winnow/triage/machine.hpp"

#include <algorithm>
#include <bit>

namespace winnow::triage {

namespace {

// Icinga 2: the latest 20 states, weighted from 0.8 (oldest) to 1.18 (latest); flapping above 30 %, no longer at 25 %.
constexpr std::uint32_t kRing = 20;
constexpr std::uint32_t kStartsAbove = 30 * kRing;  // in hundredths of a state
constexpr std::uint32_t kEndsAt = 25 * kRing;

std::uint32_t weight_of(std::uint32_t changes) noexcept
{
    std::uint32_t sum = 0;
    for (std::uint32_t age = 0; age < kRing; ++age) {
        if ((changes >> age & 1U) != 0) sum += 80 + 2 * (kRing - 1 - age);
    }
    return sum;
}

/// Alerts of two streams may come in another order than they were received in.
void remember(std::vector<Timestamp>& recent, Timestamp at, std::chrono::milliseconds within, std::size_t most)
{
    recent.insert(std::ranges::upper_bound(recent, at), at);
    const auto too_old = recent.back() - within;
    recent.erase(recent.begin(), std::ranges::upper_bound(recent, too_old));
    if (recent.size() > most) recent.erase(recent.begin(), recent.end() - static_cast<std::ptrdiff_t>(most));
}

/// Of the window that the one at `at` completes. One that comes late completes that of the newest, if it is in it: else
/// what was received in time would never be counted together, for the one that counts them has been already.
std::int32_t in_window(const std::vector<Timestamp>& recent, Timestamp at, std::chrono::milliseconds within)
{
    const bool counts = std::ranges::binary_search(recent, at);
    const auto end = counts ? recent.back() : at;
    const auto from = std::ranges::upper_bound(recent, end - within);
    return static_cast<std::int32_t>(std::ranges::upper_bound(recent, end) - from);
}

}  // namespace

Count count_alert(MachineState& state, const domain::ThresholdAction& terms, Timestamp at)
{
    remember(state.recent, at, terms.within, static_cast<std::size_t>(terms.count));
    state.expires_at = std::max(state.expires_at, at + terms.within);
    Count count{.alerts = in_window(state.recent, at, terms.within)};
    count.reached = count.alerts >= terms.count;
    if (count.reached && terms.mode == domain::ThresholdMode::reset) state.recent.clear();
    return count;
}

bool see_status(MachineState& state, const domain::FlapAction& terms, bool firing, Timestamp at)
{
    const bool changed = state.firing && *state.firing != firing;
    state.firing = firing;
    state.expires_at = std::max(state.expires_at, at + terms.within + terms.settle);
    if (changed) {
        remember(state.recent, at, terms.within, static_cast<std::size_t>(terms.transitions));
        state.due_at = std::max(state.due_at.value_or(at + terms.settle), at + terms.settle);
    }
    if (terms.mode == domain::FlapMode::weighted) {
        state.changes = (state.changes << 1U | (changed ? 1U : 0U)) & ((1U << kRing) - 1);
        const auto weight = weight_of(state.changes);
        state.flapping = state.flapping ? weight > kEndsAt : weight > kStartsAbove;
    } else if (changed && in_window(state.recent, at, terms.within) >= terms.transitions) {
        state.flapping = true;
    }
    if (!state.flapping) state.due_at.reset();
    return state.flapping;
}

void settle(MachineState& state)
{
    state.flapping = false;
    state.recent.clear();
    state.changes = 0;
    state.due_at.reset();
}

}  // namespace winnow::triage
