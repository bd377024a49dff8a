#pragma once

/// @file
/// ports::JournalStreams on PostgreSQL.

#include "winnow/pg/options.hpp"
#include "winnow/ports/journal_store.hpp"

#include <memory>

namespace winnow::pg {

/// As the role winnow_pipeline. One session of its own holds the locks of the process's streams; each JournalSession
/// has another one, and so has the replay of dead writers' streams. `options.deadline` is the watchdog over each
/// statement.
///
/// Further errors of ports::JournalStreams here: `conflict` from session, renew and end where the stream was taken over
/// while all its sessions were lost.
[[nodiscard]] std::unique_ptr<ports::JournalStreams> make_journal_streams(PgOptions options);

}  // namespace winnow::pg
