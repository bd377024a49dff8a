#include "cli/tenants/key_words.hpp"

#include "winnow/base/time.hpp"
#include "winnow/base/time_range.hpp"
#include "winnow/cli/syntax.hpp"

#include <nlohmann/json.hpp>

#include <chrono>

namespace winnow::cli {

std::string end_after(const std::string& duration)
{
    const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    const auto length = parse_iso8601_duration(duration).value();
    if (now > kLatestTime - length) throw WrongUsage("--for: the end must be a time " + std::string(kTimeRange));
    return format_rfc3339(now + length);
}

std::string listed(const nlohmann::json& limits, const std::string& all)
{
    if (limits.is_null()) return all;
    std::string words;
    for (const auto& limit : limits) words += (words.empty() ? "" : ", ") + limit.get<std::string>();
    return words;
}

std::string text_or(const nlohmann::json& text, const std::string& none)
{
    return text.is_null() ? none : text.get<std::string>();
}

}  // namespace winnow::cli
