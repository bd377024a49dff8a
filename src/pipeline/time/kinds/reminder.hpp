#pragma once

/// @file
/// What tells another loop. Private to pipeline.

#include "winnow/ports/due_kind.hpp"

#include <chrono>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow::pipeline {

/// Its calls never wait for anything: a worker that is kept for such is never missing.
class ReminderKind final : public ports::DueKind {
public:
    ReminderKind(std::string_view name, std::function<void()> remind, std::chrono::milliseconds again)
        : remind_(std::move(remind)), traits_{.name = name, .again = again}
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

}  // namespace winnow::pipeline
