#pragma once

/// @file
/// Why an answer ends before its end.

#include <array>
#include <cstdint>
#include <string_view>

namespace winnow::http {

/// Why a stream has ended before its end.
enum class CutShort : std::uint8_t {
    source,     ///< It broke, or gave nothing for too long.
    pace,       ///< Its reader took too little.
    gone,       ///< Its reader has closed, or is out of reach.
    drain,      ///< The server stops.
    unsent,     ///< Too many answers of its tenant were not taken.
    displaced,  ///< A new connection, where places were short.
    revoked,    ///< Its caller may not have it any more, or nobody can tell.
    bound,      ///< It has taken all the time that one may.
};
inline constexpr std::array<std::string_view, 8> kCutShort{"source", "pace",      "gone",    "drain",
                                                           "unsent", "displaced", "revoked", "bound"};

}  // namespace winnow::http
