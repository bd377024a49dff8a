#pragma once

/// @file
/// Which names of the system's time zone tables are time zones, and which one somebody meant.

#include <span>
#include <string>
#include <string_view>

namespace winnow {

/// False for what the tables' folder holds beside zones: the machine's own choice ("localtime", another one on each
/// node), templates ("posixrules", "Factory"), and the zones once more, with leap seconds or without ("right/UTC",
/// "posix/UTC"). Says nothing of whether a zone of that name exists.
[[nodiscard]] bool may_name_zone(std::string_view name) noexcept;

/// The zones that may have been meant by `name`, which is none, for a person: `"Asia/Tokyo"` where it is "JST" or
/// nearly that name, and all that an abbreviation such as "IST" stands for; "" where there is nothing to suggest. Only
/// of `known`. Of `name` 64 bytes count.
[[nodiscard]] std::string zones_meant(std::string_view name, std::span<const std::string_view> known);

}  // namespace winnow
