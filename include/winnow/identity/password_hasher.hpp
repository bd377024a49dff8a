#pragma once

/// @file
/// Hashing passwords a few at a time, in memory that is taken at the start: however many knock, it stays flat.

#include "winnow/base/result.hpp"
#include "winnow/crypto/argon2.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace winnow::observe {
class Metrics;
}

namespace winnow::identity {

/// Thread-safe. Has `at_once` threads of its own ("argon-N"), each with an arena.
class PasswordHasher {
public:
    struct Options {
        crypto::Argon2Cost cost;
        std::size_t at_once = 2;
        std::size_t most_waiting = 32;
        std::chrono::milliseconds patience{2'000};  ///< Who waited longer for a turn is refused.
        std::function<std::chrono::steady_clock::time_point()> clock = &std::chrono::steady_clock::now;
    };

    /// What became of a password that was tried.
    struct Verified {
        bool right = false;
        bool outdated = false;  ///< Right, and to be hashed anew.
    };

    /// Throws std::bad_alloc where the arenas do not fit. `metrics` must outlive it.
    PasswordHasher(crypto::Peppers peppers, Options options, observe::Metrics& metrics);

    /// What still waits is refused, as `unavailable`.
    ~PasswordHasher();
    PasswordHasher(const PasswordHasher&) = delete;
    PasswordHasher& operator=(const PasswordHasher&) = delete;

    /// `done` is called once: with `unavailable` where there is no room, at once and on the caller's thread, or where
    /// its turn did not come in time; else with what was found, on a thread of the hasher's, which it must not hold up.
    /// Without `known` the same time passes, and nothing is right.
    void verify(std::string password, std::optional<crypto::PasswordHash> known,
                std::move_only_function<void(Result<Verified>)> done);

    /// The same of a new hash.
    void hash(std::string password, std::move_only_function<void(Result<crypto::PasswordHash>)> done);

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace winnow::identity
