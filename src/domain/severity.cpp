#include "winnow/domain/severity.hpp"

#include "domain/sender_word.hpp"
#include "winnow/domain/words.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace winnow::domain {

namespace {

using Word = SeverityWord;

// Words of syslog, Nagios, Zabbix, Alerta, Opsgenie, OpenTelemetry and common house styles.
constexpr std::array kSenderWords{
    Word{"alert", Severity::critical},
    Word{"amber", Severity::warning},
    Word{"attention", Severity::warning},
    Word{"average", Severity::warning},
    Word{"blocker", Severity::critical},
    Word{"catastrophic", Severity::critical},
    Word{"caution", Severity::warning},
    Word{"clear", Severity::info},
    Word{"cleared", Severity::info},
    Word{"cosmetic", Severity::info},
    Word{"crit", Severity::critical},
    Word{"critical", Severity::critical},
    Word{"debug", Severity::info},
    Word{"degraded", Severity::warning},
    Word{"disaster", Severity::critical},
    Word{"down", Severity::critical},
    Word{"emerg", Severity::critical},
    Word{"emergency", Severity::critical},
    Word{"err", Severity::error},
    Word{"error", Severity::error},
    Word{"failure", Severity::error},
    Word{"fatal", Severity::critical},
    Word{"fine", Severity::info},
    Word{"good", Severity::info},
    Word{"green", Severity::info},
    Word{"healthy", Severity::info},
    Word{"high", Severity::error},
    Word{"highest", Severity::critical},
    Word{"immediate", Severity::critical},
    Word{"indeterminate", Severity::warning},
    Word{"info", Severity::info},
    Word{"information", Severity::info},
    Word{"informational", Severity::info},
    Word{"low", Severity::info},
    Word{"lowest", Severity::info},
    Word{"major", Severity::error},
    Word{"medium", Severity::warning},
    Word{"minor", Severity::warning},
    Word{"moderate", Severity::warning},
    Word{"none", Severity::info},
    Word{"normal", Severity::info},
    Word{"notice", Severity::info},
    Word{"ok", Severity::info},
    Word{"okay", Severity::info},
    Word{"operational", Severity::info},
    Word{"orange", Severity::error},
    Word{"p0", Severity::critical},
    Word{"p1", Severity::critical},
    Word{"p2", Severity::error},
    Word{"p3", Severity::warning},
    Word{"p4", Severity::info},
    Word{"p5", Severity::info},
    Word{"page", Severity::critical},
    Word{"panic", Severity::critical},
    Word{"recovered", Severity::info},
    Word{"red", Severity::critical},
    Word{"resolved", Severity::info},
    Word{"s1", Severity::critical},
    Word{"s2", Severity::error},
    Word{"s3", Severity::warning},
    Word{"s4", Severity::info},
    Word{"sev0", Severity::critical},
    Word{"sev1", Severity::critical},
    Word{"sev2", Severity::error},
    Word{"sev3", Severity::warning},
    Word{"sev4", Severity::info},
    Word{"sev5", Severity::info},
    Word{"severe", Severity::critical},
    Word{"success", Severity::info},
    Word{"ticket", Severity::warning},
    Word{"trace", Severity::info},
    Word{"trivial", Severity::info},
    Word{"unhealthy", Severity::error},
    Word{"unknown", Severity::warning},
    Word{"up", Severity::info},
    Word{"urgent", Severity::critical},
    Word{"verbose", Severity::info},
    Word{"warn", Severity::warning},
    Word{"warning", Severity::warning},
    Word{"yellow", Severity::warning},
};
static_assert(std::ranges::is_sorted(kSenderWords, BareLess(), &Word::first));

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

std::span<const Severity> severities() noexcept
{
    static constexpr std::array kSeverities{Severity::critical, Severity::error, Severity::warning, Severity::info};
    return kSeverities;
}

std::optional<Severity> parse_severity(std::string_view word) noexcept
{
    for (const auto severity : severities()) {
        if (word == to_string(severity)) return severity;
    }
    return std::nullopt;
}

std::span<const SeverityWord> severity_words() noexcept
{
    return kSenderWords;
}

std::optional<Severity> severity_from_sender(std::string_view word)
{
    if (const auto own = parse_severity(word)) return own;  // most say it in our words
    const auto found = find_word(kSenderWords, bare_word(word));
    if (found == kSenderWords.end()) return std::nullopt;
    return found->second;
}

}  // namespace winnow::domain
