#pragma once

/// @file
/// ports::SearchIndex on PostgreSQL.

#include "winnow/pg/sessions.hpp"
#include "winnow/ports/time/search_index.hpp"

#include <memory>

namespace winnow::pg {

/// As the role winnow_pipeline.
[[nodiscard]] std::unique_ptr<ports::SearchIndex> make_search_index(const Sessions& sessions);

}  // namespace winnow::pg
