#include "winnow/domain/alert_budget.hpp"

namespace winnow::domain {

std::string_view to_string(JudgeKind kind) noexcept
{
    switch (kind) {
        case JudgeKind::rule: return "rule";
        case JudgeKind::silence: return "silence";
        case JudgeKind::maintenance_window: return "maintenance_window";
        case JudgeKind::inhibition: return "inhibition";
    }
    return "rule";
}

}  // namespace winnow::domain
