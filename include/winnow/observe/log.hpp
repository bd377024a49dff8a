#pragma once

/// @file
/// One log for the whole process: JSON lines, or human-readable where standard error is a terminal.
/// Never log payloads, secrets or anything of a request's body.

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace winnow::observe {

enum class Level { debug, info, warning, error };
enum class LogFormat { automatic, json, text };

/// Call once, before other threads start.
void start_log(LogFormat format, Level least);

/// A named value of a log line: `{"tenant", service_code}`, `{"rows", 12}`.
struct Field {
    std::string_view name;
    std::variant<std::string_view, std::int64_t, double, bool> value;

    Field(std::string_view n, std::string_view v) : name(n), value(v) {}
    Field(std::string_view n, const std::string& v) : name(n), value(std::string_view(v)) {}
    Field(std::string_view n, const char* v) : name(n), value(std::string_view(v)) {}
    Field(std::string_view n, std::int64_t v) : name(n), value(v) {}
    Field(std::string_view n, int v) : name(n), value(std::int64_t{v}) {}
    Field(std::string_view n, std::size_t v) : name(n), value(static_cast<std::int64_t>(v)) {}
    Field(std::string_view n, double v) : name(n), value(v) {}
    Field(std::string_view n, bool v) : name(n), value(v) {}
};

/// Thread-safe. `message` is a constant sentence; what varies goes into fields. A warning or an error that repeats,
/// with the same fields but for `request_id`, is said once, then once in 10 seconds with a field `left_out`: how many
/// were not.
void log(Level level, std::string_view message, std::initializer_list<Field> fields = {});

inline void debug(std::string_view message, std::initializer_list<Field> fields = {})
{
    log(Level::debug, message, fields);
}
inline void info(std::string_view message, std::initializer_list<Field> fields = {})
{
    log(Level::info, message, fields);
}
inline void warn(std::string_view message, std::initializer_list<Field> fields = {})
{
    log(Level::warning, message, fields);
}
inline void error(std::string_view message, std::initializer_list<Field> fields = {})
{
    log(Level::error, message, fields);
}

}  // namespace winnow::observe
