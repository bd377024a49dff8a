#pragma once

/// @file
/// How many keys that are over are remembered.

namespace winnow::pg {

/// Of each user and of each integration the newest so many rows of keys that were revoked or have expired stay until
/// their retention is over. Whoever makes and revokes keys for ever fills no table: older ones go when a key is made.
inline constexpr int kDeadKeysKept = 100;

}  // namespace winnow::pg
