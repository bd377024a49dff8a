#pragma once

/// @file
/// In which order a tenant's tables are erased: those that refer to others before these. Held complete, and in order,
/// by a test over the catalogue. Private to pg.

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace winnow::pg {

struct ErasedTable {
    std::string_view table;
    std::size_t at_once = 2'000;  ///< Rows that one statement deletes, at most.
};

/// All but `tenants`, whose row goes with the certificate.
[[nodiscard]] std::span<const ErasedTable> erased_tables() noexcept;

/// Their names, in that order.
[[nodiscard]] std::vector<std::string_view> erased_table_names();

/// Of a table that is not among them as well.
[[nodiscard]] std::size_t erased_at_once(std::string_view table) noexcept;

}  // namespace winnow::pg
