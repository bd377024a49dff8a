#include "winnow/suppression/breadth.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <string>

namespace winnow::suppression {

namespace {

using domain::Alert;
using domain::Severity;

/// Texts of many kinds, so that a condition that all of them pass asks for nothing in particular.
constexpr std::array<const char*, 6> kWords = {"zqx-7", "Q9 k", "日本 42", "0", "~", "wvj.example\nLINE"};

/// How alerts look: what lets all of these through lets through all that there is, whatever it makes of odd texts.
struct Looks {
    const char* title;
    const char* source;
    const char* service;
    const char* key;
    const char* label;
};
constexpr std::array kLooks{
    Looks{"disk 93% full", "db-7.example.com", "Billing", "alertmanager:5f0c3a9e1d2b4c68", "env"},
    Looks{"HostDown", "10.0.3.7:9100", "checkout api", "3b1f8e0a9c7d5e2f4a6b8c0d1e3f5a7b", "instance"},
    Looks{"[FIRING:1] Latency p99 over 2 s", "Web-1", "web", "grafana:0a1b2c3d4e5f6071", "team"},
    Looks{"backup failed", "NAS03", "Backup", "e2c4a6b8d0f1e3c5a7b9d1f3e5c7a9b1", "job"},
    Looks{"Certificate of shop.example.com expires in 6 days", "https://shop.example.com", "7-day checks",
          "check-4711:certificate", "cluster"},
    Looks{"Zertifikat läuft ab", "router-äußeres", "Netz", "0d9c8b7a6f5e4d3c2b1a0f9e8d7c6b5a", "rack"},
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
Alert barest(const char* title, std::string key, std::string integration)
{
    Alert alert;
    alert.title = title;
    alert.dedup_key = std::move(key);
    alert.integration = std::move(integration);
    return alert;
}

std::vector<Alert> barest_words()
{
    std::vector<Alert> alerts;
    for (const std::string word : kWords) alerts.push_back(barest(word.c_str(), "k-" + word, "i-" + word));
    return alerts;
}

/// All of their own fields are filled in; labels and details are the sender's own business.
std::vector<Alert> fullest_words()
{
    auto alerts = barest_words();
    for (auto& alert : alerts) {
        const auto word = alert.title;
        alert.description = word + " d";
        alert.source = word;
        alert.service = "s " + word;
        alert.component = word + " c";
        alert.group = "g " + word;
        alert.class_name = word + " x";
    }
    return alerts;
}

/// Those that Winnow gave their keys.
std::vector<Alert> barest_with_derived_keys()
{
    std::vector<Alert> alerts;
    for (const auto& looks : kLooks) alerts.push_back(barest(looks.title, derived_key(looks), "monitoring"));
    return alerts;
}

std::vector<Alert> barest_usual()
{
    std::vector<Alert> alerts;
    for (const auto& looks : kLooks)
        alerts.push_back(barest(looks.title, looks.key, std::string("from ") + looks.service));
    return alerts;
}

std::vector<Alert> fullest_usual()
{
    auto alerts = barest_usual();
    for (std::size_t i = 0; i < alerts.size(); ++i) {
        auto& alert = alerts[i];
        alert.description = std::string(kLooks[i].title) + ", says " + kLooks[i].source;
        alert.source = kLooks[i].source;
        alert.service = kLooks[i].service;
        alert.component = std::string(kLooks[i].label) + " of " + kLooks[i].service;
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

bool finds(const Scope& scope, Alert alert, bool begun, Timestamp at)
{
    alert.received_at = at;
    if (begun) alert.starts_at = at;
    return scope.finds(alert, at);
}

/// Texts and severities are tried at the first instant, the other instants with one of each: a condition that holds at
/// night only asks for something. So no condition is evaluated more than 1,300 times.
bool finds_all(const Scope& scope, std::span<const Timestamp> instants, std::vector<Alert> alerts, bool begun)
{
    for (auto& alert : alerts) {
        for (const auto severity : kSeverities) {
            alert.severity = severity;
            if (!finds(scope, alert, begun, instants.front())) return false;
        }
    }
    if (!scope.asks_for_the_time()) return true;
    return std::ranges::all_of(instants, [&](Timestamp at) { return finds(scope, alerts.front(), begun, at); });
}

}  // namespace

std::vector<Timestamp> hours_of_a_week(Timestamp from)
{
    constexpr std::size_t kHours = 24 * 7;
    return instants_within(from, from + std::chrono::hours(kHours), kHours);
}

std::vector<Timestamp> instants_within(Timestamp from, Timestamp until, std::size_t count)
{
    const auto step = (until - from) / static_cast<std::int64_t>(std::max<std::size_t>(count, 1));
    std::vector<Timestamp> instants{from};
    while (step.count() > 0 && instants.size() < count) instants.push_back(instants.back() + step);
    return instants;
}

bool covers_everything(const Scope& scope, std::span<const Timestamp> instants)
{
    if (instants.empty()) return false;
    return finds_all(scope, instants, barest_words(), false) || finds_all(scope, instants, fullest_words(), true) ||
           finds_all(scope, instants, barest_with_derived_keys(), false) ||
           finds_all(scope, instants, barest_usual(), false) || finds_all(scope, instants, fullest_usual(), true) ||
           finds_all(scope, instants, labelled(), true);
}

}  // namespace winnow::suppression
