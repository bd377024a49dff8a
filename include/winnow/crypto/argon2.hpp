#pragma once

/// @file
/// Argon2id, version 1.3 (RFC 9106): what passwords are stored as. libargon2, with its `secret` as pepper.

#include "winnow/base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::crypto {

/// What one hash costs. One lane always.
struct Argon2Cost {
    std::uint32_t memory_kib = 47'104;
    std::uint32_t passes = 1;

    friend bool operator==(const Argon2Cost&, const Argon2Cost&) = default;
};

/// Never less: 47,104 KiB and one pass, or 19,456 KiB and two, which OWASP calls equal. And no more than anybody can
/// mean.
inline constexpr Argon2Cost kStandardCost{.memory_kib = 47'104, .passes = 1};
inline constexpr Argon2Cost kSmallestCost{.memory_kib = 19'456, .passes = 2};
inline constexpr Argon2Cost kLargestCost{.memory_kib = 1'048'576, .passes = 16};

/// What is wrong with a configured cost, in words that follow its name; "" if nothing.
[[nodiscard]] std::string problem_of_cost(const Argon2Cost& cost);

/// A password as it is stored.
struct PasswordHash {
    std::string salt;  ///< kSaltBytes, its own.
    std::string tag;   ///< kTagBytes.
    Argon2Cost cost;
    std::string pepper_id;  ///< Under which pepper.

    static constexpr std::size_t kSaltBytes = 16;
    static constexpr std::size_t kTagBytes = 32;

    friend bool operator==(const PasswordHash&, const PasswordHash&) = default;
};

/// A key that no database holds, without which stored hashes tell nothing.
struct Pepper {
    std::string id;      ///< Stored with each hash: 1 to 32 characters.
    std::string secret;  ///< 32 bytes at least.
};

/// The current one and those before it, under which stored hashes may still stand. A value; immutable.
class Peppers {
public:
    /// @param all  The current one first. Throws std::invalid_argument where there is none, an id comes twice or is
    /// empty or too long, or a secret is too short.
    explicit Peppers(std::vector<Pepper> all);

    [[nodiscard]] const Pepper& current() const noexcept { return all_.front(); }
    /// nullptr: unknown.
    [[nodiscard]] const Pepper* find(std::string_view id) const noexcept;

private:
    std::vector<Pepper> all_;
};

/// Memory for one hash at a time, taken once and touched at once, so that it is there when it is needed. Emptied after
/// each hash. Not thread-safe. A hash that needs more, because hashes cost more when it was stored, has its memory from
/// the system, and gives it back.
class Argon2Arena {
public:
    /// Throws std::bad_alloc where the memory is not there.
    explicit Argon2Arena(const Argon2Cost& usual);
    ~Argon2Arena();
    Argon2Arena(Argon2Arena&& other) noexcept;
    Argon2Arena& operator=(Argon2Arena&& other) noexcept;
    Argon2Arena(const Argon2Arena&) = delete;
    Argon2Arena& operator=(const Argon2Arena&) = delete;

    /// The tag, kTagBytes. `internal` where libargon2 refuses, or `cost` is larger than kLargestCost; `unavailable`
    /// where the system has no memory for it.
    /// @param salt    8 bytes at least.
    /// @param pepper  May be "".
    [[nodiscard]] Result<std::string> argon2id(std::string_view password, std::string_view salt,
                                               std::string_view pepper, const Argon2Cost& cost);

private:
    struct Memory;
    std::unique_ptr<Memory> memory_;
};

/// Under the current pepper, with a salt of its own.
[[nodiscard]] Result<PasswordHash> hash_password(Argon2Arena& arena, const Peppers& peppers, const Argon2Cost& cost,
                                                 std::string_view password);

/// Whether it is the password. With a pepper that is not there any more it cannot be told: `internal`. Where `known` is
/// nullptr it takes as long as with one of `cost`, and is false: whoever asks cannot tell who exists.
[[nodiscard]] Result<bool> verify_password(Argon2Arena& arena, const Peppers& peppers, const Argon2Cost& cost,
                                           std::string_view password, const PasswordHash* known);

/// Whether a hash that was just found right is to be made anew: it is of another cost, or under an older pepper.
[[nodiscard]] bool is_outdated(const PasswordHash& hash, const Peppers& peppers, const Argon2Cost& cost) noexcept;

}  // namespace winnow::crypto
