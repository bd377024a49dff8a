#include "rules/action_key.hpp"

#include "rules/action_kinds.hpp"
#include "rules/identity.hpp"

#include <utility>

namespace winnow::rules {

namespace {

constexpr std::size_t kMaxKeyFields = 16;
constexpr std::size_t kDigestedAStep = 16;  // bytes that a digest takes in

std::string no_status(const std::string& noun)
{
    return "\"status\" cannot be part of a " + noun + ": the alert that resolves would never meet its ticket";
}

}  // namespace

Result<KeySource> KeySource::compile(const std::vector<std::string>& fields, const std::string& key_template,
                                     const std::string& noun)
{
    if (fields.empty() == key_template.empty()) {
        return field_error("", R"(give either "fields" or "template", and not both)");
    }
    KeySource source;
    if (fields.empty()) {
        if (!is_plain_text(key_template)) return field_error("/template", "the template must be text without U+0000");
        auto compiled = Template::parse(key_template);
        if (!compiled) return field_error("/template", compiled.error().message());
        if (compiled->uses(Field::Member::status)) return field_error("/template", no_status(noun));
        source.template_ = std::move(*compiled);
        return source;
    }
    if (fields.size() > kMaxKeyFields) {
        return field_error("/fields", "a " + noun + " is made of at most " + std::to_string(kMaxKeyFields) + " fields");
    }
    for (const auto& name : fields) {
        const auto pointer = "/fields/" + std::to_string(source.fields_.size());
        if (!is_plain_text(name)) return field_error(pointer, "a field's name is text without U+0000");
        auto field = parse_field(name);
        if (!field) return field_error(pointer, field.error().message());
        if (field->member == Field::Member::status) return field_error(pointer, no_status(noun));
        source.fields_.push_back(std::move(*field));
    }
    return source;
}

std::optional<std::string> KeySource::of(const domain::Alert& alert, std::size_t max_chars, std::size_t& steps) const
{
    constexpr std::size_t kMaxKeyBytes = 65'536;
    if (template_) {
        auto text = template_->render(alert, kMaxKeyBytes, steps);
        if (!text || !pay(steps, text->size() / kDigestedAStep)) return std::nullopt;
        return bounded_key(*std::move(text), max_chars);
    }
    for (const auto& field : fields_) {
        if (!pay(steps, 1 + bytes_touched(field, alert) / kDigestedAStep)) return std::nullopt;
    }
    return bounded_key(identity_of(fields_, alert), max_chars);
}

}  // namespace winnow::rules
