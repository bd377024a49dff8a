#pragma once

/// @file
/// Signatures of ID tokens: JWS (RFC 7515, compact) under the keys of a JWK set (RFC 7517). No I/O: who has the texts
/// brings them. What is in no list here is refused: no token names its own key, algorithm or place to ask.

#include "winnow/oidc/refusal.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::oidc {

/// Of public keys alone: there is no `none`, and no secret that both sides know.
enum class Algorithm : std::uint8_t { rs256, ps256, es256, es384, eddsa };
inline constexpr std::array kAlgorithms{Algorithm::rs256, Algorithm::ps256, Algorithm::es256, Algorithm::es384,
                                        Algorithm::eddsa};
[[nodiscard]] std::string_view to_string(Algorithm algorithm) noexcept;  ///< As RFC 7518 writes it: "RS256", …
[[nodiscard]] std::optional<Algorithm> parse_algorithm(std::string_view word) noexcept;

inline constexpr std::size_t kMaxKeySetBytes = 65'536;
inline constexpr std::size_t kMaxKeys = 100;
inline constexpr std::size_t kMaxTokenBytes = 65'536;
inline constexpr std::size_t kMaxHeaderBytes = 1'024;  ///< Decoded.
inline constexpr int kLeastRsaBits = 2'048;
inline constexpr int kMostRsaBits = 8'192;

/// A provider's public keys. Immutable, cheap to copy, thread-safe.
class KeySet {
public:
    /// Keys that sign nothing for us (other kinds, curves, uses, sizes; secrets) are left out, as RFC 7517 has it.
    /// Refusal::document: it is no set, or has more than kMaxKeys.
    [[nodiscard]] static Judged<KeySet> read(std::string_view json);

    /// Those that can be used.
    [[nodiscard]] std::size_t size() const noexcept { return keys_.size(); }

    struct Key;

    /// The one by which such a token is signed. @param kid  As its header names it; nullopt: it names none.
    [[nodiscard]] Judged<std::shared_ptr<const Key>> find(Algorithm algorithm,
                                                          const std::optional<std::string>& kid) const;

private:
    std::vector<std::shared_ptr<const Key>> keys_;
};

struct Verified {
    std::string payload;  ///< Bytes as they were signed.
    Algorithm algorithm = Algorithm::rs256;
};

/// @param allowed  What the tenant accepts of this provider.
[[nodiscard]] Judged<Verified> verify(std::string_view token, const KeySet& keys, std::span<const Algorithm> allowed);

}  // namespace winnow::oidc
