#pragma once

/// @file
/// ports::DueBoard on PostgreSQL.

#include "winnow/pg/options.hpp"
#include "winnow/ports/time/due_kind.hpp"
#include "winnow/ports/triage_store.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace winnow::pg {

/// Which versions of all tenants' configuration were compared last; nullopt: none yet. Thread-safe, and quick.
using VersionsCompared = std::function<std::optional<ports::VersionsSum>()>;

/// `options` name the pipeline role; the board keeps a session of its own, whose statements have to be quick.
/// `configuration` is due as long as the versions are not those that `compared` says;
/// always without it.
///
/// A look is an error only where its session does not answer. A column that cannot be seen in a moment (a lock, a table
/// that is missing, a slow plan) counts as due, is logged, and keeps no other from being seen.
[[nodiscard]] std::unique_ptr<ports::DueBoard> make_due_board(PgOptions options, VersionsCompared compared = {});

/// The kinds that it tells of. Others that wait to be told never have a turn.
[[nodiscard]] std::vector<std::string_view> kinds_on_board();

}  // namespace winnow::pg
