#include "winnow/domain/severity.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace winnow::domain {

namespace {

using Word = std::pair<std::string_view, Severity>;

// Words of syslog, Nagios, Zabbix, Alerta, Opsgenie, OpenTelemetry and common house styles.
constexpr std::array kSenderWords{
    Word{"alert", Severity::critical},
    Word{"average", Severity::warning},
    Word{"blocker", Severity::critical},
    Word{"crit", Severity::critical},
    Word{"critical", Severity::critical},
    Word{"debug", Severity::info},
    Word{"disaster", Severity::critical},
    Word{"down", Severity::critical},
    Word{"emerg", Severity::critical},
    Word{"emergency", Severity::critical},
    Word{"err", Severity::error},
    Word{"error", Severity::error},
    Word{"fatal", Severity::critical},
    Word{"high", Severity::error},
    Word{"indeterminate", Severity::warning},
    Word{"info", Severity::info},
    Word{"information", Severity::info},
    Word{"informational", Severity::info},
    Word{"low", Severity::info},
    Word{"major", Severity::error},
    Word{"medium", Severity::warning},
    Word{"minor", Severity::warning},
    Word{"moderate", Severity::warning},
    Word{"none", Severity::info},
    Word{"normal", Severity::info},
    Word{"notice", Severity::info},
    Word{"ok", Severity::info},
    Word{"p1", Severity::critical},
    Word{"p2", Severity::error},
    Word{"p3", Severity::warning},
    Word{"p4", Severity::info},
    Word{"p5", Severity::info},
    Word{"page", Severity::critical},
    Word{"panic", Severity::critical},
    Word{"sev1", Severity::critical},
    Word{"sev2", Severity::error},
    Word{"sev3", Severity::warning},
    Word{"sev4", Severity::info},
    Word{"severe", Severity::critical},
    Word{"trace", Severity::info},
    Word{"unknown", Severity::warning},
    Word{"urgent", Severity::critical},
    Word{"warn", Severity::warning},
    Word{"warning", Severity::warning},
};
static_assert(std::ranges::is_sorted(kSenderWords, {}, &Word::first));

}  // namespace

std::string_view to_string(Severity severity) noexcept
{
    switch (severity) {
        case Severity::info: return "info";
        case Severity::warning: return "warning";
        case Severity::error: return "error";
        case Severity::critical: return "critical";
    }
    return "warning";
}

std::optional<Severity> parse_severity(std::string_view word) noexcept
{
    for (const auto severity : {Severity::info, Severity::warning, Severity::error, Severity::critical}) {
        if (word == to_string(severity)) return severity;
    }
    return std::nullopt;
}

std::optional<Severity> severity_from_sender(std::string_view word)
{
    std::string lower(word);
    std::ranges::transform(lower, lower.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    const auto found = std::ranges::lower_bound(kSenderWords, std::string_view(lower), {}, &Word::first);
    if (found == kSenderWords.end() || found->first != lower) return std::nullopt;
    return found->second;
}

}  // namespace winnow::domain
