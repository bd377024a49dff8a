#include "winnow/suppression/breadth.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace winnow::suppression {

namespace {

using domain::Alert;
using domain::Severity;

/// Texts of many kinds, so that a condition that all of them pass asks for nothing in particular.
constexpr std::array<const char*, 6> kWords = {"zqx-7", "Q9 k", "日本 42", "0", "~", "wvj.example\nLINE"};

/// How alerts look: what lets all of these through lets through all that there is, whatever it makes of odd texts.
struct Looks {
    const char* title;
    const char* description;
    const char* source;
    const char* service;
    const char* component;
    const char* key;
    const char* label;
    const char* integration;
};
constexpr std::array kLooks{
    Looks{"disk 93% full", "/var has 4 GB left", "db-7.example.com", "Billing", "postgres",
          "alertmanager:5f0c3a9e1d2b4c68", "env", "Prometheus of Ulm"},
    Looks{"HostDown", "no answer for 5 minutes", "10.0.3.7:9100", "checkout api", "load balancer",
          "3b1f8e0a9c7d5e2f4a6b8c0d1e3f5a7b", "instance", "nagios-2"},
    Looks{"[FIRING:1] Latency p99 over 2 s", "Half of all requests took 2.41 s", "Web-1", "web", "nginx ingress",
          "grafana:0a1b2c3d4e5f6071", "team", "Dashboards"},
    Looks{"backup failed", "tar: exit code 2", "NAS03", "Backup", "Tape 11", "e2c4a6b8d0f1e3c5a7b9d1f3e5c7a9b1", "job",
          "script of the night"},
    Looks{"Certificate of shop.example.com expires in 6 days", "Renew it by Friday.", "https://shop.example.com",
          "7-day checks", "TLS front", "check-4711:certificate", "cluster", "blackbox"},
    Looks{"Zertifikat läuft ab", "gültig bis 1.12.", "router-äußeres", "Netz", "Südwest",
          "0d9c8b7a6f5e4d3c2b1a0f9e8d7c6b5a", "rack", "Überwachung"},
};

std::string derived_key(const Looks& looks)
{
    constexpr std::string_view kHex = "0123456789abcdef";
    std::uint64_t state = 14'695'981'039'346'656'037U;
    std::string key;
    while (key.size() < 32) {
        for (const char c : std::string_view(looks.title)) {
            state = (state ^ static_cast<unsigned char>(c)) * 1'099'511'628'211U;
        }
        key += kHex[state >> 60U];
    }
    return key;
}

/// What every sender's alert has: a title, a key of its own, an integration.
Alert barest(std::string title, std::string key, std::string integration)
{
    Alert alert;
    alert.title = std::move(title);
    alert.dedup_key = std::move(key);
    alert.integration = std::move(integration);
    return alert;
}

/// The word that is `by` further on: each field has another.
std::string word(std::size_t index, std::size_t by)
{
    return kWords[(index + by) % kWords.size()];
}

std::vector<Alert> barest_words()
{
    std::vector<Alert> alerts;
    for (std::size_t i = 0; i < kWords.size(); ++i) alerts.push_back(barest(word(i, 0), word(i, 1), word(i, 2)));
    return alerts;
}

/// All of their own fields are filled in; labels and details are the sender's own business.
std::vector<Alert> fullest_words()
{
    auto alerts = barest_words();
    for (std::size_t i = 0; i < alerts.size(); ++i) {
        alerts[i].description = word(i, 3);
        alerts[i].source = word(i, 4);
        alerts[i].service = word(i, 5);
        alerts[i].component = word(i, 1);
        alerts[i].group = word(i, 2);
        alerts[i].class_name = word(i, 3);
    }
    return alerts;
}

/// Those that Winnow gave their keys.
std::vector<Alert> barest_with_derived_keys()
{
    std::vector<Alert> alerts;
    for (const auto& looks : kLooks) alerts.push_back(barest(looks.title, derived_key(looks), looks.integration));
    return alerts;
}

std::vector<Alert> barest_usual()
{
    std::vector<Alert> alerts;
    for (const auto& looks : kLooks) alerts.push_back(barest(looks.title, looks.key, looks.integration));
    return alerts;
}

std::vector<Alert> fullest_usual()
{
    auto alerts = barest_usual();
    for (std::size_t i = 0; i < alerts.size(); ++i) {
        auto& alert = alerts[i];
        alert.description = kLooks[i].description;
        alert.source = kLooks[i].source;
        alert.service = kLooks[i].service;
        alert.component = kLooks[i].component;
        alert.group = kLooks[(i + 1) % kLooks.size()].service;
        alert.class_name = kLooks[(i + 2) % kLooks.size()].title;
    }
    return alerts;
}

/// Each has a label, and none has that of another.
std::vector<Alert> labelled()
{
    auto alerts = fullest_usual();
    for (std::size_t i = 0; i < alerts.size(); ++i) alerts[i].labels.set(kLooks[i].label, kLooks[i].source);
    return alerts;
}

constexpr std::array kSeverities = {Severity::critical, Severity::info, Severity::warning, Severity::error};

/// A family, and whether its alerts say when they began.
struct Trial {
    const Scope& scope;
    Effort& effort;
    bool begun;

