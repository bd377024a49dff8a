#pragma once

/// @file
/// ports::JournalStreams on PostgreSQL.

#include "winnow/pg/options.hpp"
#include "winnow/pg/sessions.hpp"
#include "winnow/ports/journal_store.hpp"

#include <memory>

namespace winnow::pg {

/// As the role winnow_pipeline. One session of its own holds the locks of the process's streams; each JournalSession
/// has another one. The replay of dead writers' streams borrows of `readers`. `options.deadline` is the watchdog over
/// each statement.
///
/// Further errors of ports::JournalStreams here: `conflict` from session, renew and end where the stream was taken over
/// while all its sessions were lost.
[[nodiscard]] std::unique_ptr<ports::JournalStreams> make_journal_streams(PgOptions options, const Sessions& readers);
/// With a pool of its own.
[[nodiscard]] std::unique_ptr<ports::JournalStreams> make_journal_streams(PgOptions options);

}  // namespace winnow::pg
