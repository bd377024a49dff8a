/// @file
/// Expands recurrence rules for recurrence_differential.py. A line in, tab-separated: start by the wall in seconds
/// since 1970, its zone, how many occurrences, from when on (or "-"), and the rule; a line out: the series' occurrences
/// by the wall, each with its instant, and a maintenance window's, each a comma-separated list or "!" and a refusal. A
/// line "zone", a name and seconds since 1970: the offsets at those instants.

#include "winnow/calendar/series.hpp"
#include "winnow/calendar/zone.hpp"
#include "winnow/suppression/recurrence.hpp"

#include <iostream>
#include <sstream>
#include <string>
#include <vector>

namespace {

using namespace winnow;
using std::chrono::seconds;

constexpr seconds kLast{4'133'980'799};  // 2100-12-31T23:59:59

std::vector<std::string> fields_of(const std::string& line)
{
    std::vector<std::string> fields;
    std::istringstream in(line);
    for (std::string field; std::getline(in, field, '\t');) fields.push_back(field);
    return fields;
}

std::string series_of(const std::string& text, calendar::WallTime start, const calendar::Zone& zone, int count,
                      calendar::WallTime from)
{
    const auto rule = calendar::parse_rule(text);
    if (!rule) return "!" + rule.error().message();
    const auto until = rule->until ? std::optional(rule->until->at) : std::nullopt;
    const auto series = calendar::Series::make(*rule, start, until);
    if (!series) return "!" + series.error().message();
    std::string out;
    auto cursor = series->from(from);
    for (auto at = cursor.next(); at && count > 0 && at->time_since_epoch() <= kLast; at = cursor.next(), --count) {
        out += (out.empty() ? "" : ",") + std::to_string(at->time_since_epoch().count()) + "@" +
               std::to_string(zone.instant(*at).at.time_since_epoch().count());
    }
    return out;
}

std::string window_of(const std::string& text, calendar::WallTime start, const std::string& zone_name,
                      const calendar::Zone& zone, std::size_t count)
{
    domain::MaintenanceWindow window;
    window.starts_at = zone.instant(start).at;
    window.duration = std::chrono::minutes{1};
    window.time_zone = zone_name;
    window.rrule = text;
    const auto recurrence = suppression::Recurrence::compile(window);
    if (!recurrence) return "!" + recurrence.error().message();
    std::string out;
    for (const auto& occurrence : recurrence->next(window.starts_at, count)) {
        const auto at = std::chrono::floor<seconds>(occurrence.starts_at).time_since_epoch();
        if (recurrence->covering(occurrence.starts_at) != occurrence) return "!covering disagrees with next";
        if (at <= kLast + std::chrono::days{1}) out += (out.empty() ? "" : ",") + std::to_string(at.count());
    }
    return out;
}

}  // namespace

int main()
{
    std::ios::sync_with_stdio(false);
    for (std::string line; std::getline(std::cin, line);) {
        const auto fields = fields_of(line);
        if (fields.size() > 1 && fields[0] == "zone") {
            const auto zone = calendar::Zone::named(fields[1]);
            for (std::size_t i = 2; i < fields.size(); ++i) {
                const std::chrono::sys_seconds at(seconds(std::stoll(fields[i])));
                if (zone) std::cout << (zone->wall(at).time_since_epoch() - at.time_since_epoch()).count() << ' ';
            }
            std::cout << '\n';
            continue;
        }
        if (fields.size() != 5) return 2;
        const calendar::WallTime start(seconds(std::stoll(fields[0])));
        const auto zone = calendar::Zone::named(fields[1]);
        if (!zone) return 2;
        const int count = std::stoi(fields[2]);
        const auto from = fields[3] == "-" ? start : calendar::WallTime(seconds(std::stoll(fields[3])));
        std::cout << series_of(fields[4], start, *zone, count, from) << '\t'
                  << window_of(fields[4], start, fields[1], *zone, static_cast<std::size_t>(count)) << '\n';
    }
    return 0;
}
