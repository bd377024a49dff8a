#include "winnow/domain/tenants/import.hpp"

namespace winnow::domain {

std::string_view to_string(ImportState state) noexcept
{
    switch (state) {
        case ImportState::receiving: return "receiving";
        case ImportState::queued: return "queued";
        case ImportState::checking: return "checking";
        case ImportState::writing: return "writing";
        case ImportState::done: return "done";
        case ImportState::failed: return "failed";
    }
    return "failed";
}

std::optional<ImportState> parse_import_state(std::string_view word) noexcept
{
    using enum ImportState;
    for (const auto state : {receiving, queued, checking, writing, done, failed}) {
        if (word == to_string(state)) return state;
    }
    return std::nullopt;
}

}  // namespace winnow::domain
