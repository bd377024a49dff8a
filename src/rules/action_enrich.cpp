/// @file
/// Actions that add to an alert or its ticket: extract, group_key, priority, tag, note.

#include "rules/action_key.hpp"
#include "rules/action_kinds.hpp"
#include "winnow/base/text.hpp"
#include "winnow/domain/limits.hpp"
#include "winnow/expr/pattern.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <variant>

namespace winnow::rules {

namespace {

constexpr domain::AlertLimits kLimits;
constexpr std::size_t kMaxPatternBytes = 1'024;
constexpr std::size_t kMaxNames = 16;
constexpr std::size_t kMaxSearchedBytes = 65'536;
constexpr std::size_t kMaxPriorityChars = 64;
constexpr std::size_t kMaxNoteBytes = 4'096;

bool is_label_name(const std::string& name)
{
    return !name.empty() && is_valid_utf8(name) && !has_control_characters(name) &&
           count_code_points(name) <= kLimits.max_label_name_chars;
}

class Extract final : public CompiledAction {
public:
    Extract(Field field, std::shared_ptr<const re2::RE2> pattern)
        : field_(std::move(field)), pattern_(std::move(pattern))
    {
    }

    std::string apply(domain::Alert& alert, Evaluation& evaluation) const override
    {
        if (!pay(evaluation.text_steps, 1 + bytes_touched(field_, alert) / kReadAStep)) return too_dear();
        std::string text;
        append_value(field_, alert, text);
        if (text.size() > kMaxSearchedBytes) text.resize(kMaxSearchedBytes);
        std::vector<re2::StringPiece> found(static_cast<std::size_t>(pattern_->NumberOfCapturingGroups()) + 1);
        expr::Budget budget{.steps = evaluation.text_steps};
        const auto is_there = expr::finds(*pattern_, text, found, budget);
        evaluation.text_steps = budget.steps;
        evaluation.text_overrun += budget.beside;
        if (!is_there) return too_dear();
        if (!*is_there) return {};
        std::string problem;
        for (const auto& [name, group] : pattern_->NamedCapturingGroups()) {
            const auto& value = found[static_cast<std::size_t>(group)];
            if (value.empty()) continue;
            auto why = set_label(alert, name, std::string(value.data(), value.size()));
            if (!why.empty()) problem = "extract " + why;
        }
        return problem;
    }

private:
    static constexpr std::size_t kReadAStep = 64;  // bytes

    [[nodiscard]] std::string too_dear() const { return texts_too_dear("extract from " + field_.text); }

    Field field_;
    std::shared_ptr<const re2::RE2> pattern_;
};

class SetGroup final : public CompiledAction {
public:
    explicit SetGroup(KeySource key) : key_(std::move(key)) {}

    std::string apply(domain::Alert& alert, Evaluation& evaluation) const override
    {
        auto group = key_.of(alert, kLimits.max_field_chars, evaluation.text_steps);
        if (!group) return texts_too_dear("group_key");
        if (group->empty()) return "group_key: the template gives an empty text, so the group stays as it was";
        alert.group = *std::move(group);
        return {};
    }

private:
    KeySource key_;
};

class SetPriority final : public CompiledAction {
public:
    explicit SetPriority(std::string priority) : priority_(std::move(priority)) {}

    std::string apply(domain::Alert& /*alert*/, Evaluation& evaluation) const override
    {
        evaluation.priority = priority_;
        return {};
    }

private:
    std::string priority_;
};

class Tag final : public CompiledAction {
public:
    explicit Tag(std::string tag) : tag_(std::move(tag)) {}

    std::string apply(domain::Alert& alert, Evaluation& /*evaluation*/) const override
    {
        auto why = set_label(alert, tag_, "true");
        return why.empty() ? why : "tag " + why;
    }

private:
    std::string tag_;
};

class AddNote final : public CompiledAction {
public:
    AddNote(Template note, RuleId rule_id) : note_(std::move(note)), rule_id_(rule_id) {}

