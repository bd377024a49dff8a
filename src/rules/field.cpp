#include "rules/field.hpp"

#include "winnow/base/text.hpp"
#include "winnow/domain/limits.hpp"

#include <simdjson.h>

#include <array>
#include <charconv>
#include <optional>
#include <utility>

namespace winnow::rules {

namespace {

using Member = Field::Member;
namespace json = simdjson::ondemand;

struct OwnField {
    std::string_view name;
    Member member;
};

constexpr std::array kOwnFields{
    OwnField{"title", Member::title},
    OwnField{"description", Member::description},
    OwnField{"status", Member::status},
    OwnField{"severity", Member::severity},
    OwnField{"source", Member::source},
    OwnField{"service", Member::service},
    OwnField{"component", Member::component},
    OwnField{"group", Member::group},
    OwnField{"class", Member::class_name},
    OwnField{"dedup_key", Member::dedup_key},
    OwnField{"integration", Member::integration},
    OwnField{"starts_at", Member::starts_at},
    OwnField{"ends_at", Member::ends_at},
    OwnField{"received_at", Member::received_at},
};

constexpr std::string_view kLabels = "labels.";
constexpr std::string_view kDetails = "details.";
constexpr std::size_t kMaxSteps = 32;  // nothing in an alert nests deeper

Error unknown_field(std::string_view text)
{
    std::vector<std::string_view> names{"labels.", "details."};
    for (const auto& own : kOwnFields) names.push_back(own.name);
    const auto near = nearest(text.substr(0, 64), names);  // the distance is quadratic
    auto detail = "unknown field \"" + std::string(truncate_utf8(text, 100)) + "\": ";
    if (near == kLabels || near == kDetails) {
        detail += "write " + near + (near == kLabels ? "NAME" : "PATH");
    } else if (!near.empty()) {
        detail += "did you mean \"" + near + "\"?";
    } else {
        detail += "use one of an alert's own fields, labels.NAME or details.PATH";
    }
    return {ErrorCode::invalid_argument, std::move(detail)};
}

Result<Field> parse_label(std::string_view text)
{
    Field field{Member::label, std::string(text), std::string(text.substr(kLabels.size())), {}};
    if (field.label.empty() || count_code_points(field.label) > domain::AlertLimits{}.max_label_name_chars) {
        return Error(ErrorCode::invalid_argument, "a label's name has 1 to 255 characters: labels.NAME");
    }
    return field;
}

Result<Field> parse_detail(std::string_view text)
{
    Field field{Member::detail, std::string(text), {}, {}};
    auto rest = text.substr(kDetails.size());
    for (;;) {
        const auto dot = rest.find('.');
        field.steps.emplace_back(rest.substr(0, dot));
        if (field.steps.back().empty() || field.steps.size() > kMaxSteps) {
            return Error(ErrorCode::invalid_argument,
                         "a path into the details is 1 to 32 names joined by single dots: details.host.rack");
        }
        if (dot == std::string_view::npos) return field;
        rest.remove_prefix(dot + 1);
    }
}

ValueKind append_own(const std::string& value, std::string& out)
{
    out += value;
    return value.empty() ? ValueKind::missing : ValueKind::string;
}

ValueKind append_word(std::string_view word, std::string& out)
{
    out += word;
    return ValueKind::string;
}

ValueKind append_time(const std::optional<Timestamp>& time, std::string& out)
{
    if (!time) return ValueKind::missing;
    return append_word(format_rfc3339(*time), out);
}

simdjson::simdjson_result<json::value> step_into(json::value value, const std::string& step)
{
    json::json_type type{};
    if (const auto error = value.type().get(type); error != simdjson::SUCCESS) return error;
    if (type == json::json_type::object) return value.find_field_unordered(step);
    if (type != json::json_type::array) return simdjson::INCORRECT_TYPE;
    std::size_t index = 0;
    const auto* end = step.data() + step.size();
    const auto [last, ec] = std::from_chars(step.data(), end, index);
    if (ec != std::errc() || last != end) return simdjson::INCORRECT_TYPE;
    json::array array;
    if (const auto error = value.get_array().get(array); error != simdjson::SUCCESS) return error;
    return array.at(index);
}

// The token of a scalar runs up to the next one.
std::string_view without_trailing_space(std::string_view token)
{
    while (!token.empty() &&
           (token.back() == ' ' || token.back() == '\n' || token.back() == '\t' || token.back() == '\r')) {
        token.remove_suffix(1);
    }
    return token;
}

ValueKind append_json(json::value value, std::string& out)
{
    json::json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS) return ValueKind::missing;
    std::string_view text;
    switch (type) {
        case json::json_type::string:
            if (value.get_string().get(text) != simdjson::SUCCESS) return ValueKind::missing;
            out += text;
            return ValueKind::string;
        case json::json_type::number: out += without_trailing_space(value.raw_json_token()); return ValueKind::number;
        case json::json_type::boolean: out += without_trailing_space(value.raw_json_token()); return ValueKind::boolean;
        case json::json_type::null: return ValueKind::null;
        case json::json_type::object:
        case json::json_type::array:
            if (simdjson::to_json_string(value).get(text) != simdjson::SUCCESS) return ValueKind::missing;
            out += text;
            return ValueKind::json;
    }
    return ValueKind::missing;
}

ValueKind append_detail(const std::vector<std::string>& steps, const std::string& details, std::string& out)
{
    if (details.size() <= 2) return ValueKind::missing;  // `{}`, which is most alerts
    json::parser parser;
    const simdjson::padded_string text(details);
    json::document document;
    if (parser.iterate(text).get(document) != simdjson::SUCCESS) return ValueKind::missing;
    json::value value;
    if (document.get_value().get(value) != simdjson::SUCCESS) return ValueKind::missing;
    for (const auto& step : steps) {
        json::value inner;
        if (step_into(value, step).get(inner) != simdjson::SUCCESS) return ValueKind::missing;
        value = inner;
    }
    return append_json(value, out);
}

}  // namespace

