#pragma once

/// @file
/// What is forgotten in time and has no index that tells of it, as data: tables that are walked. Private to pg.

#include "winnow/domain/retention.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace winnow::pg {

/// The table is walked along its primary key, `at_once` rows a step. The statement takes where the last step ended ($2
/// uuid, $3 uuid, $4 text), the last tenant whose rows it may look at ($5), those that it must not ($6 uuid[]), and
/// says how many rows it looked at, how many it deleted, and where it ended itself. Of a class it is told in days what
/// a Removal (purges.hpp) is, from $7 on. With `tenants`, which takes the same $1 to $4 and says whose rows come next,
/// the step is done under their fold locks, as far as nobody else holds them: the last parameter names those that it
/// got (uuid[]), the others' rows are left to the next round.
struct Walk {
    std::string_view name;
    std::optional<domain::Kept> kept;
    const char* tenants;
    const char* sql;
    std::size_t at_once;
    std::chrono::milliseconds interval = std::chrono::hours{1};
};

[[nodiscard]] std::span<const Walk> walks();

}  // namespace winnow::pg
