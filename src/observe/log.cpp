#include "winnow/observe/log.hpp"

#include "observe/log_line.hpp"
#include "observe/repeats.hpp"
#include "winnow/base/time.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <exception>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

namespace winnow::observe {

namespace {

/// Written by start_log before other threads start, read by everybody after.
struct Log {
    Log() : logger("winnow", std::make_shared<spdlog::sinks::stderr_sink_mt>())
    {
        logger.set_pattern("%v");  // the line is complete: spdlog only writes it, whole
        logger.set_level(spdlog::level::info);
        logger.flush_on(spdlog::level::trace);
    }

    spdlog::logger logger;
    bool json = false;
    bool coloured = false;
    std::mutex mutex;
    Repeats repeats;  // guarded by mutex
};

Log& the_log()
{
    static Log log;
    return log;
}

spdlog::level::level_enum level_of(Level level) noexcept
{
    switch (level) {
        case Level::debug: return spdlog::level::debug;
        case Level::info: return spdlog::level::info;
        case Level::warning: return spdlog::level::warn;
        case Level::error: break;
    }
    return spdlog::level::err;
}

}  // namespace

void start_log(LogFormat format, Level least)
{
    auto& log = the_log();
    const bool terminal = ::isatty(STDERR_FILENO) == 1;
    log.json = format == LogFormat::json || (format == LogFormat::automatic && !terminal);
    log.coloured = terminal && std::getenv("NO_COLOR") == nullptr;  // NOLINT(concurrency-mt-unsafe): before threads
    log.logger.set_level(level_of(least));
}

void log(Level level, std::string_view message, std::initializer_list<Field> fields)
{
    try {
        auto& log = the_log();  // the first line makes it, and there may be no memory for that either
        const auto severity = level_of(level);
        if (!log.logger.should_log(severity)) return;
        const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
        std::span<const Field> span(fields.begin(), fields.size());
        std::vector<Field> counted;
        if (level >= Level::warning) {
            const std::lock_guard lock(log.mutex);
            const auto left_out = log.repeats.say(message, span, Repeats::Clock::now());
            if (!left_out) return;
            if (*left_out > 0) {
                counted.assign(span.begin(), span.end());
                counted.emplace_back("left_out", *left_out);
                span = counted;
            }
        }
        const auto line =
            log.json ? json_line(now, level, message, span) : text_line(now, level, message, span, log.coloured);
        log.logger.log(severity, spdlog::string_view_t(line));
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): no memory for a log line must not end a request
    }
}

}  // namespace winnow::observe
