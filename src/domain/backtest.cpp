#include "winnow/domain/backtest.hpp"

namespace winnow::domain {

std::string_view to_string(BacktestState state) noexcept
{
    switch (state) {
        case BacktestState::queued: return "queued";
        case BacktestState::running: return "running";
        case BacktestState::done: return "done";
        case BacktestState::cancelled: return "cancelled";
        case BacktestState::failed: return "failed";
    }
    return "failed";
}

std::optional<BacktestState> parse_backtest_state(std::string_view word) noexcept
{
    using enum BacktestState;
    for (const auto state : {queued, running, done, cancelled, failed}) {
        if (word == to_string(state)) return state;
    }
    return std::nullopt;
}

}  // namespace winnow::domain
