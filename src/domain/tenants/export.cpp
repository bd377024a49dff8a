#include "winnow/domain/tenants/export.hpp"

namespace winnow::domain {

std::string_view to_string(ExportState state) noexcept
{
    switch (state) {
        case ExportState::queued: return "queued";
        case ExportState::running: return "running";
        case ExportState::ready: return "ready";
        case ExportState::failed: return "failed";
        case ExportState::gone: return "gone";
    }
    return "failed";
}

std::optional<ExportState> parse_export_state(std::string_view word) noexcept
{
    using enum ExportState;
    for (const auto state : {queued, running, ready, failed, gone}) {
        if (word == to_string(state)) return state;
    }
    return std::nullopt;
}

}  // namespace winnow::domain
