#pragma once

/// @file
/// Buckets by who pays. Only those that are not full are kept, and never more than a bound.

#include "winnow/base/uuid.hpp"
#include "winnow/domain/rates.hpp"
#include "winnow/fair/rate.hpp"

#include <array>
#include <cstddef>
#include <mutex>
#include <unordered_map>

namespace winnow::api {

using Instant = fair::RateBucket::Instant;

/// What one payer has of each class.
struct Buckets {
    std::array<fair::RateBucket, domain::kRateClasses> classes;
    Instant told{};  ///< When the log was last told of a refusal.

    [[nodiscard]] fair::RateBucket& of(domain::RateClass kind) { return classes[static_cast<std::size_t>(kind)]; }
};

/// Thread-safe: locked in parts, by owner, for the time of a few comparisons.
class BucketTable {
public:
    struct Key {
        Uuid owner;
        Uuid part;  ///< Nil: the owner's own.
        friend bool operator==(const Key&, const Key&) = default;
    };

    /// `most`: buckets that are kept; beyond, those that are nearest to being full are forgotten first.
    explicit BucketTable(std::size_t most) : most_(most / kShards) {}

    /// Runs `look(own, part)` on the owner's buckets and those of a part of it, alone.
    template <typename Look>
    auto with(const Uuid& owner, const Uuid& part, Instant now, Look look)
    {
        auto& shard = shard_of(owner);
        const std::lock_guard lock(shard.mutex);
        if (shard.buckets.size() + 2 > shard.sweep_at) sweep(shard, now);
        return look(shard.buckets[{owner, Uuid()}], shard.buckets[{owner, part}]);
    }

    [[nodiscard]] std::size_t size() const;

private:
    static constexpr std::size_t kShards = 32;
    static constexpr std::size_t kFirstSweep = 64;

    struct Hash {
        std::size_t operator()(const Key& key) const noexcept
        {
            return std::hash<Uuid>{}(key.owner) * 31 + std::hash<Uuid>{}(key.part);
        }
    };
    struct alignas(64) Shard {
        mutable std::mutex mutex;
        std::unordered_map<Key, Buckets, Hash> buckets;
        std::size_t sweep_at = kFirstSweep;
    };

    [[nodiscard]] Shard& shard_of(const Uuid& owner)
    {
        const auto hash = std::hash<Uuid>{}(owner);
        return shards_[(hash ^ hash >> 40U) % kShards];  // addresses differ at either end
    }
    void sweep(Shard& shard, Instant now) const;

    const std::size_t most_;  // of a shard
    std::array<Shard, kShards> shards_;
};

}  // namespace winnow::api