Result<Field> parse_field(std::string_view text)
{
    if (text.starts_with(kLabels)) return parse_label(text);
    if (text.starts_with(kDetails)) return parse_detail(text);
    for (const auto& own : kOwnFields) {
        if (text == own.name) return Field{own.member, std::string(text), {}, {}};
    }
    return unknown_field(text);
}

ValueKind append_value(const Field& field, const domain::Alert& alert, std::string& out)
{
    switch (field.member) {
        case Member::title: return append_own(alert.title, out);
        case Member::description: return append_own(alert.description, out);
        case Member::status: return append_word(to_string(alert.status), out);
        case Member::severity: return append_word(to_string(alert.severity), out);
        case Member::source: return append_own(alert.source, out);
        case Member::service: return append_own(alert.service, out);
        case Member::component: return append_own(alert.component, out);
        case Member::group: return append_own(alert.group, out);
        case Member::class_name: return append_own(alert.class_name, out);
        case Member::dedup_key: return append_own(alert.dedup_key, out);
        case Member::integration: return append_own(alert.integration, out);
        case Member::starts_at: return append_time(alert.starts_at, out);
        case Member::ends_at: return append_time(alert.ends_at, out);
        case Member::received_at: return append_time(alert.received_at, out);
        case Member::label: {
            const auto* value = alert.labels.find(field.label);
            return value == nullptr ? ValueKind::missing : append_own(*value, out);
        }
        case Member::detail: return append_detail(field.steps, alert.details, out);
    }
    return ValueKind::missing;
}

std::size_t bytes_touched(const Field& field, const domain::Alert& alert)
{
    constexpr std::size_t kWord = 32;  // a time, a status
    switch (field.member) {
        case Member::title: return alert.title.size();
        case Member::description: return alert.description.size();
        case Member::source: return alert.source.size();
        case Member::service: return alert.service.size();
        case Member::component: return alert.component.size();
        case Member::group: return alert.group.size();
        case Member::class_name: return alert.class_name.size();
        case Member::dedup_key: return alert.dedup_key.size();
        case Member::integration: return alert.integration.size();
        case Member::label: {
            const auto* value = alert.labels.find(field.label);
            return value == nullptr ? 0 : value->size();
        }
        case Member::detail: return alert.details.size();
        default: return kWord;
    }
}

bool pay(std::size_t& steps, std::size_t price) noexcept
{
    const bool allowed = price <= steps;
    steps = allowed ? steps - price : 0;
    return allowed;
}

void truncate_chars(std::string& text, std::size_t max_chars)
{
    if (text.size() <= max_chars) return;
    std::size_t chars = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const bool starts = (static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80U;
        if (starts && ++chars > max_chars) {
            text.resize(at);
            return;
        }
    }
}

}  // namespace winnow::rules