    std::optional<bool> finds(Alert& alert, Timestamp at) const
    {
        alert.received_at = at;
        if (begun) alert.starts_at = at;
        return scope.finds(alert, at, effort);
    }
};

Breadth breadth_when(std::optional<bool> found)
{
    return !found ? Breadth::untried : *found ? Breadth::everything : Breadth::something;
}

/// Texts and severities are tried at the first instant, the other instants with one of each: a condition that holds at
/// night only asks for something. The first miss decides.
Breadth breadth_in(std::vector<Alert> family, const Trial& trial, std::span<const Timestamp> instants)
{
    for (auto& alert : family) {
        for (const auto severity : kSeverities) {
            alert.severity = severity;
            const auto found = trial.finds(alert, instants.front());
            if (found != true) return breadth_when(found);
        }
    }
    if (!trial.scope.asks_for_the_time()) return Breadth::everything;
    for (const auto at : instants.subspan(1)) {
        const auto found = trial.finds(family.front(), at);
        if (found != true) return breadth_when(found);
    }
    return Breadth::everything;
}

/// Where in [0, range) the n-th of some uneven things lies; near ones lie far apart (the golden ratio's multiples).
std::chrono::milliseconds uneven(std::uint64_t n, std::chrono::milliseconds range)
{
    constexpr std::uint64_t kGolden = 0x9E37'79B9'7F4A'7C15U;
    const auto part = static_cast<double>((n * kGolden) >> 32U) / 4'294'967'296.0;
    return std::chrono::milliseconds(static_cast<std::int64_t>(part * static_cast<double>(range.count())));
}

constexpr std::chrono::milliseconds kHour = std::chrono::hours{1};
constexpr std::chrono::milliseconds kWeek = std::chrono::weeks{1};
constexpr std::size_t kHoursOfAWeek = 168;

/// In every hour by the clock of the week that begins then, each in another of the weeks until the end.
std::vector<Timestamp> all_hours(Timestamp from, Timestamp until)
{
    constexpr std::size_t kApart = 61;  // has no divisor in common with 168
    std::vector<Timestamp> instants{from};
    for (std::size_t i = 1; i < kHoursOfAWeek; ++i) {
        const auto hour = std::chrono::floor<std::chrono::hours>(from + kHour * static_cast<std::int64_t>(i));
        const auto first = hour + uneven(i, kHour);
        const auto weeks = (until - first - std::chrono::milliseconds{1}) / kWeek + 1;
        const auto turn = static_cast<std::int64_t>(i * kApart % kHoursOfAWeek);
        const auto week =
            weeks / static_cast<std::int64_t>(kHoursOfAWeek) * turn +
            weeks % static_cast<std::int64_t>(kHoursOfAWeek) * turn / static_cast<std::int64_t>(kHoursOfAWeek);
        instants.push_back(first + kWeek * week);
    }
    return instants;
}

}  // namespace

std::vector<Timestamp> hours_of_a_week(Timestamp from)
{
    return instants_within(from, from + kWeek, kHoursOfAWeek);
}

std::vector<Timestamp> instants_within(Timestamp from, Timestamp until, std::size_t count)
{
    const auto length = until - from;
    if (count >= kHoursOfAWeek && length >= kWeek) return all_hours(from, until);
    const auto step = length / static_cast<std::int64_t>(std::max<std::size_t>(count, 1));
    std::vector<Timestamp> instants{from};
    if (step.count() <= 0) return instants;
    // Steps of less than an hour leave no hour by the clock out.
    const auto spare = step < kHour ? std::min(step, kHour - step) : step;
    const auto phase = static_cast<std::uint64_t>(from.time_since_epoch() / std::chrono::seconds{1});
    for (std::size_t i = 1; i < count; ++i) {
        instants.push_back(from + step * static_cast<std::int64_t>(i) + uneven(phase + i, spare));
    }
    return instants;
}

const std::vector<std::vector<Alert>>& sample_families()
{
    static const std::vector<std::vector<Alert>> kFamilies{barest_words(), fullest_words(), barest_with_derived_keys(),
                                                           barest_usual(), fullest_usual(), labelled()};
    return kFamilies;
}

Breadth breadth_of(const Scope& scope, std::span<const Timestamp> instants, Effort& effort)
{
    if (instants.empty()) return Breadth::something;
    for (const auto& family : sample_families()) {
        const Trial trial{.scope = scope, .effort = effort, .begun = !family.front().source.empty()};
        const auto breadth = breadth_in(family, trial, instants);
        if (breadth != Breadth::something) return breadth;
    }
    return Breadth::something;
}

Breadth breadth_of(const Scope& scope, std::span<const Timestamp> instants)
{
    auto effort = kEffortOfOne;
    return breadth_of(scope, instants, effort);
}

}  // namespace winnow::suppression
