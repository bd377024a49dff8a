#include "http/places/recent_prefixes.hpp"

#include <algorithm>

namespace winnow::http {

namespace {

std::int64_t minute_of(RecentPrefixes::Time time)
{
    return std::chrono::floor<std::chrono::minutes>(time.time_since_epoch()).count();
}

}  // namespace

RecentPrefixes::RecentPrefixes(std::uint64_t seed, std::size_t at_once)
    : seed_(seed), rows_(std::max<std::size_t>(1, at_once / Row().size()))
{
}

/// SplitMix64: each bit of the prefix and of the seed moves each bit of the row.
std::size_t RecentPrefixes::row_of(const Prefix& prefix) const noexcept
{
    auto mixed = (prefix.bits() ^ seed_) + 0x9E3779B97F4A7C15ULL;
    mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBULL;
    return static_cast<std::size_t>((mixed ^ (mixed >> 31U)) % rows_.size());
}

void RecentPrefixes::add(const Prefix& prefix, Time now) noexcept
{
    auto& row = rows_[row_of(prefix)];
    auto* entry = std::ranges::find_if(
        row, [&](const Entry& one) { return one.minute != kNever && one.prefix == prefix.bits(); });
    if (entry == row.end()) entry = std::ranges::min_element(row, {}, &Entry::minute);
    *entry = {.prefix = prefix.bits(), .minute = minute_of(now)};
}

bool RecentPrefixes::contains(const Prefix& prefix, Time now) const noexcept
{
    const auto oldest = minute_of(now - kRemembered);
    return std::ranges::any_of(rows_[row_of(prefix)], [&](const Entry& one) {
        return one.minute != kNever && one.prefix == prefix.bits() && one.minute >= oldest;
    });
}

}  // namespace winnow::http
