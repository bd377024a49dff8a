#include "winnow/suppression/breadth.hpp"

#include <array>
#include <chrono>
#include <string>

namespace winnow::suppression {

namespace {

using domain::Alert;
using domain::Severity;

/// Texts of many kinds, so that a condition that all of them pass asks for nothing in particular.
constexpr std::array<const char*, 6> kWords = {"zqx-7", "Q9 k", "日本 42", "0", "~", "wvj.example\nLINE"};

/// What every sender's alert has: a title, a key of its own, an integration.
Alert barest(const std::string& word, Severity severity, Timestamp now)
{
    Alert alert;
    alert.title = word;
    alert.dedup_key = "k-" + word;
    alert.integration = "i-" + word;
    alert.severity = severity;
    alert.received_at = now;
    return alert;
}

/// One whose own fields are all filled in; labels and details are the sender's own business.
Alert fullest(const std::string& word, Severity severity, Timestamp now)
{
    auto alert = barest(word, severity, now);
    alert.description = word + " d";
    alert.source = word;
    alert.service = "s " + word;
    alert.component = word + " c";
    alert.group = "g " + word;
    alert.class_name = word + " x";
    alert.starts_at = now;
    return alert;
}

constexpr std::array kSeverities = {Severity::critical, Severity::info, Severity::warning, Severity::error};
constexpr int kWeek = 24 * 7;

/// Texts and severities are tried at this instant, and the week's other hours with one of each: a condition that holds
/// at night only asks for something. So no condition is evaluated more than 400 times.
template <typename Make>
bool finds_all(const Scope& scope, Timestamp now, Make make)
{
    for (const auto* word : kWords) {
        for (const auto severity : kSeverities) {
            if (!scope.finds(make(word, severity, now), now)) return false;
        }
    }
    for (int hour = 1; scope.asks_for_the_time() && hour < kWeek; ++hour) {
        const auto at = now + std::chrono::hours(hour);
        if (!scope.finds(make(kWords.front(), kSeverities.front(), at), at)) return false;
    }
    return true;
}

}  // namespace

bool covers_everything(const Scope& scope, Timestamp now)
{
    return finds_all(scope, now, barest) || finds_all(scope, now, fullest);
}

}  // namespace winnow::suppression
