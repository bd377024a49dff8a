#include "winnow/pipeline/due_kinds.hpp"

#include <algorithm>

namespace winnow::pipeline {

std::optional<std::string> first_never_due(std::span<const std::unique_ptr<ports::DueKind>> kinds,
                                           std::span<const std::string_view> on_board)
{
    for (const auto& kind : kinds) {
        const auto& traits = kind->traits();
        if (traits.every.count() == 0 && std::ranges::find(on_board, traits.name) == on_board.end()) {
            return std::string(traits.name);
        }
    }
    return std::nullopt;
}

}  // namespace winnow::pipeline
