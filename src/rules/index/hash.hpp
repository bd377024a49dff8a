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

[[nodiscard]] inline std::uint64_t hash_bytes(std::string_view bytes, std::uint64_t seed) noexcept
{
    constexpr std::uint64_t kA = 0x9E3779B97F4A7C15ULL;
    constexpr std::uint64_t kB = 0xC2B2AE3D27D4EB4FULL;
    constexpr std::size_t kWord = sizeof(std::uint64_t);
    auto hash = (seed + 1) * kA ^ bytes.size();
    while (bytes.size() >= kWord) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data(), kWord);
        hash = fold_multiply(word ^ hash, kB);
        bytes.remove_prefix(kWord);
    }
    if (!bytes.empty()) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data(), bytes.size());
        hash = fold_multiply(word ^ hash ^ kA, kB);
    }
    return hash ^ (hash >> 29U);
}

}  // namespace winnow::rules::index
