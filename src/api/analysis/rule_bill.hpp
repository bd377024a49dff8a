#pragma once

/// @file
/// What rules cost together, while they are read: regular expressions take long to compile, so reading ends where they
/// are too many, or where nobody waits any more.

#include "winnow/base/result.hpp"
#include "winnow/domain/limits.hpp"
#include "winnow/domain/rule.hpp"
#include "winnow/rules/cost.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace winnow::api {

struct Call;

/// How far reading may go.
struct ReadingBounds {
    const domain::TenantLimits& limits;
    std::function<bool()> given_up;
    /// What the tenant has already, asked for where a limit is met: so much it may keep. Empty: nothing.
    std::function<Result<rules::Cost>()> stored = {};
};
[[nodiscard]] ReadingBounds bounds_of(const Call& call);

[[nodiscard]] rules::Cost cost_of_all(const std::vector<domain::Rule>& rules);

/// Refers to the bounds.
class RuleBill {
public:
    explicit RuleBill(const ReadingBounds& bounds) : bounds_(bounds) {}

    /// Why reading ends with this rule, which stands at `pointer`; nullopt: it goes on.
    [[nodiscard]] std::optional<Error> add(const domain::Rule& rule, const std::string& pointer);

private:
    const ReadingBounds& bounds_;
    rules::Cost cost_;
    std::optional<rules::Cost> stored_;
};

}  // namespace winnow::api
