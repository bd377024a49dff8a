#include "winnow/triage/machine.hpp"

#include <algorithm>
#include <bit>
#include <iterator>

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

/// How many there are in the fullest window (end - within, end] that `at` is in, of those that end with one of them. In
/// order that is the one that ends with `at`; what comes late may be what a later one lacked.
std::int32_t in_window(const std::vector<Timestamp>& recent, Timestamp at, std::chrono::milliseconds within)
{
    std::ptrdiff_t most = 0;
    for (auto end = std::ranges::lower_bound(recent, at); end != recent.end() && *end - within < at; ++end) {
        const auto from = std::upper_bound(recent.begin(), end, *end - within);
        most = std::max(most, end + 1 - from);
    }
    return static_cast<std::int32_t>(most);
}

/// Alerts of two streams may come in another order than they were received in. Returns how many are in its window, at
/// most `most`.
std::int32_t remember(std::vector<Timestamp>& recent, Timestamp at, std::chrono::milliseconds within, std::int32_t most)
{
    recent.insert(std::ranges::upper_bound(recent, at), at);
    const auto count = std::min(in_window(recent, at, within), most);
    const auto too_old = recent.back() - within;
    recent.erase(recent.begin(), std::ranges::upper_bound(recent, too_old));
    if (std::ssize(recent) > most) recent.erase(recent.begin(), recent.end() - most);
    return count;
}

}  // namespace

Count count_alert(MachineState& state, const domain::ThresholdAction& terms, Timestamp at)
{
    Count count{.alerts = remember(state.recent, at, terms.within, terms.count)};
    state.expires_at = std::max(state.expires_at, at + terms.within);
    count.reached = count.alerts >= terms.count;
    if (count.reached && terms.mode == domain::ThresholdMode::reset) state.recent.clear();
    return count;
}

bool see_status(MachineState& state, const domain::FlapAction& terms, bool firing, Timestamp at)
{
    const bool changed = state.firing && *state.firing != firing;
    state.firing = firing;
    state.expires_at = std::max(state.expires_at, at + terms.within + terms.settle);
    std::int32_t transitions = 0;
    if (changed) {
        transitions = remember(state.recent, at, terms.within, terms.transitions);
        state.due_at = std::max(state.due_at.value_or(at + terms.settle), at + terms.settle);
    }
    if (terms.mode == domain::FlapMode::weighted) {
        state.changes = (state.changes << 1U | (changed ? 1U : 0U)) & ((1U << kRing) - 1);
        const auto weight = weight_of(state.changes);
        state.flapping = state.flapping ? weight > kEndsAt : weight > kStartsAbove;
    } else if (transitions >= terms.transitions) {
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
