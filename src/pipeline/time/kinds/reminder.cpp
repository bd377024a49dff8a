#include "pipeline/time/kinds/reminder.hpp"

#include "winnow/pipeline/due_kinds.hpp"

#include <memory>
#include <utility>

namespace winnow::pipeline {

std::unique_ptr<ports::DueKind> make_reminder_kind(std::string_view name, std::function<void()> remind,
                                                   std::chrono::milliseconds again)
{
    return std::make_unique<ReminderKind>(name, std::move(remind), again);
}

}  // namespace winnow::pipeline
