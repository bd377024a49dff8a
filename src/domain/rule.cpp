#include "winnow/domain/rule.hpp"

namespace winnow::domain {

std::string_view to_string(RuleSyntax syntax) noexcept
{
    switch (syntax) {
        case RuleSyntax::cel: return "cel";
        case RuleSyntax::matchers: return "matchers";
        case RuleSyntax::keywords: return "keywords";
    }
    return "matchers";
}

std::optional<RuleSyntax> parse_rule_syntax(std::string_view word) noexcept
{
    for (const auto syntax : {RuleSyntax::cel, RuleSyntax::matchers, RuleSyntax::keywords}) {
        if (word == to_string(syntax)) return syntax;
    }
    return std::nullopt;
}

std::string_view to_string(RuleMode mode) noexcept
{
    return mode == RuleMode::live ? "live" : "shadow";
}

std::optional<RuleMode> parse_rule_mode(std::string_view word) noexcept
{
    if (word == "live") return RuleMode::live;
    if (word == "shadow") return RuleMode::shadow;
    return std::nullopt;
}

std::string_view to_string(ThresholdMode mode) noexcept
{
    return mode == ThresholdMode::every ? "every" : "reset";
}

std::optional<ThresholdMode> parse_threshold_mode(std::string_view word) noexcept
{
    if (word == "every") return ThresholdMode::every;
    if (word == "reset") return ThresholdMode::reset;
    return std::nullopt;
}

std::string_view to_string(FlapMode mode) noexcept
{
    return mode == FlapMode::transitions ? "transitions" : "weighted";
}

std::optional<FlapMode> parse_flap_mode(std::string_view word) noexcept
{
    if (word == "transitions") return FlapMode::transitions;
    if (word == "weighted") return FlapMode::weighted;
    return std::nullopt;
}

}  // namespace winnow::domain