    std::string apply(domain::Alert& alert, Evaluation& evaluation) const override
    {
        if (evaluation.notes.size() >= NoteLimits::kNotes) {
            return "note: rules gave the alert " + std::to_string(NoteLimits::kNotes) + " notes already, the limit";
        }
        std::size_t of_rule = 0;
        for (const auto& note : evaluation.notes) of_rule += note.rule_id == rule_id_ ? note.text.size() : 0;
        const auto of_alert = evaluation.note_bytes;
        const auto room =
            std::min({NoteLimits::kBytes, NoteLimits::kBytesOfRule - of_rule, NoteLimits::kBytesOfAlert - of_alert});
        if (room == 0) {
            const bool rule_is_full = of_rule == NoteLimits::kBytesOfRule;
            return std::string("note: the notes of ") + (rule_is_full ? "this rule" : "all rules") + " have " +
                   std::to_string(rule_is_full ? of_rule : of_alert) + " bytes already, the limit";
        }
        auto text = note_.render(alert, room, evaluation.text_steps);
        if (!text) return texts_too_dear("note");
        if (text->empty()) return "note: the template gives an empty text";
        evaluation.note_bytes += text->size();
        evaluation.notes.push_back({rule_id_, *std::move(text)});
        return {};
    }

private:
    Template note_;
    RuleId rule_id_;
};

Result<std::shared_ptr<const re2::RE2>> compile_pattern(const std::string& pattern)
{
    if (pattern.empty() || pattern.size() > kMaxPatternBytes) {
        return field_error("/pattern", "a pattern has 1 to " + std::to_string(kMaxPatternBytes) + " bytes");
    }
    if (!is_plain_text(pattern)) return field_error("/pattern", "a pattern is text without U+0000");
    auto compiled = expr::compile_pattern(pattern, expr::Dot::no_line_feed);
    if (!compiled) {
        const auto* hint = pattern.find("(?<") == std::string::npos ? "" : "; a named group is written (?P<name>…)";
        return field_error("/pattern", "not a regular expression (RE2): " + compiled.error().message() + hint);
    }
    const auto& names = (*compiled)->NamedCapturingGroups();
    if (names.empty() || names.size() > kMaxNames) {
        return field_error("/pattern", "a pattern has 1 to " + std::to_string(kMaxNames) +
                                           " named groups, such as (?P<host>[a-z]+): each gives a label");
    }
    return compiled;
}

}  // namespace

std::optional<FieldError> too_large(const domain::Action& action)
{
    const auto* extract = std::get_if<domain::ExtractAction>(&action);
    if (extract == nullptr) return std::nullopt;
    const auto pattern = compile_pattern(extract->pattern);
    if (!pattern) return std::nullopt;
    auto why = expr::too_large(**pattern);
    if (!why) return std::nullopt;
    return FieldError{.pointer = "/pattern", .detail = *std::move(why)};
}

std::string set_label(domain::Alert& alert, const std::string& name, std::string value)
{
    truncate_chars(value, kLimits.max_label_value_chars);
    const bool adds = !value.empty() && alert.labels.find(name) == nullptr;
    if (adds && alert.labels.size() >= kLimits.max_labels) {
        return "labels." + name + ": the alert has " + std::to_string(kLimits.max_labels) +
               " labels already, which is the limit";
    }
    alert.labels.set(name, std::move(value));
    return {};
}

Compiled compile_kind(const domain::ExtractAction& action, RuleId /*rule_id*/)
{
    if (!is_plain_text(action.field)) return field_error("/field", "a field's name is text without U+0000");
    auto field = parse_field(action.field);
    if (!field) return field_error("/field", field.error().message());
    auto pattern = compile_pattern(action.pattern);
    if (!pattern) return pattern.error();
    return std::make_unique<const Extract>(std::move(*field), std::move(*pattern));
}

Compiled compile_kind(const domain::GroupKeyAction& action, RuleId /*rule_id*/)
{
    auto key = KeySource::compile(action.fields, action.key_template, "group key");
    if (!key) return key.error();
    return std::make_unique<const SetGroup>(std::move(*key));
}

Compiled compile_kind(const domain::PriorityAction& action, RuleId /*rule_id*/)
{
    const auto& priority = action.priority;
    if (!is_plain_text(priority) || has_control_characters(priority) || priority.empty() ||
        count_code_points(priority) > kMaxPriorityChars) {
        return field_error("/priority", "a priority has 1 to " + std::to_string(kMaxPriorityChars) + " characters");
    }
    return std::make_unique<const SetPriority>(priority);
}

Compiled compile_kind(const domain::TagAction& action, RuleId /*rule_id*/)
{
    if (!is_label_name(action.tag)) {
        return field_error("/tag", "a tag has 1 to " + std::to_string(kLimits.max_label_name_chars) +
                                       " characters and no control characters");
    }
    return std::make_unique<const Tag>(action.tag);
}

Compiled compile_kind(const domain::NoteAction& action, RuleId rule_id)
{
    if (action.note.empty() || action.note.size() > kMaxNoteBytes || !is_plain_text(action.note)) {
        return field_error("/note", "a note has 1 to " + std::to_string(kMaxNoteBytes) + " bytes of text");
    }
    auto note = Template::parse(action.note);
    if (!note) return field_error("/note", note.error().message());
    return std::make_unique<const AddNote>(std::move(*note), rule_id);
}

}  // namespace winnow::rules
