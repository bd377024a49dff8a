#pragma once

/// @file
/// Where triage's transactions begin, fenced by position; and tenants' configuration.

#include "winnow/base/result.hpp"
#include "winnow/domain/tenant.hpp"
#include "winnow/ports/fold_transaction.hpp"
#include "winnow/ports/time/turn.hpp"
#include "winnow/triage/fold.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <utility>
#include <vector>

namespace winnow::ports {

/// How long a transaction may take: `time`, or what the store gives any other where that is longer. Once `stop` is
/// asked for it is given up.
struct Patience {
    std::chrono::milliseconds time{0};
    std::stop_token stop;
};

/// Instances whose end has passed.
struct ExpiredInstances {
    std::vector<triage::InstanceState> instances;  ///< Longest ago first.
    Timestamp now;                                 ///< By the database's clock.
    std::vector<UnreadRow> unread = {};

    [[nodiscard]] std::size_t size() const noexcept { return instances.size(); }
};

/// Thread-safe; each call borrows a session of the pipeline role, and what it locks keeps it.
class TriageStore {
public:
    TriageStore() = default;
    TriageStore(const TriageStore&) = delete;
    TriageStore& operator=(const TriageStore&) = delete;
    virtual ~TriageStore() = default;

    /// Locks the tenant's folding for a batch, and moves (tenant, stream) from `from_seq` to `to`, which holds when the
    /// transaction is committed.
    ///
    /// `conflict`: somebody else has moved the position, or the stream has ended; drop the batch.
    /// Of all that follows, too: `unavailable`/`timeout`: unknown or not stored; repeating the batch is safe because of
    /// the fence. A lost race is `unavailable`.
    [[nodiscard]] virtual Result<std::unique_ptr<FoldTransaction>> lock(TenantId tenant, std::uint64_t from_seq,
                                                                        const domain::RowPosition& to,
                                                                        const Patience& patience) = 0;

    /// The last applied sequence of a tenant in a stream; 0 if none.
    [[nodiscard]] virtual Result<std::uint64_t> applied(TenantId tenant, domain::StreamId stream) = 0;

    /// Tenants with instances whose end has passed by the database's clock. Ends that passed while no node served and
    /// shortly after it do not count before senders have had time to refresh.
    [[nodiscard]] virtual Result<std::vector<TenantId>> tenants_with_expired_instances() = 0;

    /// Locks the tenant's folding, and loads at most `turn.limit` of its expired instances. Of `turn.outages`, too, it
    /// holds what tenants_with_expired_instances() says of those that the store knows.
    ///
    /// `conflict`, of all that follows, too: somebody else is at the tenant, or at one of its tickets; nothing was
    /// done.
    [[nodiscard]] virtual Result<Due<ExpiredInstances>> lock_expired(TenantId tenant, Turn turn) = 0;
};

/// How often the two parts of a tenant's configuration have changed: the policy (rules, contacts, silences, settings,
/// …), and the credentials (users, keys, integrations).
struct TenantVersions {
    std::int64_t policy = 0;
    std::int64_t credentials = 0;
    friend bool operator==(const TenantVersions&, const TenantVersions&) = default;
};

/// All tenants' versions in short: another one wherever a tenant, or a version, has come or gone. Of the same tenants
/// the versions differ in their sum, for each only grows; others differ in their ids.
struct VersionsSum {
    std::uint64_t tenants = 0;  ///< The random halves of their ids, by exclusive or.
    std::int64_t versions = 0;  ///< The sum of both, and 1 for each tenant.
    friend bool operator==(const VersionsSum&, const VersionsSum&) = default;
};

[[nodiscard]] inline VersionsSum sum_of(std::span<const std::pair<TenantId, TenantVersions>> all) noexcept
{
    VersionsSum sum;
    for (const auto& [tenant, versions] : all) {
        sum.tenants ^= tenant.value().low();
        sum.versions += versions.policy + versions.credentials + 1;
    }
    return sum;
}

/// Which part of a tenant's configuration is not what it was.
struct TenantChange {
    TenantId tenant;
    bool policy = false;
    bool credentials = false;
    friend bool operator==(const TenantChange&, const TenantChange&) = default;
};

/// Told of a change on whichever thread hears of it, several at once. Quick; throws nothing where a store calls it.
using TenantChanged = std::function<void(const TenantChange&)>;

/// Tenants' configuration, for triage and dispatch. Thread-safe.
class ConfigStore {
public:
    ConfigStore() = default;
    ConfigStore(const ConfigStore&) = delete;
    ConfigStore& operator=(const ConfigStore&) = delete;
    virtual ~ConfigStore() = default;

    /// `not_found` for a tenant that does not exist.
    [[nodiscard]] virtual Result<domain::TenantConfig> load(TenantId tenant) = 0;

    /// Of its policy, by now. `not_found` as above.
    [[nodiscard]] virtual Result<std::int64_t> policy_version(TenantId tenant) = 0;

    /// Every tenant's current versions: the poll that catches a missed notice.
    [[nodiscard]] virtual Result<std::vector<std::pair<TenantId, TenantVersions>>> versions() = 0;

    /// Blocks up to `timeout` for change notices (LISTEN winnow_config and winnow_credentials). Each tenant once, in
    /// order. One thread at a time.
    [[nodiscard]] virtual Result<std::vector<TenantChange>> wait_for_changes(std::chrono::milliseconds timeout) = 0;
};

}  // namespace winnow::ports
