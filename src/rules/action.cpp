#include "rules/action.hpp"

#include "rules/action_key.hpp"
#include "rules/action_kinds.hpp"
#include "winnow/base/text.hpp"
#include "winnow/domain/limits.hpp"
#include "winnow/domain/one_line.hpp"
#include "winnow/domain/words.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <utility>
#include <variant>

namespace winnow::rules {

namespace {

using Member = Field::Member;

constexpr domain::AlertLimits kLimits;
constexpr std::size_t kMaxReasonChars = 1'024;
constexpr std::size_t kMaxGroups = 50;
constexpr std::size_t kMaxCharBytes = 4;
constexpr std::size_t kBlanksOfATitle = 4;  // times as much is put together, for line ends and blanks go

class Drop final : public CompiledAction {
public:
    std::string apply(domain::Alert& /*alert*/, Evaluation& evaluation) const override
    {
        evaluation.dropped = true;
        return {};
    }
};

class Suppress final : public CompiledAction {
public:
    explicit Suppress(std::string reason) : reason_(std::move(reason)) {}

    // The first rule that suppresses gives the reason: it alone would have been enough.
    std::string apply(domain::Alert& /*alert*/, Evaluation& evaluation) const override
    {
        if (!evaluation.suppressed) evaluation.suppression_reason = reason_;
        evaluation.suppressed = true;
        return {};
    }

private:
    std::string reason_;
};

class SetSeverity final : public CompiledAction {
public:
    explicit SetSeverity(domain::Severity severity) : severity_(severity) {}

    std::string apply(domain::Alert& alert, Evaluation& /*evaluation*/) const override
    {
        alert.severity = severity_;
        return {};
    }

private:
    domain::Severity severity_;
};

class SetLabel final : public CompiledAction {
public:
    SetLabel(std::string name, Template value) : name_(std::move(name)), value_(std::move(value)) {}

    std::string apply(domain::Alert& alert, Evaluation& evaluation) const override
    {
        auto value = value_.render(alert, kLimits.max_label_value_chars * kMaxCharBytes, evaluation.text_steps);
        if (!value) return texts_too_dear("set labels." + name_);
        auto why = set_label(alert, name_, *std::move(value));
        return why.empty() ? why : "set " + why;
    }

private:
    std::string name_;
    Template value_;
};

class SetField final : public CompiledAction {
public:
    SetField(std::string domain::Alert::* target, std::size_t max_chars, Template value)
        : target_(target), max_chars_(max_chars), value_(std::move(value))
    {
    }

    std::string apply(domain::Alert& alert, Evaluation& evaluation) const override
    {
        const bool is_title = target_ == &domain::Alert::title;
        const auto room = max_chars_ * kMaxCharBytes * (is_title ? kBlanksOfATitle : 1);
        auto value = value_.render(alert, room, evaluation.text_steps);
        if (!value || (is_title && !pay(evaluation.text_steps, 1 + value->size() / kBytesAStep))) {
            return texts_too_dear("set");
        }
        if (is_title) value = domain::one_line(*value);
        truncate_chars(*value, max_chars_);
        if (value->empty() && is_title) {
            return "set title: the template gives nothing that can be seen, and an alert must have a title";
        }
        alert.*target_ = *std::move(value);
        return {};
    }

private:
    std::string domain::Alert::* target_;
    std::size_t max_chars_;
    Template value_;
};

class SetDedupKey final : public CompiledAction {
public:
    explicit SetDedupKey(KeySource key) : key_(std::move(key)) {}

    std::string apply(domain::Alert& alert, Evaluation& evaluation) const override
    {
        auto key = key_.of(alert, kLimits.max_dedup_key_chars, evaluation.text_steps);
        if (!key) return texts_too_dear("dedup_key");
        if (key->empty()) return "dedup_key: the template gives an empty text, so the key stays as it was";
        if (*key == alert.dedup_key) return {};
        alert.dedup_key = *std::move(key);
        evaluation.dedup_key_changed = true;
        return {};
    }

private:
    KeySource key_;
};

class Route final : public CompiledAction {
public:
    explicit Route(std::vector<ContactGroupId> groups) : groups_(std::move(groups)) {}

