#include "winnow/calendar/zone.hpp"

#include "calendar/clock_changes.hpp"
#include "calendar/days.hpp"
#include "winnow/base/text.hpp"
#include "winnow/base/zone_name.hpp"

#include <date/tz.h>

#include <exception>
#include <vector>

namespace winnow::calendar {

namespace {

using std::chrono::seconds;

constexpr std::int64_t kTablesEnd = day_of(2037, 1, 1) * kDaySeconds;
constexpr std::int64_t kFarFuture = day_of(9999, 1, 1) * kDaySeconds;

date::sys_info info_at(const date::time_zone& zone, std::int64_t instant)
{
    return zone.get_info(date::sys_seconds(seconds(instant)));
}

/// The changes of the last years in the table, in order; none where the table ends before 2037, so that nothing changes
/// any more.
std::vector<ClockChange> last_changes(const date::time_zone& zone)
{
    std::vector<ClockChange> changes;
    auto next = info_at(zone, kFarFuture);
    if (next.begin.time_since_epoch().count() < kTablesEnd) return changes;
    while (changes.size() < 2 * YearlyClockChanges::kYears) {
        const auto at = next.begin.time_since_epoch().count();
        const auto before = info_at(zone, at - 1);
        changes.push_back({.at = at, .before = before.offset.count(), .after = next.offset.count()});
        if (before.begin >= next.begin || before.begin.time_since_epoch().count() < 0) break;
        next = before;
    }
    return {changes.rbegin(), changes.rend()};
}

}  // namespace

class Zone::Impl {
public:
    explicit Impl(const date::time_zone& zone) : zone_(zone)
    {
        const auto changes = last_changes(zone);
        yearly_ = YearlyClockChanges::that_gives(changes);
        if (yearly_) table_ends_ = changes.back().at;
    }

    [[nodiscard]] std::int64_t offset_at(std::int64_t instant) const
    {
        if (yearly_ && instant >= table_ends_) return yearly_->offset_at(instant);
        return info_at(zone_, instant).offset.count();
    }

    [[nodiscard]] Instant instant(std::int64_t wall) const
    {
        if (!yearly_ || wall < table_ends_ - kDaySeconds) {
            const auto info = zone_.get_info(date::local_seconds(seconds(wall)));
            return {std::chrono::sys_seconds(seconds(wall) - info.first.offset),
                    info.result == date::local_info::nonexistent};
        }
        // By rule the clocks change at most once in the two days around, and by less than a day.
        const auto before = offset_at(wall - kDaySeconds);
        const auto after = offset_at(wall + kDaySeconds);
        const bool holds_before = offset_at(wall - before) == before;
        const bool holds_after = offset_at(wall - after) == after;
        const auto offset = holds_before || !holds_after ? before : after;
        return {std::chrono::sys_seconds(seconds(wall - offset)), !holds_before && !holds_after};
    }

private:
    const date::time_zone& zone_;
    std::optional<YearlyClockChanges> yearly_;
    std::int64_t table_ends_ = 0;
};

std::string Zone::nearest_name(std::string_view name)
{
    std::vector<std::string> names;
    for (const auto& zone : date::get_tzdb().zones) {
        if (may_name_zone(zone.name())) names.push_back(zone.name());
    }
    return nearest(name.substr(0, 64), names);
}

std::optional<Zone> Zone::named(const std::string& name)
{
    if (!may_name_zone(name)) return std::nullopt;
    try {
        return Zone(std::make_shared<const Impl>(*date::locate_zone(name)));
    } catch (const std::exception&) {  // neither an unknown name nor a missing table stops anything
        return std::nullopt;
    }
}

WallTime Zone::wall(std::chrono::sys_seconds instant) const
{
    const auto at = instant.time_since_epoch();
    return WallTime(at + seconds(impl_->offset_at(at.count())));
}

Zone::Instant Zone::instant(WallTime wall) const
{
    return impl_->instant(wall.time_since_epoch().count());
}

}  // namespace winnow::calendar
