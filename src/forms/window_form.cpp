#include "winnow/forms/window_form.hpp"

#include "winnow/suppression/recurrence.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cstddef>
#include <utility>

namespace winnow::forms {

namespace {

using nlohmann::json;
using Window = domain::MaintenanceWindow;

constexpr std::size_t kMaxExceptions = 500;

void read_name(FieldReader& fields, WindowInput& input)
{
    input.window.name = fields.text("name", {1, 200}, Need::required).value_or("");
}

void read_comment(FieldReader& fields, WindowInput& input)
{
    input.window.comment = fields.text("comment", {0, 1'000}).value_or("");
}

void read_enabled(FieldReader& fields, WindowInput& input)
{
    input.window.enabled = fields.boolean("enabled").value_or(true);
}

void read_starts_at(FieldReader& fields, WindowInput& input)
{
    const auto at = fields.timestamp("starts_at", Need::required);
    input.window.starts_at = at.value_or(input.window.starts_at);
    input.has_times = input.has_times && at.has_value();
}

void read_duration(FieldReader& fields, WindowInput& input)
{
    const auto duration =
        fields.duration("duration", suppression::kShortestWindow, suppression::kLongestWindow, Need::required);
    input.window.duration = duration.value_or(input.window.duration);
    input.has_times = input.has_times && duration.has_value();
}

void read_time_zone(FieldReader& fields, WindowInput& input)
{
    input.window.time_zone = fields.text("time_zone", {1, 64}).value_or("UTC");
}

void read_rrule(FieldReader& fields, WindowInput& input)
{
    input.window.rrule = fields.text("rrule", {1, 512}).value_or("");
}

void read_exceptions(FieldReader& fields, WindowInput& input)
{
    input.window.exceptions = fields.texts("exceptions", {1, 64}, kMaxExceptions).value_or(std::vector<std::string>());
}

constexpr std::array kFields{
    WindowField{.name = "name", .column = "name", .member = &Window::name, .read = read_name},
    WindowField{
        .name = "comment", .column = "comment", .member = &Window::comment, .read = read_comment, .usually = R"("")"},
    WindowField{
        .name = "enabled", .column = "enabled", .member = &Window::enabled, .read = read_enabled, .usually = "true"},
    WindowField{.name = "starts_at", .column = "starts_at", .member = &Window::starts_at, .read = read_starts_at},
    WindowField{.name = "duration", .column = "duration_ms", .member = &Window::duration, .read = read_duration},
    WindowField{.name = "time_zone",
                .column = "time_zone",
                .member = &Window::time_zone,
                .read = read_time_zone,
                .usually = R"("UTC")"},
    WindowField{
        .name = "rrule", .column = "rrule", .member = &Window::rrule, .read = read_rrule, .null_if_empty = true},
    WindowField{.name = "exceptions",
                .column = "exceptions",
                .member = &Window::exceptions,
                .read = read_exceptions,
                .usually = "[]"},
    WindowField{.name = "id", .column = "maintenance_window_id", .member = &Window::id},
    WindowField{.name = "version", .column = "version", .member = &Window::version},
    WindowField{.name = "updated_at", .column = "updated_at", .member = &Window::updated_at},
    WindowField{.name = "updated_by", .column = "updated_by", .member = &Window::updated_by},
};

json shown(MaintenanceWindowId id)
{
    return id.str();
}

json shown(Timestamp at)
{
    return format_rfc3339(at);
}

json shown(std::chrono::milliseconds duration)
{
    return format_iso8601_duration(duration);
}

/// Texts, numbers, flags and lists of texts.
template <typename Plain>
json shown(const Plain& value)
{
    return value;
}

}  // namespace

std::span<const WindowField> window_fields() noexcept
{
    return kFields;
}

json window_json(const Window& window)
{
    auto document = json::object();
    for (const auto& field : kFields) {
        auto value = std::visit([&](auto at) { return shown(window.*at); }, field.member);
        if (field.null_if_empty && value == "") value = nullptr;
        document[std::string(field.name)] = std::move(value);
    }
    return document;
}

WindowInput read_window(FieldReader& fields)
{
    WindowInput input;
    for (const auto& field : kFields) {
        if (field.read != nullptr) {
            field.read(fields, input);
        } else {
            fields.read_only({field.name});
        }
    }
    return input;
}

}  // namespace winnow::forms
