#include "winnow/suppression/recurrence.hpp"

#include "suppression/rrule.hpp"
#include "winnow/base/time.hpp"

#include <date/tz.h>

#include <algorithm>
#include <mutex>
#include <set>
#include <string>
#include <utility>

namespace winnow::suppression {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kMaxExceptions = 500;
constexpr std::size_t kRemembered = 64;
constexpr std::size_t kMostADay = 48;
constexpr auto kDay = std::chrono::hours{24};

const date::time_zone* zone_named(const std::string& name)
{
    try {
        return date::locate_zone(name);
    } catch (const std::exception&) {  // neither an unknown name nor a missing table stops anything
        return nullptr;
    }
}

WallTime wall_of(Timestamp instant, const date::time_zone& zone)
{
    const auto whole = std::chrono::floor<seconds>(instant);
    return WallTime(whole.time_since_epoch() + zone.get_info(whole).offset);
}

/// `first` holds before the gap, and at the earlier of two.
Timestamp instant_of(WallTime wall, const date::time_zone& zone)
{
    const auto info = zone.get_info(date::local_seconds(wall.time_since_epoch()));
    return Timestamp(wall.time_since_epoch() - info.first.offset);
}

/// "2026-12-25" and nothing else.
bool is_date(const std::string& text)
{
    return text.size() == 10 && parse_rfc3339(text + "T00:00:00Z").has_value();
}

}  // namespace

class Recurrence::Impl {
public:
    Impl(const date::time_zone& zone, WallTime first, milliseconds fraction, milliseconds duration,
         std::optional<Rrule> rule)
        : zone_(zone), first_(first), fraction_(fraction), duration_(duration), rule_(std::move(rule))
    {
    }

    bool except(const std::string& text)
    {
        if (is_date(text)) {
            dates_.insert(text);
            return true;
        }
        const auto instant = parse_rfc3339(text);
        if (instant) instants_.insert(*instant);
        return instant.has_value();
    }

    [[nodiscard]] std::vector<Occurrence> next(Timestamp now, std::size_t count) const
    {
        std::vector<Occurrence> found;
        const auto take = [&](WallTime wall) {
            const auto begin = instant_of(wall, zone_) + fraction_;
            if (begin + duration_ > now && !is_excepted(wall, begin)) found.push_back({begin, begin + duration_});
            return found.size() < count;
        };
        if (!rule_) {
            take(first_);
        } else {
            rule_->walk(first_, wall_of(now - duration_, zone_) - kDay, kMaxOccurrences, take);
        }
        return found;
    }

    [[nodiscard]] std::optional<Occurrence> covering(Timestamp now) const
    {
        const std::lock_guard lock(mutex_);
        if (!known_from_ || now < *known_from_ || (known_until_ && now >= *known_until_)) remember(now);
        std::optional<Occurrence> found;
        for (const auto& occurrence : known_) {
            if (occurrence.starts_at > now) break;
            if (now < occurrence.ends_at && (!found || found->ends_at < occurrence.ends_at)) found = occurrence;
        }
        return found;
    }

private:
    [[nodiscard]] bool is_excepted(WallTime wall, Timestamp begin) const
    {
        if (instants_.contains(begin)) return true;
        return !dates_.empty() && dates_.contains(format_rfc3339(Timestamp(wall.time_since_epoch())).substr(0, 10));
    }

    /// From a day before, so that alerts that come a little out of order find what they need.
    void remember(Timestamp now) const
    {
        known_from_ = now - kDay;
        known_ = next(*known_from_, kRemembered);
        known_until_.reset();
        if (known_.size() == kRemembered) known_until_ = known_.back().starts_at;
    }

    const date::time_zone& zone_;
    const WallTime first_;
    const milliseconds fraction_;  ///< Of the second in which it starts.
    const milliseconds duration_;
    const std::optional<Rrule> rule_;
    std::set<Timestamp> instants_;
    std::set<std::string> dates_;

    mutable std::mutex mutex_;  // guards what follows
    mutable std::optional<Timestamp> known_from_;
    mutable std::optional<Timestamp> known_until_;  ///< nullopt: nothing comes after `known_`.
    mutable std::vector<Occurrence> known_;
};

Result<Recurrence> Recurrence::compile(const domain::MaintenanceWindow& window)
{
    const auto* zone = zone_named(window.time_zone);
    if (zone == nullptr) {
        return field_error("/time_zone", "is not a time zone; use a name such as \"Asia/Tokyo\" or \"UTC\"");
    }
    if (window.duration < kShortestWindow || window.duration > kLongestWindow) {
        return field_error("/duration", "must be between PT1M and P31D");
    }
    const auto first = wall_of(window.starts_at, *zone);
    const auto fraction = window.starts_at - std::chrono::floor<seconds>(window.starts_at);
    std::optional<Rrule> rule;
    if (!window.rrule.empty()) {
        auto parsed = Rrule::parse(window.rrule, first,
                                   [&](WallTime utc) { return wall_of(Timestamp(utc.time_since_epoch()), *zone); });
        if (!parsed) return field_error("/rrule", parsed.error().message());
        rule = *std::move(parsed);
    }
    auto impl = std::make_shared<Impl>(*zone, first, fraction, window.duration, std::move(rule));
    const auto early = impl->next(window.starts_at - kDay, kMostADay + 1);
    if (early.size() > kMostADay && early.back().starts_at - early.front().starts_at < kDay) {
        return field_error("/rrule", "recurs more than 48 times a day");
    }
    if (window.exceptions.size() > kMaxExceptions) return field_error("/exceptions", "must be at most 500");
    for (std::size_t i = 0; i < window.exceptions.size(); ++i) {
        if (impl->except(window.exceptions[i])) continue;
        return field_error("/exceptions/" + std::to_string(i),
                           "must be a date such as \"2026-12-25\", or the time at which an occurrence begins");
    }
    return Recurrence(std::move(impl));
}

std::vector<Occurrence> Recurrence::next(Timestamp now, std::size_t count) const
{
    return impl_->next(now, count);
}

std::optional<Occurrence> Recurrence::covering(Timestamp now) const
{
    return impl_->covering(now);
}

}  // namespace winnow::suppression
