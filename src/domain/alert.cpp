#include "winnow/domain/alert.hpp"

#include <algorithm>

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

std::optional<AlertStatus> parse_alert_status(std::string_view word) noexcept
{
    for (const auto status : {AlertStatus::firing, AlertStatus::acknowledged, AlertStatus::resolved}) {
        if (word == to_string(status)) return status;
    }
    return std::nullopt;
}

namespace {

constexpr std::size_t kUsualLabels = 8;  // growing one by one costs more than parsing them

}  // namespace

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
