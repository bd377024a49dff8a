#pragma once

/// @file
/// Secrets at rest: AES-256-GCM under a key that is not in the database.

#include "winnow/base/result.hpp"

#include <string>
#include <string_view>

namespace winnow::crypto {

/// Immutable, thread-safe. `context` (say "contact:<tenant>:<id>") is authenticated, so that a sealed value cannot be
/// moved to another row.
class Sealer {
public:
    /// @param key 32 bytes. Throws std::invalid_argument on any other length.
    explicit Sealer(std::string key);

    /// version byte | 12-byte nonce | ciphertext | 16-byte tag.
    [[nodiscard]] std::string seal(std::string_view secret, std::string_view context) const;

    /// `internal` where the value was altered, moved, or sealed under another key.
    [[nodiscard]] Result<std::string> open(std::string_view sealed, std::string_view context) const;

private:
    std::string key_;
};

}  // namespace winnow::crypto
