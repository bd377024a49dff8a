#pragma once

/// @file
/// All that Argon2id takes (RFC 9106, §3.1), version 1.3. Private to crypto, which uses one lane and no associated
/// data; the vector of the RFC has four and some.

#include "winnow/base/result.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace winnow::crypto {

struct Argon2Inputs {
    std::string_view password;
    std::string_view salt;
    std::string_view secret = {};
    std::string_view associated = {};
    std::uint32_t memory_kib = 0;
    std::uint32_t passes = 0;
    std::uint32_t lanes = 1;
    std::uint32_t tag_bytes = 32;
};

/// The tag. What fits into `memory` is computed there; else memory is taken from the system, `unavailable` where there
/// is none. `internal` where libargon2 refuses its inputs. Leaves nothing of what it computed in memory.
[[nodiscard]] Result<std::string> argon2id(const Argon2Inputs& inputs, std::span<std::uint8_t> memory);

}  // namespace winnow::crypto
