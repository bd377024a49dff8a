#include "winnow/pipeline/due_kinds.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow::pipeline {

namespace {

class ReminderKind final : public ports::DueKind {
public:
    ReminderKind(std::string_view name, std::function<void()> remind, std::chrono::milliseconds again)
        : remind_(std::move(remind)), traits_{.name = name, .again = again, .never_waits = true}
    {
    }

    [[nodiscard]] const ports::DueTraits& traits() const noexcept override { return traits_; }

    Result<std::vector<TenantId>> tenants(std::size_t /*limit*/) override { return std::vector{TenantId()}; }

    Result<ports::DueDone> run(const ports::DueTurn& /*turn*/) override
    {
        remind_();
        return ports::DueDone{};  // how late it is done the other loop knows
    }

private:
    const std::function<void()> remind_;
    const ports::DueTraits traits_;
};

}  // namespace

std::unique_ptr<ports::DueKind> make_reminder_kind(std::string_view name, std::function<void()> remind,
                                                   std::chrono::milliseconds again)
{
    return std::make_unique<ReminderKind>(name, std::move(remind), again);
}

}  // namespace winnow::pipeline
