#pragma once

/// @file
/// Why no table grows for ever: each names the chore that forgets in time, or why it needs none. Held complete by a
/// test over the catalogue. Private to pg.

#include <span>
#include <string_view>

namespace winnow::pg {

struct Growth {
    std::string_view table;
    std::string_view chore;  ///< As ports::Chore::name; "" where none is needed.
    std::string_view why;    ///< Where none is needed.
};

[[nodiscard]] std::span<const Growth> growth();

}  // namespace winnow::pg
