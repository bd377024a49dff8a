#pragma once

/// @file
/// How to reach PostgreSQL, for every store of this module.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace winnow::pg {

/// Limits of one store's sessions. `conninfo` is a libpq connection string or URI of the role that the store needs;
/// several hosts with `target_session_attrs=read-write` follow a failover.
struct PgOptions {
    std::string conninfo;
    std::string application_name = "winnow";
    std::size_t connections = 2;    ///< Threads with a session each; of a pool: idle sessions that it keeps.
    std::size_t queue_limit = 512;  ///< Jobs of all tenants that wait for a session; beyond: `unavailable`.
    /// How long a caller waits while a pool's sessions are all in use (winnow/pg/sessions.hpp); then `unavailable`.
    std::chrono::milliseconds session_wait{5'000};
    std::chrono::milliseconds keep_idle{60'000};  ///< A pool's session that nobody needs for longer is closed.
    std::chrono::seconds connect_timeout{5};
    std::chrono::milliseconds lock_timeout{5'000};
    std::chrono::milliseconds statement_timeout{10'000};
    std::chrono::milliseconds idle_in_transaction_timeout{30'000};
    /// Our own watch over a transaction: PostgreSQL's timeouts do not end the wait for a backend that was stopped.
    std::chrono::milliseconds deadline{15'000};
    std::chrono::days max_retention{3'650};  ///< Nothing older is shown, whatever a tenant has chosen.
    /// What a tenant's histories may take where the provider has set nothing for it; what people add beyond it is
    /// refused (docs/operations.md). 0: nothing is.
    std::int64_t max_history_bytes = 0;
    // What a tenant's tickets may tell where the provider has set nothing for it; 0: anything.
    std::int64_t max_contacts_told = 0;    ///< Of one event: contacts of its route.
    std::int64_t max_owed_deliveries = 0;  ///< At a time.
    std::int64_t max_mails_a_day = 0;
};

/// Whether libpq can read a connection string or URI. It connects nowhere.
[[nodiscard]] bool is_connection_string(const std::string& conninfo);

/// What is wrong with a connection string, a clause without the text of it, which may hold a password; "" for nothing.
[[nodiscard]] std::string problem_of_connection_string(const std::string& conninfo);

/// The same server and role, with TLS as `sslmode` says (libpq's word) for a server that is reached by network, where
/// the string itself and PGSSLMODE do not say: a socket and this machine's own loopback address are left as they are.
/// Where certificates are verified, `ca_file` (PEM; "": the system's authorities) is what they are verified against,
/// unless the string or PGSSLROOTCERT says. What libpq cannot read comes back unchanged. The result is a connection
/// string.
[[nodiscard]] std::string with_tls(const std::string& conninfo, const std::string& sslmode, const std::string& ca_file);

/// Whether what goes over it stays on this machine, or goes by TLS to a server whose certificate was verified for its
/// name. False where libpq cannot read it.
[[nodiscard]] bool is_verified(const std::string& conninfo);

/// Who it logs in as; "" where it does not say, or cannot be read.
[[nodiscard]] std::string user_of_connection_string(const std::string& conninfo);

}  // namespace winnow::pg
