#include "observe/log_line.hpp"

#include "winnow/base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>

namespace winnow::observe {

namespace {

void append_quoted(std::string& out, std::string_view text)
{
    out += '"';
    while (!text.empty()) {
        const auto [point, bytes] = first_code_point(text);
        if (point == U'"' || point == U'\\') {
            out += '\\';
            out += text.front();
        } else if (point == U'\n') {
            out += "\\n";
        } else if (is_hidden(point)) {  // what it is stays readable, and nothing obeys it
            append_json_escape(out, point);
        } else if (point == U'\uFFFD') {
            out += "\uFFFD";
        } else {
            out += text.substr(0, bytes);
        }
        text.remove_prefix(bytes);
    }
    out += '"';
}

template <typename Number>
void append_number(std::string& out, Number value)
{
    std::array<char, 32> digits{};
    const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
    out.append(digits.data(), end);
}

bool is_plain_word(std::string_view text) noexcept
{
    return !text.empty() &&
           std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7F && c != '"' && c != '=' && c != '\\'; });
}

/// Visits a field's value and writes it; `bare_words` leaves simple text unquoted.
struct ValueWriter {
    std::string& out;
    bool bare_words;

    void operator()(std::string_view text) const
    {
        if (bare_words && is_plain_word(text)) {
            out += text;
        } else {
            append_quoted(out, text);
        }
    }
    void operator()(std::int64_t number) const { append_number(out, number); }
    void operator()(double number) const
    {
        if (std::isfinite(number)) {
            append_number(out, number);
        } else {
            out += "null";
        }
    }
    void operator()(bool flag) const { out += flag ? "true" : "false"; }
};

struct LevelStyle {
    std::string_view label;
    std::string_view colour;
};

LevelStyle style_of(Level level) noexcept
{
    switch (level) {
        case Level::debug: return {.label = "DEBUG", .colour = "\x1B[2m"};
        case Level::info: return {.label = "INFO ", .colour = "\x1B[32m"};
        case Level::warning: return {.label = "WARN ", .colour = "\x1B[33m"};
        case Level::error: return {.label = "ERROR", .colour = "\x1B[31m"};
    }
    return {.label = "?", .colour = ""};
}

}  // namespace

std::string_view to_string(Level level) noexcept
{
    switch (level) {
        case Level::debug: return "debug";
        case Level::info: return "info";
        case Level::warning: return "warning";
        case Level::error: return "error";
    }
    return "unknown";
}

std::string json_line(Timestamp instant, Level level, std::string_view message, std::span<const Field> fields)
{
    std::string line;
    line.reserve(80 + message.size() + fields.size() * 32);
    line += R"({"time":")";
    line += format_rfc3339(instant);
    line += R"(","level":")";
    line += to_string(level);
    line += R"(","message":)";
    append_quoted(line, message);
    for (const auto& field : fields) {
        line += ',';
        append_quoted(line, field.name);
        line += ':';
        std::visit(ValueWriter{.out = line, .bare_words = false}, field.value);
    }
    line += '}';
    return line;
}

std::string text_line(Timestamp instant, Level level, std::string_view message, std::span<const Field> fields,
                      bool coloured)
{
    const auto style = style_of(level);
    std::string line = format_rfc3339(instant);
    line += ' ';
    if (coloured) line += style.colour;
    line += style.label;
    if (coloured) line += "\x1B[0m";
    line += ' ';
    // The sentence is ours, but nothing stops a caller from passing text of somebody else's.
    if (has_hidden(message)) {
        append_quoted(line, message);
    } else {
        line += message;
    }
    if (!fields.empty()) line += ' ';
    for (const auto& field : fields) {
        line += ' ';
        if (coloured) line += "\x1B[36m";
        line += field.name;
        line += '=';
        if (coloured) line += "\x1B[0m";
        std::visit(ValueWriter{.out = line, .bare_words = true}, field.value);
    }
    return line;
}

}  // namespace winnow::observe
