#pragma once

/// @file
/// Where triage loads states and stores outcomes, fenced by position.

#include "winnow/base/result.hpp"
#include "winnow/domain/cost_ladder.hpp"
#include "winnow/domain/noise.hpp"
#include "winnow/domain/owed.hpp"
#include "winnow/domain/tenant.hpp"
#include "winnow/ports/turn.hpp"
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

/// A ticket that nobody was told of because its latest alert was covered.
struct QuietTicket {
    TicketId ticket_id;
    AlertId alert_id;
    std::string alert;  ///< After the rules, as intake::append_canonical writes it.
    domain::Cover cover;
    std::int64_t config_version = 0;  ///< Of the configuration that covered it.
};

/// What became of a rule's conditions and actions that could not be done.
struct RuleFailures {
    RuleId rule_id;
    std::int64_t times = 0;
    std::string error;  ///< The latest.
};

struct TriageWrites;

/// What overruns come to. They are rare, so the fold loads nothing of it; it is decided in the same transaction, behind
/// what the fold has stored.
struct CostSequel {
    std::vector<domain::Judge> judges;  ///< Whose records are wanted; each once.
    triage::StateKeys keys;             ///< Of dedup keys alone.
    /// On the states of `keys` and the records of those judges that have one, by the database's clock. Its writes hold
    /// no verdicts, and no sequel.
    std::function<TriageWrites(triage::States, const std::vector<domain::JudgeCost>&, Timestamp now)> decide = {};
};

/// What one triage transaction stores.
struct TriageWrites {
    triage::Outcome outcome;
    std::vector<domain::Owed> deliveries;  ///< Each to somebody.
    /// (row, its verdicts as journal::encode_verdicts made them), rows ascending.
    std::vector<std::pair<domain::RowPosition, std::string>> verdict_rows;
    std::vector<RuleFailures> rule_failures;                    ///< One a rule.
    std::vector<std::pair<RuleId, std::int64_t>> rule_matches;  ///< How often each rule matched.
    std::vector<QuietTicket> quiet_tickets;                     ///< New or covered anew; one a ticket.
    std::vector<std::pair<Uuid, std::int64_t>> covers;          ///< How often each silence, window, inhibition did.
    std::vector<domain::InhibitionSource> sources;              ///< New, changed, or to be forgotten.
    std::vector<domain::NoiseRow> noise;                        ///< To be added to what is counted; one a place.
    /// Rows that were set aside unjudged, and how many alerts each has.
    std::vector<std::pair<domain::RowPosition, std::uint32_t>> quarantined;
    std::vector<domain::JudgeCost> costs;      ///< Whole records, new or changed; one a judge.
    std::size_t set_aside = 0;                 ///< So many of these nobody asks from here on.
    std::shared_ptr<const CostSequel> sequel;  ///< Of apply(): null as nearly always.
    bool declined = false;                     ///< Of apply(): it is too much for one transaction. Nothing is stored.
};

/// How long a transaction may take: `time`, or what the store gives any other where that is longer. Once `stop` is
/// asked for it is given up.
struct Patience {
    std::chrono::milliseconds time{0};
    std::stop_token stop;
};

/// Thread-safe; each call borrows a connection of the pipeline role.
class TriageStore {
public:
    TriageStore() = default;
    TriageStore(const TriageStore&) = delete;
    TriageStore& operator=(const TriageStore&) = delete;
    virtual ~TriageStore() = default;

    /// One transaction: locks the tenant's folding, loads the states of `keys` (locking the ticket rows), calls
    /// `decide`, stores what it and its sequel return, and moves (tenant, stream) from `from_seq` to `to`.
    ///
    /// The tickets come in this order: for each dedup key the live one, else the latest; then those that only the
    /// loaded instances refer to (which may share a key with one before).
    ///
    /// `conflict`: somebody else has moved the position, or the stream has ended; drop the batch.
    /// `too_large`: `decide` has declined; nothing was stored.
    /// `unavailable`/`timeout`: unknown or not stored; repeating the call is safe because of the fence.
    [[nodiscard]] virtual Result<Done> apply(TenantId tenant, std::uint64_t from_seq, const domain::RowPosition& to,
                                             const triage::StateKeys& keys,
                                             const std::function<TriageWrites(triage::States)>& decide,
                                             const Patience& patience) = 0;

    /// With the store's usual patience.
    [[nodiscard]] Result<Done> apply(TenantId tenant, std::uint64_t from_seq, const domain::RowPosition& to,
                                     const triage::StateKeys& keys,
                                     const std::function<TriageWrites(triage::States)>& decide)
    {
        return apply(tenant, from_seq, to, keys, decide, {});
    }

    /// The last applied sequence of a tenant in a stream; 0 if none.
    [[nodiscard]] virtual Result<std::uint64_t> applied(TenantId tenant, domain::StreamId stream) = 0;

    /// Tenants with instances whose end has passed by the database's clock. Ends that passed while no node served and
    /// shortly after it do not count before senders have had time to refresh.
    [[nodiscard]] virtual Result<std::vector<TenantId>> tenants_with_expired_instances() = 0;

    /// One transaction: loads the tenant's expired instances (at most `turn.limit`) with their tickets, calls `decide`,
    /// stores the outcome. Returns how many there were.
    ///
    /// `conflict`: somebody else is at the tenant, or at one of its tickets; nothing was done.
    [[nodiscard]] virtual Result<std::size_t> expire(
        TenantId tenant, Turn turn,
        const std::function<TriageWrites(std::vector<triage::InstanceState>, triage::States, Timestamp)>& decide) = 0;
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
