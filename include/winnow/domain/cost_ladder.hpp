#pragma once

/// @file
/// What becomes of a rule, silence, window or inhibition that keeps costing more than an alert may. Pure.

#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/alert_budget.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace winnow::domain {

/// Stored by name: do not rename.
enum class CostState : std::uint8_t {
    fine,
    warned,       ///< It was the dearest of an alert that was over its budget.
    set_aside,    ///< It is not asked until `until`.
    until_edited  ///< It is not asked until somebody changes it.
};

[[nodiscard]] std::string_view to_string(CostState state) noexcept;

/// Of one version of one of them: an edit makes another version, which begins anew.
struct CostRecord {
    struct Overrun {
        Timestamp at;
        std::chrono::nanoseconds cost{0};
        friend bool operator==(const Overrun&, const Overrun&) = default;
    };
    std::vector<Overrun> recent = {};       ///< Of the last kWindow, oldest first; at most kOverruns.
    std::vector<Timestamp> set_aside = {};  ///< When it was, within the last kDay, oldest first.
    std::optional<Timestamp> until = {};    ///< Of the latest time.
    bool for_good = false;
    // Of all overruns of this version that counted.
    std::int64_t overruns = 0;
    std::chrono::nanoseconds sum{0};
    std::chrono::nanoseconds most{0};

    friend bool operator==(const CostRecord&, const CostRecord&) = default;
};

struct CostLadder {
    static constexpr std::size_t kOverruns = 5;
    static constexpr std::chrono::seconds kCost{1};  ///< Or so much processor time.
    static constexpr std::chrono::minutes kWindow{15};
    static constexpr std::chrono::minutes kSetAside{15};
    static constexpr std::size_t kTimes = 3;  ///< The third time within kDay it is until somebody changes it.
    static constexpr std::chrono::hours kDay{24};
};

/// As it stands at that instant.
[[nodiscard]] CostState state_of(const CostRecord& record, Timestamp now);

/// After it was the dearest of an alert over its budget. Overruns of nodes that do not know yet that it is set aside do
/// not count. Instants may come in any order within seconds, as they do from several nodes.
[[nodiscard]] CostRecord after_overrun(CostRecord record, CostRecord::Overrun overrun);

/// Nobody asks it.
[[nodiscard]] constexpr bool is_set_aside(CostState state) noexcept
{
    return state == CostState::set_aside || state == CostState::until_edited;
}

/// What is stored of a judge: of its version that overran last.
struct JudgeCost {
    Judge judge;
    std::int64_t version = 0;
    CostRecord record;
    AlertId last_alert;  ///< The latest that was over its budget with this as its dearest.

    friend bool operator==(const JudgeCost&, const JudgeCost&) = default;
};

/// Of a configuration as it was loaded: what nobody asks.
struct SetAside {
    Judge judge;
    std::int64_t version = 0;  ///< Another one is asked.
    /// From when it was loaded on, by the database's clock; nullopt: until somebody changes it.
    std::optional<std::chrono::milliseconds> left;

    friend bool operator==(const SetAside&, const SetAside&) = default;
};

}  // namespace winnow::domain
