#pragma once

/// @file
/// What becomes of each exported table's rows when they are imported. `integration_pg` fails while this list and
/// exported_tables() differ in their tables or in the order of them. Private to pg.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace winnow::pg {

enum class ImportedAs : std::uint8_t {
    nothing,  ///< It is read over.
    merged,   ///< The tenant's one row takes over what the archive's says.
    added,    ///< Beside what the tenant has: its first admin, and his keys.
    fresh,    ///< Only where the tenant has none yet.
};

/// All texts are ours, and parts of statements.
struct ImportedTable {
    std::string_view resource;
    ImportedAs as = ImportedAs::fresh;
    /// What is written of a line: a jsonb expression over `r`. It needs no tenant, and no table.
    std::string_view row = "r";
    /// Columns that lines may not have, with blanks between them: what holds secrets, and what nodes work with.
    std::string_view without = "";
};

[[nodiscard]] std::span<const ImportedTable> imported_tables();

/// nullptr: nothing of that name is imported.
[[nodiscard]] const ImportedTable* imported_table(std::string_view resource);

/// `select place, wrong …` and `select import_rows(…)` get rows by this: `parameter` ("$2") is an array of lines.
[[nodiscard]] std::string rows_of(const ImportedTable& table, std::string_view parameter);

}  // namespace winnow::pg
