#include "winnow/suppression/recurrence.hpp"

#include "winnow/base/time.hpp"
#include "winnow/base/time_range.hpp"
#include "winnow/calendar/rule.hpp"
#include "winnow/calendar/series.hpp"
#include "winnow/calendar/zone.hpp"

#include <algorithm>
#include <array>
#include <mutex>
#include <set>
#include <string>
#include <utility>

namespace winnow::suppression {

namespace {

using calendar::WallTime;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr std::size_t kMaxRuleChars = 512;
constexpr std::size_t kMaxExceptions = 500;
constexpr std::size_t kRemembered = 64;
constexpr std::size_t kMostADay = 48;
constexpr std::size_t kTriedForDensity = 1'000;
constexpr auto kTriedForDensityFor = std::chrono::days{3'653};  // has a 29 February in it
/// What one question looks at: more than kMostADay on every day of the longest window and on every exception.
constexpr std::size_t kLookedAt = 40'000;
constexpr auto kDay = std::chrono::hours{24};

/// "2026-12-25" and nothing else.
bool is_date(const std::string& text)
{
    return text.size() == 10 && parse_rfc3339(text + "T00:00:00Z").has_value();
}

/// The rule, and its UNTIL as it is meant in the zone.
struct Rule {
    calendar::Series series;
    std::optional<sys_seconds> until;  ///< Where it was given as an instant.
};

bool is_too_dense(const calendar::Series& series, WallTime first)
{
    std::array<WallTime, kMostADay> last{};
    auto cursor = series.from(first);
    for (std::size_t i = 0; i < kTriedForDensity; ++i) {
        const auto at = cursor.next();
        if (!at || *at - first > kTriedForDensityFor) return false;
        auto& a_day_ago = last.at(i % kMostADay);
        if (i >= kMostADay && *at - a_day_ago < kDay) return true;
        a_day_ago = *at;
    }
    return false;
}

Result<Rule> read_rule(const std::string& text, WallTime first, const calendar::Zone& zone)
{
    const auto invalid = [](std::string why) {
        return Error(ErrorCode::invalid_argument, std::move(why));
    };
    if (text.size() > kMaxRuleChars) return invalid("must be at most 512 characters long");
    const auto rule = calendar::parse_rule(text);
    if (!rule) return rule.error();
    if (rule->frequency > calendar::Frequency::hourly) return invalid("a window cannot recur more often than hourly");
    std::optional<WallTime> last;
    std::optional<sys_seconds> until;
    if (rule->until && rule->until->form == calendar::Until::Form::utc) {
        until = sys_seconds(rule->until->at.time_since_epoch());
        // By the wall it is bounded with room for a change of clocks; the instant decides.
        last = std::max(zone.wall(*until) + kDay, first);
        if (*until < zone.instant(first).at) return invalid("never occurs: UNTIL lies before its start");
    } else if (rule->until) {
        last = rule->until->at;
    }
    auto series = calendar::Series::make(*rule, first, last);
    if (!series) return series.error();
    if (is_too_dense(*series, first)) return invalid("recurs more than 48 times a day");
    return Rule{.series = *std::move(series), .until = until};
}

}  // namespace

class Recurrence::Impl {
public:
    Impl(calendar::Zone zone, Timestamp first, milliseconds duration, std::optional<Rule> rule)
        : zone_(std::move(zone)),
          first_(first),
          first_second_(std::chrono::floor<seconds>(first)),
          first_wall_(zone_.wall(first_second_)),
          duration_(duration),
          rule_(std::move(rule))
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
        std::vector<Timestamp> begins;
        if (!rule_) {
            if (count > 0 && first_ + duration_ > now && !is_excepted(first_wall_, first_)) begins.push_back(first_);
        } else if (count > 0) {
            begins = recurring(now, count);
        }
        std::vector<Occurrence> found;
        found.reserve(begins.size());
        for (const auto begin : begins) {
            if (begin > kLatestTime - duration_) break;  // in order: the calendar ends here
            found.push_back({begin, begin + duration_});
        }
        return found;
    }

