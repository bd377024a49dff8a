#pragma once

/// @file
/// What is forgotten in time, as data: a few statements each. Private to pg.

#include "winnow/domain/retention.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace winnow::pg {

/// One bounded statement. It deletes at most `at_once` rows, which is its $1, and finds them through an index: well
/// under a second, whatever else is in the table. Of a class it is told the provider's limit ($2), what is usual ($3),
/// both in days, the class's word ($4), what is usual for the journal ($5), and whose it is: the tenants from $6 to $7,
/// but not those in $8 (uuid[]).
struct Removal {
    const char* sql = nullptr;
    std::size_t at_once = 0;
};

struct Purge {
    std::string_view name;             ///< Of the chore, after "forget_".
    std::optional<domain::Kept> kept;  ///< nullopt: nothing that a tenant has a say in.
    std::array<Removal, 4> removals;   ///< In this order; a later one only where the ones before it left nothing.
    std::chrono::milliseconds interval = std::chrono::hours{1};
    bool spares_newest = false;  ///< It is told how many of a tenant's newest stay ($9).
};

[[nodiscard]] std::span<const Purge> purges();

}  // namespace winnow::pg
