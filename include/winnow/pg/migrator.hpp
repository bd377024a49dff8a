#pragma once

/// @file
/// Brings a database to the schema this program was built with.

#include "winnow/base/result.hpp"

#include <chrono>
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
/// Those of the vault (migrations/vault/*.sql).
[[nodiscard]] const std::vector<Migration>& embedded_vault_migrations();

/// Told before each step: `done` of `total` steps are applied, `name` is next; once more at the end with "".
using MigrationProgress = std::function<void(std::size_t done, std::size_t total, std::string_view name)>;

/// How a step gets its locks beside nodes that go on working. Whoever comes after it waits as long as it does, so it
/// waits for moments only, and lets everybody work between its tries.
struct LockPatience {
    /// In one try: for each lock, and for all tables where it locks them first. Shorter than any node's lock_timeout,
    /// and longer than the second (deadlock_timeout) after which an autovacuum gives way.
    std::chrono::milliseconds wait{1'500};
    std::chrono::milliseconds pause{5'000};
    /// Until it gives up: longer than a node's longest transaction, a fold of five minutes.
    std::chrono::milliseconds in_all{std::chrono::minutes{15}};
};

/// Makes the roles winnow_owner, winnow_api, winnow_pipeline and winnow_provider where they are missing (without
/// passwords), and applies what is not yet applied, as winnow_owner, each step in a transaction of its own. Only one
/// process at a time migrates a database; a second one waits, then finds nothing to do. Returns how many were applied.
/// A step that a deadlock or `patience` for a lock ends is tried again, from the second time on with every table locked
/// first; the log tells each time who is in its way.
///
/// `conninfo` needs a superuser, or, where the roles exist, a member of winnow_owner.
/// `conflict`: the database holds a step that is unknown here (a newer program migrated it) or was changed since, or a
/// step never got its locks, with whom it waited for. `permission_denied`: the role may not, which is said with what to
/// do.
[[nodiscard]] Result<std::size_t> migrate(const std::string& conninfo, const MigrationProgress& progress = {},
                                          const std::vector<Migration>& migrations = embedded_migrations(),
                                          const LockPatience& patience = {});

/// The same of the vault's database, which is another one: as winnow_owner, with the role winnow_vault beside it, and
/// for these two alone.
[[nodiscard]] Result<std::size_t> migrate_vault(const std::string& conninfo, const MigrationProgress& progress = {});

/// Ready to serve: every step is applied, and those that are unknown here, because a newer program applied them, are
/// compatible. Any of our roles may ask. `conflict` says what is missing or unknown.
[[nodiscard]] Result<Done> check_schema(const std::string& conninfo,
                                        const std::vector<Migration>& migrations = embedded_migrations());

}  // namespace winnow::pg
