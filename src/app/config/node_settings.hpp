#pragma once

/// @file
/// What a node's parts are told that follows from its configuration together with the machine it runs on.

#include "app/config/config.hpp"
#include "winnow/dispatch/dispatcher.hpp"
#include "winnow/dispatch/server_mails.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/pg/access_records.hpp"
#include "winnow/pg/chores.hpp"
#include "winnow/pg/sessions.hpp"
#include "winnow/pipeline/triage_service.hpp"

#include <cstddef>
#include <string>

namespace winnow::api {
struct SecurityFacts;
}

namespace winnow::app {

/// Names this node in streams and leases: the host's name where none is configured, the process, and dice, because a
/// container's processes all have the same number.
[[nodiscard]] std::string node_name(const Config& config);

/// As configured, or one a processor.
[[nodiscard]] std::size_t io_threads(const Config& config);

/// So that one tenant, which has half of them, reads as many at a time as the loops would.
[[nodiscard]] std::size_t body_threads(const Config& config);

/// One for all tenants, one for those whose turns are short.
[[nodiscard]] std::size_t triage_workers(const Config& config);
[[nodiscard]] pipeline::TriageOptions triage_options(const Config& config);

[[nodiscard]] dispatch::DispatcherOptions dispatch_options(const Config& config, const std::string& node);
[[nodiscard]] dispatch::ServerMailOptions server_mail_options(std::chrono::milliseconds anyway);

/// What decides which security features are in force. The database's URLs are as secure_database() leaves them.
[[nodiscard]] api::SecurityFacts security_facts(const Config& config);

/// Matches take the time of the thread they run in, in this whole process: what a rule matches must not depend on how
/// busy the machine is.
void time_matches();

/// What a node opens of sessions with the database, by role: docs/operations.md says the sum to operators.
struct DatabaseSessions {
    pg::SessionPlaces pipeline;  ///< Of the pool that the pipeline's stores share.
    pg::SessionPlaces provider;
    /// Of the role winnow_pipeline, beside its pool: one a journal writer, one for the streams' locks, one that listens
    /// for changes and one for revocations, one with which the clock looks, one that writes the access log, and one
    /// that reads history for back-tests.
    std::size_t pipeline_own = 0;
    /// One a thread: those of REST, the one that looks up keys, and the one for sessions. One more reads an export, and
    /// one writes an import.
    std::size_t api = 0;

    /// Of all roles at most, but for folds that are given minutes: those are `patient` more.
    [[nodiscard]] std::size_t most() const;
    [[nodiscard]] std::size_t patient() const;
};
[[nodiscard]] DatabaseSessions database_sessions(const Config& config);

/// With the vault's database, which is not counted above: who seals or opens something that asks for a key, the clock,
/// and the provider.
inline constexpr std::size_t kVaultSessions = 4;

/// Of the role that `url` names; `name` is what operators see of it.
[[nodiscard]] pg::PgOptions session(const std::string& url, const char* name, std::size_t connections,
                                    std::size_t max_days = 3'650);

/// Of the access log's writer.
[[nodiscard]] pg::AccessRecordLimits access_record_limits(const Config& config, observe::Metrics& metrics);

/// In which people read and write.
[[nodiscard]] pg::PgOptions api_session(const Config& config);

/// By which keys are looked up, or people's sessions. A node that does not hear of revocations asks for those that it
/// knows: what stands still there is given up as soon as a journal's write is.
[[nodiscard]] pg::PgOptions caller_session(const Config& config, const char* name);

/// In which the pipeline works. Its pool says how many there are.
[[nodiscard]] pg::PgOptions pipeline_session(const Config& config);

/// By the key that is configured; without one it says once, in the log, that heads of audit chains are not signed.
/// Throws std::runtime_error where the key cannot be read.
[[nodiscard]] pg::HeadSigner head_signer(const Config& config);

/// A pool that keeps all that it has opened while they are needed.
[[nodiscard]] pg::Sessions pooled(pg::PgOptions options, const pg::SessionPlaces& places);

}  // namespace winnow::app
