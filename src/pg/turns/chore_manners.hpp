#pragma once

/// @file
/// How chores behave beside others. Private to pg.

namespace winnow::pg {

/// Others come first: a chore gives up where it would have to wait. And whatever the planner believes of a table, it
/// must neither read nor sort the whole of it for a few rows: it goes along an index until it has them.
inline constexpr auto kChoreManners = R"sql(
set local lock_timeout = '200ms'; set local enable_seqscan = off; set local enable_bitmapscan = off;
set local enable_sort = off; set local enable_hashjoin = off; set local enable_mergejoin = off; set local jit = off
)sql";

}  // namespace winnow::pg
