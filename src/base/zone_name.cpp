#include "winnow/base/zone_name.hpp"

#include <algorithm>
#include <array>

namespace winnow {

bool may_name_zone(std::string_view name) noexcept
{
    constexpr std::array<std::string_view, 3> kNoZones{"localtime", "posixrules", "Factory"};
    return !name.empty() && !name.starts_with("right/") && !name.starts_with("posix/") &&
           std::ranges::find(kNoZones, name) == kNoZones.end();
}

}  // namespace winnow
