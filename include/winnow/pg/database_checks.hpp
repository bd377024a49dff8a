#pragma once

/// @file
/// What a database must be like before a node serves with it. Each opens a session of its own, and blocks.

#include "winnow/base/result.hpp"

#include <string>
#include <vector>

namespace winnow::pg {

/// Whether the server lets us in. `unavailable` where nobody answers or it has no time for anybody (starting up, no
/// connection left), `permission_denied` where it refuses this login, or shows no certificate that holds; with what
/// libpq and the server say, for an operator's eyes: it may name hosts and users, never a password. `invalid_argument`
/// where libpq cannot read `conninfo`, or one of the files on this machine that it names.
[[nodiscard]] Result<Done> check_login(const std::string& conninfo);

/// `conflict` where row-level security does not bind this role (superuser, BYPASSRLS): it would see every tenant.
[[nodiscard]] Result<Done> check_isolation(const std::string& conninfo);

/// Whether both reach one database of one server, and the same tables in it: asked with a lock that one takes and the
/// other must find taken, because a copy of a database has all that it was copied from, its identifiers too. `conflict`
/// names what each reaches, for an operator's eyes. `unavailable`: one of them reaches a standby, and the other does
/// not, as while a server takes over from another.
[[nodiscard]] Result<Done> check_same_database(const std::string& one, const std::string& other);

/// `conflict` where fsync, full_page_writes or synchronous_commit is off for this role: a committed alert could be
/// lost.
[[nodiscard]] Result<Done> check_durability(const std::string& conninfo);

/// `conflict` where tenants say that their data must lie elsewhere than in `region` ("": nobody knows where that is).
/// As the role winnow_provider, on a migrated database.
[[nodiscard]] Result<Done> check_region(const std::string& conninfo, const std::string& region);

/// In what the database leaves more open than Winnow needs, each with what to do about it; what a node can serve with,
/// but should not. As the role winnow_pipeline, on a migrated database.
[[nodiscard]] Result<std::vector<std::string>> check_openings(const std::string& conninfo);

}  // namespace winnow::pg
