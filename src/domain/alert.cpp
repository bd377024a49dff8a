#include "winnow/domain/alert.hpp"

#include "domain/sender_word.hpp"
#include "winnow/domain/words.hpp"

#include <algorithm>
#include <array>

namespace winnow::domain {

std::string_view to_string(AlertStatus status) noexcept
{
    switch (status) {
        case AlertStatus::firing: return "firing";
        case AlertStatus::acknowledged: return "acknowledged";
        case AlertStatus::resolved: return "resolved";
    }
    return "firing";
}

std::span<const AlertStatus> alert_statuses() noexcept
{
    static constexpr std::array kStatuses{AlertStatus::firing, AlertStatus::acknowledged, AlertStatus::resolved};
    return kStatuses;
}

std::optional<AlertStatus> parse_alert_status(std::string_view word) noexcept
{
    for (const auto status : alert_statuses()) {
        if (word == to_string(status)) return status;
    }
    return std::nullopt;
}

namespace {

// Words of Alertmanager, Grafana, PagerDuty, Opsgenie, Nagios, Zabbix, CloudWatch, uptime checkers and house styles.
constexpr std::array kStatusWords{
    StatusWord{"ack", AlertStatus::acknowledged},
    StatusWord{"acked", AlertStatus::acknowledged},
    StatusWord{"acknowledge", AlertStatus::acknowledged},
    StatusWord{"acknowledged", AlertStatus::acknowledged},
    StatusWord{"acknowledgement", AlertStatus::acknowledged},
    StatusWord{"acknowledging", AlertStatus::acknowledged},
    StatusWord{"active", AlertStatus::firing},
    StatusWord{"alarm", AlertStatus::firing},
    StatusWord{"alarming", AlertStatus::firing},
    StatusWord{"alert", AlertStatus::firing},
    StatusWord{"alerting", AlertStatus::firing},
    StatusWord{"assigned", AlertStatus::acknowledged},
    StatusWord{"bad", AlertStatus::firing},
    StatusWord{"broken", AlertStatus::firing},
    StatusWord{"clear", AlertStatus::resolved},
    StatusWord{"cleared", AlertStatus::resolved},
    StatusWord{"close", AlertStatus::resolved},
    StatusWord{"closed", AlertStatus::resolved},
    StatusWord{"crash", AlertStatus::firing},
    StatusWord{"crashed", AlertStatus::firing},
    StatusWord{"create", AlertStatus::firing},
    StatusWord{"created", AlertStatus::firing},
    StatusWord{"dead", AlertStatus::firing},
    StatusWord{"degraded", AlertStatus::firing},
    StatusWord{"deleted", AlertStatus::resolved},
    StatusWord{"down", AlertStatus::firing},
    StatusWord{"end", AlertStatus::resolved},
    StatusWord{"ended", AlertStatus::resolved},
    StatusWord{"errored", AlertStatus::firing},
    StatusWord{"fail", AlertStatus::firing},
    StatusWord{"failed", AlertStatus::firing},
    StatusWord{"failing", AlertStatus::firing},
    StatusWord{"failure", AlertStatus::firing},
    StatusWord{"fault", AlertStatus::firing},
    StatusWord{"faulted", AlertStatus::firing},
    StatusWord{"faulty", AlertStatus::firing},
    StatusWord{"fine", AlertStatus::resolved},
    StatusWord{"fire", AlertStatus::firing},
    StatusWord{"fired", AlertStatus::firing},
    StatusWord{"firing", AlertStatus::firing},
    StatusWord{"fixed", AlertStatus::resolved},
    StatusWord{"good", AlertStatus::resolved},
    StatusWord{"green", AlertStatus::resolved},
    StatusWord{"healthy", AlertStatus::resolved},
    StatusWord{"impaired", AlertStatus::firing},
    StatusWord{"inactive", AlertStatus::resolved},
    StatusWord{"in_progress", AlertStatus::acknowledged},
    StatusWord{"investigating", AlertStatus::acknowledged},
    StatusWord{"lost", AlertStatus::firing},
    StatusWord{"new", AlertStatus::firing},
    StatusWord{"nok", AlertStatus::firing},
    StatusWord{"normal", AlertStatus::resolved},
    StatusWord{"not_healthy", AlertStatus::firing},
    StatusWord{"not_normal", AlertStatus::firing},
    StatusWord{"not_ok", AlertStatus::firing},
    StatusWord{"not_operational", AlertStatus::firing},
    StatusWord{"not_resolved", AlertStatus::firing},
    StatusWord{"not_running", AlertStatus::firing},
    StatusWord{"offline", AlertStatus::firing},
    StatusWord{"ok", AlertStatus::resolved},
    StatusWord{"okay", AlertStatus::resolved},
    StatusWord{"open", AlertStatus::firing},
    StatusWord{"opened", AlertStatus::firing},
    StatusWord{"operational", AlertStatus::resolved},
    StatusWord{"outage", AlertStatus::firing},
    StatusWord{"passed", AlertStatus::resolved},
    StatusWord{"problem", AlertStatus::firing},
    StatusWord{"raise", AlertStatus::firing},
    StatusWord{"raised", AlertStatus::firing},
    StatusWord{"recovered", AlertStatus::resolved},
    StatusWord{"recovery", AlertStatus::resolved},
    StatusWord{"reopened", AlertStatus::firing},
    StatusWord{"resolve", AlertStatus::resolved},
    StatusWord{"resolved", AlertStatus::resolved},
    StatusWord{"restored", AlertStatus::resolved},
    StatusWord{"set", AlertStatus::firing},
    StatusWord{"solved", AlertStatus::resolved},
    StatusWord{"start", AlertStatus::firing},
    StatusWord{"started", AlertStatus::firing},
    StatusWord{"stopped", AlertStatus::firing},
    StatusWord{"success", AlertStatus::resolved},
    StatusWord{"timed_out", AlertStatus::firing},
    StatusWord{"timeout", AlertStatus::firing},
    StatusWord{"trigger", AlertStatus::firing},
    StatusWord{"triggered", AlertStatus::firing},
    StatusWord{"trouble", AlertStatus::firing},
    StatusWord{"unavailable", AlertStatus::firing},
    StatusWord{"unhealthy", AlertStatus::firing},
    StatusWord{"unreachable", AlertStatus::firing},
    StatusWord{"unrecovered", AlertStatus::firing},
    StatusWord{"unresolved", AlertStatus::firing},
    StatusWord{"up", AlertStatus::resolved},
};
static_assert(std::ranges::is_sorted(kStatusWords, BareLess(), &StatusWord::first));

constexpr std::size_t kUsualLabels = 8;  // growing one by one costs more than parsing them

}  // namespace

std::span<const StatusWord> status_words() noexcept
{
    return kStatusWords;
}

std::optional<AlertStatus> status_from_sender(std::string_view word)
{
    const auto found = find_word(kStatusWords, bare_word(word));
    if (found == kStatusWords.end()) return std::nullopt;
    return found->second;
}

void Labels::set(std::string name, std::string value)
{
    // Most come in order: where they were stored so, all.
    if (!entries_.empty() && !value.empty() && entries_.back().first < name) {
        entries_.emplace_back(std::move(name), std::move(value));
        return;
    }
    const auto at = std::ranges::lower_bound(entries_, name, {}, &Entry::first);
    const bool present = at != entries_.end() && at->first == name;
    if (value.empty()) {
        if (present) entries_.erase(at);
    } else if (present) {
        at->second = std::move(value);
    } else {
        const auto index = at - entries_.begin();
        if (entries_.empty()) entries_.reserve(kUsualLabels);
        entries_.emplace(entries_.begin() + index, std::move(name), std::move(value));
    }
}

const std::string* Labels::find(std::string_view name) const noexcept
{
    const auto at =
        std::ranges::lower_bound(entries_, name, {}, [](const Entry& e) { return std::string_view(e.first); });
    if (at == entries_.end() || at->first != name) return nullptr;
    return &at->second;
}

}  // namespace winnow::domain