    [[nodiscard]] bool begins_on(const std::string& when) const
    {
        constexpr std::size_t kMostThatDay = 3 * kMostADay;
        if (!is_date(when)) {
            const auto at = parse_rfc3339(when);
            const auto found = at ? next(*at + duration_ - milliseconds(1), 1) : std::vector<Occurrence>();
            return !found.empty() && found.front().starts_at == *at;
        }
        const auto midnight = *parse_rfc3339(when + "T00:00:00Z");
        for (const std::size_t count : {std::size_t{2}, kMostThatDay}) {
            const auto found = next(midnight - kDay + duration_, count);
            const auto is_then = [&](const Occurrence& occurrence) {
                const auto wall = zone_.wall(std::chrono::floor<seconds>(occurrence.starts_at));
                return format_rfc3339(Timestamp(wall.time_since_epoch())).starts_with(when);
            };
            if (std::ranges::any_of(found, is_then)) return true;
            if (found.size() < count || found.back().starts_at > midnight + 2 * kDay) return false;
        }
        return false;
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
    /// In order, which the wall's is not where a change of clocks skips times.
    [[nodiscard]] std::vector<Timestamp> recurring(Timestamp now, std::size_t count) const
    {
        std::vector<Timestamp> begins;
        auto cursor = rule_->series.from(zone_.wall(std::chrono::floor<seconds>(now - duration_)) - kDay);
        for (std::size_t looked_at = 0; looked_at < kLookedAt; ++looked_at) {
            const auto wall = cursor.next();
            if (!wall) break;
            const auto [at, skipped] = instant_of(*wall);
            const auto begin = at + (first_ - first_second_);
            const bool is_late = rule_->until && at > *rule_->until;
            const bool is_enough = begins.size() >= count && begin > begins[count - 1];
            if ((is_late || is_enough) && !skipped) break;
            if (is_late || begin + duration_ <= now || is_excepted(*wall, begin)) continue;
            const auto place = std::ranges::lower_bound(begins, begin);
            if (place == begins.end() || *place != begin) begins.insert(place, begin);
        }
        begins.resize(std::min(begins.size(), count));
        return begins;
    }

    /// The start is the instant it was given as, also where its time by the clock comes twice.
    [[nodiscard]] calendar::Zone::Instant instant_of(WallTime wall) const
    {
        if (wall == first_wall_) return {.at = first_second_, .skipped = false};
        return zone_.instant(wall);
    }

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

    const calendar::Zone zone_;
    const Timestamp first_;
    const sys_seconds first_second_;
    const WallTime first_wall_;
    const milliseconds duration_;
    const std::optional<Rule> rule_;
    std::set<Timestamp> instants_;
    std::set<std::string> dates_;

    mutable std::mutex mutex_;  // guards what follows
    mutable std::optional<Timestamp> known_from_;
    mutable std::optional<Timestamp> known_until_;  ///< nullopt: nothing comes after `known_`.
    mutable std::vector<Occurrence> known_;
};

Result<Recurrence> Recurrence::compile(const domain::MaintenanceWindow& window)
{
    auto zone = calendar::Zone::named(window.time_zone);
    if (!zone) {
        const auto near = calendar::Zone::names_meant(window.time_zone);
        return field_error("/time_zone", "is not a time zone; " +
                                             (near.empty() ? std::string(R"(use a name such as "Asia/Tokyo" or "UTC")")
                                                           : "did you mean " + near + "?"));
    }
    if (window.duration < kShortestWindow || window.duration > kLongestWindow) {
        return field_error("/duration", "must be between PT1M and P31D");
    }
    if (!is_in_time_range(window.starts_at) || window.starts_at > kLatestTime - window.duration) {
        return field_error("/starts_at", "must let the window begin and end " + std::string(kTimeRange));
    }
    std::optional<Rule> rule;
    if (!window.rrule.empty()) {
        auto read = read_rule(window.rrule, zone->wall(std::chrono::floor<seconds>(window.starts_at)), *zone);
        if (!read) return field_error("/rrule", read.error().message());
        rule = *std::move(read);
    }
    auto impl = std::make_shared<Impl>(*std::move(zone), window.starts_at, window.duration, std::move(rule));
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

bool Recurrence::begins_on(const std::string& when) const
{
    return impl_->begins_on(when);
}

std::optional<Occurrence> Recurrence::covering(Timestamp now) const
{
    return impl_->covering(now);
}

}  // namespace winnow::suppression
