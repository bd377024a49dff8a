#include "winnow/domain/tenant.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace winnow::domain {

namespace {

using enum TenantState;

constexpr std::array kMoves{
    std::pair{active, suspended},  std::pair{suspended, active}, std::pair{active, closing},
    std::pair{suspended, closing}, std::pair{closing, active},   std::pair{closing, erasing},
};

}  // namespace

std::string_view to_string(TenantState state) noexcept
{
    switch (state) {
        case active: return "active";
        case suspended: return "suspended";
        case closing: return "closing";
        case erasing: return "erasing";
    }
    return "erasing";
}

std::optional<TenantState> parse_tenant_state(std::string_view word) noexcept
{
    for (const auto state : {active, suspended, closing, erasing}) {
        if (word == to_string(state)) return state;
    }
    return std::nullopt;
}

bool may_become(TenantState from, TenantState to) noexcept
{
    return std::ranges::find(kMoves, std::pair{from, to}) != kMoves.end();
}

bool is_region(std::string_view name) noexcept
{
    constexpr std::size_t kMost = 32;
    const auto inner = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    };
    return !name.empty() && name.size() <= kMost && std::ranges::all_of(name, inner) && name.front() != '-' &&
           name.back() != '-';
}

}  // namespace winnow::domain
