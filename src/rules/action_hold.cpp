/// @file
/// Actions that hold alerts back: threshold, pause, flap. Here they only ask; triage knows the past and decides.

#include "rules/action_kinds.hpp"

#include <chrono>
#include <string>
#include <utility>

namespace winnow::rules {

namespace {

using std::chrono::milliseconds;

constexpr std::int32_t kMaxCount = 1'000;
constexpr std::int32_t kMinTransitions = 2;
constexpr milliseconds kShortest = std::chrono::seconds{1};
constexpr milliseconds kLongest = std::chrono::days{7};

class Ask final : public CompiledAction {
public:
    explicit Ask(Evaluation::Hold hold) : hold_(std::move(hold)) {}

    std::string apply(domain::Alert& /*alert*/, Evaluation& evaluation) const override
    {
        evaluation.holds.push_back(hold_);
        return {};
    }

private:
    Evaluation::Hold hold_;
};

bool is_fit(milliseconds duration)
{
    return duration >= kShortest && duration <= kLongest;
}

Error unfit(const char* pointer)
{
    return field_error(pointer, "a time from PT1S to P7D");
}

}  // namespace

Compiled compile_kind(const domain::ThresholdAction& action, RuleId rule_id)
{
    if (action.count < 1 || action.count > kMaxCount) {
        return field_error("/count", "a count from 1 to " + std::to_string(kMaxCount));
    }
    if (!is_fit(action.within)) return unfit("/within");
    return std::make_unique<const Ask>(Evaluation::Hold{rule_id, action});
}

Compiled compile_kind(const domain::PauseAction& action, RuleId rule_id)
{
    if (!is_fit(action.duration)) return unfit("/for");
    return std::make_unique<const Ask>(Evaluation::Hold{rule_id, action});
}

Compiled compile_kind(const domain::FlapAction& action, RuleId rule_id)
{
    if (action.transitions < kMinTransitions || action.transitions > kMaxCount) {
        return field_error("/transitions", "a number of transitions from " + std::to_string(kMinTransitions) + " to " +
                                               std::to_string(kMaxCount));
    }
    if (!is_fit(action.within)) return unfit("/within");
    if (!is_fit(action.settle)) return unfit("/settle");
    return std::make_unique<const Ask>(Evaluation::Hold{rule_id, action});
}

}  // namespace winnow::rules
