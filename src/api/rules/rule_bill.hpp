#pragma once

/// @file
/// What rules cost together, while they are read: regular expressions take long to compile, so reading ends where they
/// are too many, or where nobody waits any more. Those of a rule that turns out to be wrong were compiled, too.

#include "winnow/base/result.hpp"
#include "winnow/domain/limits.hpp"
#include "winnow/domain/rule.hpp"
#include "winnow/expr/pattern.hpp"
#include "winnow/rules/cost.hpp"

#include <cstddef>
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

/// What the regular expressions of one request's rules may take compiled, in bytes: all that a tenant may have, and at
/// least 32 MiB.
[[nodiscard]] std::size_t most_pattern_bytes(const domain::TenantLimits& limits) noexcept;

/// Refers to the bounds. Made before the first rule is read, by the thread that reads: what is compiled on it from then
/// on is counted as it is compiled.
class RuleBill {
public:
    explicit RuleBill(const ReadingBounds& bounds);

    /// Why reading ends with this rule, which stands at `pointer`; nullopt: it goes on.
    [[nodiscard]] std::optional<Error> add(const domain::Rule& rule, const std::string& pointer);

private:
    /// Asks for it where it was not asked for yet; nothing where nothing is to be kept.
    [[nodiscard]] const Result<rules::Cost>& stored();

    const ReadingBounds& bounds_;
    rules::Cost cost_;
    std::optional<Result<rules::Cost>> stored_;
    expr::PatternBound patterns_;
};

}  // namespace winnow::api
