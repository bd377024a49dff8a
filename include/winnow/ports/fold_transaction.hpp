#pragma once

/// @file
/// Load, decide, store: one tenant's folding, locked, in an open transaction.

#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/domain/cost_ladder.hpp"
#include "winnow/domain/noise.hpp"
#include "winnow/domain/owed.hpp"
#include "winnow/domain/position.hpp"
#include "winnow/domain/silence.hpp"
#include "winnow/domain/unread_row.hpp"
#include "winnow/triage/fold.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
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

/// What was decided, as it is stored.
struct TriageWrites {
    triage::Outcome outcome;
    std::vector<domain::Owed> deliveries;  ///< Each to somebody.
    /// (row, its verdicts as journal::encode_verdicts made them), rows ascending.
    std::vector<std::pair<domain::RowPosition, std::string>> verdict_rows;
    std::vector<RuleFailures> rule_failures;                    ///< One a rule.
    std::vector<std::pair<RuleId, std::int64_t>> rule_matches;  ///< How often each rule matched.
    std::vector<QuietTicket> quiet_tickets;                     ///< New or covered anew; one a ticket.
    std::vector<TicketId> parked;     ///< Of the quiet ones: over, and due again when somebody brings them back.
    std::vector<TicketId> unquieted;  ///< Looked at no longer, but for those that `quiet_tickets` has anew.
    std::vector<std::pair<Uuid, std::int64_t>> covers;  ///< How often each silence, window, inhibition did.
    std::vector<domain::InhibitionSource> sources;      ///< New, changed, or to be forgotten.
    std::vector<domain::NoiseRow> noise;                ///< To be added to what is counted; one a place.
    /// Rows that were set aside unjudged, and how many alerts each has.
    std::vector<std::pair<domain::RowPosition, std::uint32_t>> quarantined;
    std::vector<domain::JudgeCost> costs;  ///< Whole records, new or changed; one a judge.
    std::size_t set_aside = 0;             ///< So many of these nobody asks from here on.
};

/// What judges have cost, and the tickets that tell of it.
struct KnownCosts {
    triage::States states;
    std::vector<domain::JudgeCost> costs;  ///< Of the judges that have a record.
    Timestamp now;                         ///< By the database's clock, of this moment.
};

/// A tenant whose folding nobody else is at: from here on to the end of the transaction no other fold, timer or node
/// changes what it loads. A store locks it; then the shell reads
///
///     load → a pure decision → store → commit
///
/// and may load, decide and store once more in between. Rolled back unless it was committed. After an error it is of no
/// use but to be dropped; after a commit() all that it is asked for is `internal`.
///
/// It owns the session that its store has borrowed of the pool, and gives it back when it goes. So it is used and
/// dropped on the thread that locked it, which asks the same pool for nothing meanwhile (refused, `internal`), and
/// before its store goes. The pool's watchdog waits for all of it, the deciding included.
class FoldTransaction {
public:
    FoldTransaction() = default;
    FoldTransaction(const FoldTransaction&) = delete;
    FoldTransaction& operator=(const FoldTransaction&) = delete;
    virtual ~FoldTransaction() = default;

    /// What `keys` name, the tickets' rows locked. Tickets come in this order: for each dedup key the live one, else
    /// the latest; then those that only the keys' tickets and the loaded instances name (which may share a key with one
    /// before).
    [[nodiscard]] virtual Result<triage::States> load(const triage::StateKeys& keys) = 0;

    /// As load(), with the records of these judges. From here on nobody else changes the tenant's configuration.
    /// nullopt: somebody is about to, and may wait for what this transaction holds.
    [[nodiscard]] virtual Result<std::optional<KnownCosts>> load_costs(const std::vector<domain::Judge>& judges,
                                                                       const triage::StateKeys& keys) = 0;

    /// Tickets that it changes must be among those that were loaded last.
    [[nodiscard]] virtual Result<Done> store(const TriageWrites& writes) = 0;

    /// All that was stored, durable on return. Once. `timeout`: nobody knows whether it is.
    [[nodiscard]] virtual Result<Done> commit() = 0;
};

using domain::UnreadRow;

/// What of a tenant is due, and the transaction in which it stays so. Null where there was nothing to do.
template <typename Rows>
struct Due {
    std::unique_ptr<FoldTransaction> fold = {};
    Rows rows = {};
};

}  // namespace winnow::ports
