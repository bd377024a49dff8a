#pragma once

/// @file
/// What is forgotten in time, as data: a few statements each. Private to pg.

#include <array>
#include <chrono>
#include <cstddef>
#include <span>
#include <string_view>

namespace winnow::pg {

/// One bounded statement. It deletes at most `at_once` rows, which is its $1, and finds them through an index: well
/// under a second, whatever else is in the table.
struct Removal {
    const char* sql = nullptr;
    std::size_t at_once = 0;
};

struct Purge {
    std::string_view name;            ///< Of the chore, after "forget_".
    std::array<Removal, 3> removals;  ///< In this order; a later one only where the ones before it left nothing.
    std::chrono::milliseconds interval = std::chrono::hours{1};
};

/// For what no index tells of: the table is walked along its primary key, `at_once` rows a step. The statement takes
/// where the last step ended ($2 uuid, $3 uuid, $4 text), and says how many rows it looked at, how many it deleted, and
/// where it ended itself.
struct Walk {
    std::string_view name;
    const char* sql;
    std::size_t at_once;
    std::chrono::milliseconds interval = std::chrono::hours{1};
};

[[nodiscard]] std::span<const Purge> purges();
[[nodiscard]] std::span<const Walk> walks();

}  // namespace winnow::pg