    std::string apply(domain::Alert& /*alert*/, Evaluation& evaluation) const override
    {
        for (const auto& group : groups_) {
            if (std::ranges::find(evaluation.route, group) == evaluation.route.end()) {
                evaluation.route.push_back(group);
            }
        }
        return {};
    }

private:
    std::vector<ContactGroupId> groups_;
};

struct Target {
    Member member;
    std::string domain::Alert::* text;
    std::size_t max_chars;
};

constexpr std::array kTargets{
    Target{Member::title, &domain::Alert::title, kLimits.max_title_chars},
    Target{Member::description, &domain::Alert::description, kLimits.max_description_chars},
    Target{Member::source, &domain::Alert::source, kLimits.max_field_chars},
    Target{Member::service, &domain::Alert::service, kLimits.max_field_chars},
    Target{Member::component, &domain::Alert::component, kLimits.max_field_chars},
    Target{Member::group, &domain::Alert::group, kLimits.max_field_chars},
    Target{Member::class_name, &domain::Alert::class_name, kLimits.max_field_chars},
};

std::string why_not_set(const Field& field)
{
    if (field.member == Member::severity) return "use the action \"severity\" to change the severity";
    if (field.member == Member::dedup_key) return "use the action \"dedup_key\" to change the dedup key";
    return "\"" + field.text +
           "\" cannot be set: use title, description, source, service, component, group, class or labels.NAME";
}

struct Compiler {
    const std::string& rule_name;
    RuleId rule_id;

    Compiled operator()(const domain::DropAction& /*action*/) const { return std::make_unique<const Drop>(); }

    Compiled operator()(const domain::SuppressAction& action) const
    {
        if (!is_plain_text(action.reason) || count_code_points(action.reason) > kMaxReasonChars) {
            return field_error("/reason", "a reason has at most " + std::to_string(kMaxReasonChars) + " characters");
        }
        return std::make_unique<const Suppress>(action.reason.empty() ? rule_name : action.reason);
    }

    Compiled operator()(const domain::SeverityAction& action) const
    {
        if (action.severity < domain::Severity::info || action.severity > domain::Severity::critical) {
            return field_error("/severity", "use " + domain::listed(domain::severities(), " or "));
        }
        return std::make_unique<const SetSeverity>(action.severity);
    }

    Compiled operator()(const domain::SetAction& action) const
    {
        const auto field = parse_field(action.field);
        if (!field) return field_error("/field", field.error().message());
        if (!is_plain_text(action.value)) return field_error("/value", "the template must be text without U+0000");
        auto value = Template::parse(action.value);
        if (!value) return field_error("/value", value.error().message());
        if (field->member == Member::label) {
            if (has_control_characters(field->label) || !is_valid_utf8(field->label)) {
                return field_error("/field", "a label's name holds no control characters");
            }
            return std::make_unique<const SetLabel>(field->label, std::move(*value));
        }
        const auto* target = std::ranges::find(kTargets, field->member, &Target::member);
        if (target == kTargets.end()) return field_error("/field", why_not_set(*field));
        return std::make_unique<const SetField>(target->text, target->max_chars, std::move(*value));
    }

    Compiled operator()(const domain::DedupKeyAction& action) const
    {
        auto key = KeySource::compile(action.fields, action.key_template, "dedup key");
        if (!key) return key.error();
        return std::make_unique<const SetDedupKey>(std::move(*key));
    }

    Compiled operator()(const domain::RouteAction& action) const
    {
        if (action.contact_group_ids.empty() || action.contact_group_ids.size() > kMaxGroups) {
            return field_error("/contact_group_ids", "name 1 to " + std::to_string(kMaxGroups) + " contact groups");
        }
        for (std::size_t i = 0; i < action.contact_group_ids.size(); ++i) {
            if (!action.contact_group_ids[i].is_nil()) continue;
            return field_error("/contact_group_ids/" + std::to_string(i), "this is no contact group's id");
        }
        return std::make_unique<const Route>(action.contact_group_ids);
    }

    template <typename OtherAction>
    Compiled operator()(const OtherAction& action) const
    {
        return compile_kind(action, rule_id);
    }
};

bool is_machine(const domain::Action& action)
{
    return std::holds_alternative<domain::ThresholdAction>(action) ||
           std::holds_alternative<domain::PauseAction>(action) || std::holds_alternative<domain::FlapAction>(action);
}

}  // namespace

bool is_plain_text(std::string_view text)
{
    return is_valid_utf8(text) && text.find('\0') == std::string_view::npos;
}

Compiled compile_action(const domain::Action& action, const std::string& rule_name, RuleId rule_id)
{
    return std::visit(Compiler{rule_name, rule_id}, action);
}

std::string texts_too_dear(const std::string& noun)
{
    return noun + ": the texts that rules put together for one alert cost more than " +
           std::to_string(Evaluation::kTextSteps) + " steps; this one is left out";
}

bool repeats_machine(const std::vector<domain::Action>& actions, std::size_t at)
{
    if (!is_machine(actions[at])) return false;
    return std::any_of(actions.begin(), actions.begin() + static_cast<std::ptrdiff_t>(at),
                       [&](const domain::Action& earlier) { return earlier.index() == actions[at].index(); });
}

}  // namespace winnow::rules
