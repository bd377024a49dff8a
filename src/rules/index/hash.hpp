#pragma once

/// @file
/// A fast hash of short texts. For tables of this process only; senders cannot see its values, and tables that are
/// probed with an alert's values hold only what rules name, so that crafted alerts cannot make long chains.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace winnow::rules::index {

[[nodiscard]] inline std::uint64_t fold_multiply(std::uint64_t a, std::uint64_t b) noexcept
{
    const auto product = static_cast<unsigned __int128>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

template <typename Word>
[[nodiscard]] inline std::uint64_t load(const char* at) noexcept
{
    Word word = 0;
    std::memcpy(&word, at, sizeof word);
    return word;
}

/// One to seven bytes as one number, by reads that overlap: a copy of a length unknown beforehand is a call. Texts of
/// one length have equal numbers if and only if they are equal.
[[nodiscard]] inline std::uint64_t load_short(std::string_view bytes) noexcept
{
    constexpr std::size_t kHalf = sizeof(std::uint32_t);
    constexpr unsigned kHalfBits = 32;
    const auto* at = bytes.data();
    const auto size = bytes.size();
    if (size >= kHalf) return load<std::uint32_t>(at) | load<std::uint32_t>(at + size - kHalf) << kHalfBits;
    return load<std::uint8_t>(at) | load<std::uint8_t>(at + size / 2) << 8U | load<std::uint8_t>(at + size - 1) << 16U;
}

[[nodiscard]] inline std::uint64_t hash_bytes(std::string_view bytes, std::uint64_t seed) noexcept
{
    constexpr std::uint64_t kA = 0x9E3779B97F4A7C15ULL;
    constexpr std::uint64_t kB = 0xC2B2AE3D27D4EB4FULL;
    constexpr std::size_t kWord = sizeof(std::uint64_t);
    auto hash = (seed + 1) * kA ^ bytes.size();
    while (bytes.size() >= kWord) {
        hash = fold_multiply(load<std::uint64_t>(bytes.data()) ^ hash, kB);
        bytes.remove_prefix(kWord);
    }
    if (!bytes.empty()) hash = fold_multiply(load_short(bytes) ^ hash ^ kA, kB);
    return hash ^ (hash >> 29U);
}

}  // namespace winnow::rules::index
