#pragma once

/// @file
/// What of a tenant's tables is exported, and why the others are not. `integration_pg` fails while a table with
/// tenant_id stands in neither list. Private to pg.

#include <span>
#include <string_view>

namespace winnow::pg {

/// A table as NDJSON. All texts are ours, and parts of statements.
struct ExportedTable {
    std::string_view resource;  ///< The table's name, and its folder's in the archive.
    std::string_view row;       ///< A jsonb expression of the row `t`, without tenant_id.
    std::string_view order;
    std::string_view secrets = "";  ///< What of it is null, and has to be entered again; "": nothing.
    bool has_long_rows = false;     ///< A row may be some MiB long.
};

struct LeftOutTable {
    std::string_view table;
    std::string_view why;
};

[[nodiscard]] std::span<const ExportedTable> exported_tables();
/// `journal` is none of these: its alerts are exported as such.
[[nodiscard]] std::span<const LeftOutTable> left_out_tables();

}  // namespace winnow::pg
