#include "winnow/base/zone_name.hpp"

#include "winnow/base/text.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <vector>

namespace winnow {

namespace {

struct Abbreviation {
    std::string_view name;
    std::array<std::string_view, 3> zones;  ///< Empty ones stand for none.
};

/// What clocks and mails call the time of a zone. Those that the tables have as zones (EST, CET) are not here.
constexpr auto kAbbreviations = std::to_array<Abbreviation>({
    {"ACDT", {"Australia/Adelaide"}},
    {"ACST", {"Australia/Adelaide", "Australia/Darwin"}},
    {"ADT", {"America/Halifax"}},
    {"AEDT", {"Australia/Sydney"}},
    {"AEST", {"Australia/Sydney", "Australia/Brisbane"}},
    {"AKDT", {"America/Anchorage"}},
    {"AKST", {"America/Anchorage"}},
    {"ART", {"America/Argentina/Buenos_Aires"}},
    {"AST", {"America/Halifax", "Asia/Riyadh"}},
    {"AWST", {"Australia/Perth"}},
    {"BRT", {"America/Sao_Paulo"}},
    {"BST", {"Europe/London", "Asia/Dhaka"}},
    {"CAT", {"Africa/Maputo"}},
    {"CDT", {"America/Chicago", "America/Havana"}},
    {"CEST", {"Europe/Berlin", "Europe/Paris"}},
    {"CLT", {"America/Santiago"}},
    {"CST", {"America/Chicago", "Asia/Shanghai", "America/Havana"}},
    {"EAT", {"Africa/Nairobi"}},
    {"EDT", {"America/New_York"}},
    {"EEST", {"Europe/Athens", "Europe/Helsinki"}},
    {"GST", {"Asia/Dubai"}},
    {"HKT", {"Asia/Hong_Kong"}},
    {"ICT", {"Asia/Bangkok", "Asia/Ho_Chi_Minh"}},
    {"IDT", {"Asia/Jerusalem"}},
    {"IST", {"Asia/Kolkata", "Europe/Dublin", "Asia/Jerusalem"}},
    {"JST", {"Asia/Tokyo"}},
    {"KST", {"Asia/Seoul"}},
    {"MDT", {"America/Denver"}},
    {"MSK", {"Europe/Moscow"}},
    {"MYT", {"Asia/Kuala_Lumpur"}},
    {"NDT", {"America/St_Johns"}},
    {"NST", {"America/St_Johns"}},
    {"NZDT", {"Pacific/Auckland"}},
    {"NZST", {"Pacific/Auckland"}},
    {"PDT", {"America/Los_Angeles"}},
    {"PHT", {"Asia/Manila"}},
    {"PKT", {"Asia/Karachi"}},
    {"PST", {"America/Los_Angeles", "Asia/Manila"}},
    {"SAST", {"Africa/Johannesburg"}},
    {"SGT", {"Asia/Singapore"}},
    {"TRT", {"Europe/Istanbul"}},
    {"WAT", {"Africa/Lagos"}},
    {"WEST", {"Europe/Lisbon"}},
    {"WIB", {"Asia/Jakarta"}},
});

bool is_abbreviation(std::string_view name, std::string_view abbreviation)
{
    return std::ranges::equal(name, abbreviation,
                              [](char a, char b) { return a == b || (b >= 'A' && b <= 'Z' && a == b - 'A' + 'a'); });
}

/// `"a"`, `"a" or "b"`, `"a", "b" or "c"`.
std::string quoted_choice(const std::vector<std::string_view>& words)
{
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
        text.append(1, '"').append(words[i]).append(1, '"');
    }
    return text;
}

}  // namespace

std::string zones_meant(std::string_view name, std::span<const std::string_view> known)
{
    const auto found = std::ranges::find_if(
        kAbbreviations, [name](const Abbreviation& each) { return is_abbreviation(name, each.name); });
    std::vector<std::string_view> zones;
    if (found != kAbbreviations.end()) {
        std::ranges::copy_if(found->zones, std::back_inserter(zones),
                             [known](std::string_view zone) { return std::ranges::find(known, zone) != known.end(); });
    }
    if (!zones.empty()) return quoted_choice(zones);
    const auto near = nearest(name.substr(0, 64), known);
    return near.empty() ? near : '"' + near + '"';
}

bool may_name_zone(std::string_view name) noexcept
{
    constexpr std::array<std::string_view, 3> kNoZones{"localtime", "posixrules", "Factory"};
    return !name.empty() && !name.starts_with("right/") && !name.starts_with("posix/") &&
           std::ranges::find(kNoZones, name) == kNoZones.end();
}

}  // namespace winnow
