#include "observe/log_line.hpp"

#include "winnow/base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>

namespace winnow::observe {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

void append_control(std::string& out, char byte)
{
    constexpr std::string_view kHex = "0123456789abcdef";
    const auto value = static_cast<unsigned char>(byte);
    out += "\\u00";
    out += kHex[value >> 4U];
    out += kHex[value & 0xFU];
}

/// The length of the well-formed UTF-8 sequence at the start of `text`, 0 if there is none.
std::size_t sequence_length(std::string_view text) noexcept
{
    for (std::size_t length = 1; length <= std::min<std::size_t>(4, text.size()); ++length) {
        if (is_valid_utf8(text.substr(0, length))) return length;
    }
    return 0;
}

void append_quoted(std::string& out, std::string_view text)
{
    const bool well_formed = is_valid_utf8(text);
    out += '"';
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (c == '\n') {
            out += "\\n";
        } else if (byte < 0x20 || byte == 0x7F) {
            append_control(out, c);
        } else if (byte < 0x80 || well_formed) {
            out += c;
        } else if (const auto length = sequence_length(text.substr(i)); length > 0) {
            out += text.substr(i, length);
            i += length - 1;
        } else {
            out += kReplacement;
        }
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
    if (has_control_characters(message) || message.find_first_of("\r\n") != std::string_view::npos) {
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
