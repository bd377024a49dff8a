#pragma once

/// @file
/// Which names of the system's time zone tables are time zones.

#include <string_view>

namespace winnow {

/// False for what the tables' folder holds beside zones: the machine's own choice ("localtime", another one on each
/// node), templates ("posixrules", "Factory"), and the zones once more, with leap seconds or without ("right/UTC",
/// "posix/UTC"). Says nothing of whether a zone of that name exists.
[[nodiscard]] bool may_name_zone(std::string_view name) noexcept;

}  // namespace winnow
