#pragma once

/// @file
/// The advisory locks that say which streams are alive and which writers are gone. Private to pg.

#include "winnow/domain/position.hpp"

#include <cstdint>

namespace winnow::pg {

/// First key of the two-key locks on streams: shared by every session that may write, exclusive for a claimant.
inline constexpr std::int32_t kStreamLockClass = 0x574E5354;

/// A writer's own lock, exclusive, one session at a time: whoever gets it knows that the one before is gone.
[[nodiscard]] constexpr std::int64_t writer_lock(domain::StreamId stream, std::uint16_t writer) noexcept
{
    constexpr std::int64_t kTag = 0x574E;
    return kTag << 48U | std::int64_t{stream} << 16U | writer;
}

}  // namespace winnow::pg
