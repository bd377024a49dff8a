#include "api/rates/bucket_table.hpp"

#include <algorithm>
#include <vector>

namespace winnow::api {

namespace {

constexpr std::chrono::minutes kRemembered{1};  // of what the log was told

/// When nothing would be lost with them.
Instant needless_at(const Buckets& buckets, Instant now)
{
    auto at = buckets.told == Instant{} ? now : buckets.told + kRemembered;
    for (const auto& bucket : buckets.classes) at = std::max(at, now + bucket.until_full(now));
    return at;
}

}  // namespace

void BucketTable::sweep(Shard& shard, Instant now) const
{
    std::erase_if(shard.buckets, [&](const auto& entry) { return needless_at(entry.second, now) <= now; });
    if (shard.buckets.size() + 2 > most_) {
        // An eighth at once, so that it does not come to this at every call.
        std::vector<Instant> times;
        times.reserve(shard.buckets.size());
        for (const auto& [key, buckets] : shard.buckets) times.push_back(needless_at(buckets, now));
        const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 8);
        std::ranges::nth_element(times, middle);
        std::erase_if(shard.buckets, [&](const auto& entry) { return needless_at(entry.second, now) <= *middle; });
    }
    shard.sweep_at = std::clamp(shard.buckets.size() * 2, kFirstSweep, std::max(most_, kFirstSweep));
}

std::size_t BucketTable::size() const
{
    std::size_t all = 0;
    for (const auto& shard : shards_) {
        const std::lock_guard lock(shard.mutex);
        all += shard.buckets.size();
    }
    return all;
}

}  // namespace winnow::api
