#pragma once

/// @file
/// Brings a database to the schema this program was built with.

#include "winnow/base/result.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::pg {

/// One forward step. The program carries those of migrations/*.sql; a file never changes once it was released. One with
/// the line `-- compatible: yes` promises that a program which knows everything before it may go on serving after it.
struct Migration {
    std::string_view name;  ///< "0001_core": four digits name the order.
    std::string_view sql;
};

/// In order.
[[nodiscard]] const std::vector<Migration>& embedded_migrations();

/// Told before each step: `done` of `total` steps are applied, `name` is next; once more at the end with "".
using MigrationProgress = std::function<void(std::size_t done, std::size_t total, std::string_view name)>;

/// Makes the roles winnow_owner, winnow_api, winnow_pipeline and winnow_provider where they are missing (without
/// passwords), and applies what is not yet applied, as winnow_owner, each step in a transaction of its own. Only one
/// process at a time migrates a database; a second one waits, then finds nothing to do. Returns how many were applied.
/// A step that a deadlock (or its own lock_timeout) ends is tried again, which the log tells, up to ten times, from the
/// second on with every table locked first.
///
/// `conninfo` needs a superuser, or, where the roles exist, a member of winnow_owner.
/// `conflict`: the database holds a step that is unknown here (a newer program migrated it) or was changed since, or a
/// step never got its locks.
[[nodiscard]] Result<std::size_t> migrate(const std::string& conninfo, const MigrationProgress& progress = {},
                                          const std::vector<Migration>& migrations = embedded_migrations());

/// Ready to serve: every step is applied, and those that are unknown here, because a newer program applied them, are
/// compatible. Any of our roles may ask. `conflict` says what is missing or unknown.
[[nodiscard]] Result<Done> check_schema(const std::string& conninfo,
                                        const std::vector<Migration>& migrations = embedded_migrations());

/// Whether the server lets us in. `unavailable` where nobody answers or it has no time for anybody (starting up, no
/// connection left), `permission_denied` where it refuses this login, or shows no certificate that holds; with what
/// libpq and the server say, for an operator's eyes: it may name hosts and users, never a password. `invalid_argument`
/// where libpq cannot read `conninfo`, or one of the files on this machine that it names.
[[nodiscard]] Result<Done> check_login(const std::string& conninfo);

/// `conflict` where row-level security does not bind this role (superuser, BYPASSRLS): it would see every tenant.
[[nodiscard]] Result<Done> check_isolation(const std::string& conninfo);

/// `conflict` where fsync, full_page_writes or synchronous_commit is off for this role: a committed alert could be
/// lost.
[[nodiscard]] Result<Done> check_durability(const std::string& conninfo);

}  // namespace winnow::pg
