#pragma once

/// @file
/// Reading alerts and their verdicts back from the journal's rows.

#include "api/alerts/alert_sight.hpp"
#include "winnow/base/result.hpp"
#include "winnow/domain/alert.hpp"
#include "winnow/domain/alert_ids.hpp"
#include "winnow/domain/ticket.hpp"
#include "winnow/domain/verdict.hpp"
#include "winnow/ports/alert_archive.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace winnow::api {

/// One journalled alert as it came in, and what became of it.
struct PastAlert {
    domain::AlertPosition position;
    AlertId id;
    domain::Alert alert;
    std::optional<domain::Verdict> verdict;  ///< nullopt while triage has not reached it.
};

/// Which alerts; every part that is set must hold.
struct AlertQuery {
    std::optional<Timestamp> received_from;         ///< Inclusive.
    std::optional<Timestamp> received_until;        ///< Exclusive.
    std::vector<domain::Disposition> dispositions;  ///< Any of these, or `pending`; both empty: any.
    bool pending = false;
    std::optional<RuleId> rule_id;  ///< Matched it, at whichever version.
    std::optional<TicketId> ticket_id;
    bool without_set_aside = false;  ///< What ended processes that judged it is not even read: `left_out` counts it.
    AlertSight* sight = nullptr;     ///< Whose they must be; null: everybody's.
    std::string text;  ///< Inside title, description, source or dedup key, whatever the case of ASCII letters.
};

/// How much one call may read, so that a filter that matches little cannot hold a database thread for long.
struct ScanBudget {
    std::size_t rows = 20'000;
    std::size_t alerts = 200'000;                ///< Whose verdicts are looked at.
    std::size_t decoded = 20'000;                ///< That are read themselves.
    std::size_t bytes = std::size_t{64} << 20U;  ///< Of those that match, as they are kept; one may go beyond it.
};

struct AlertStretch {
    std::vector<PastAlert> items;               ///< Newest first.
    std::optional<domain::AlertPosition> next;  ///< Go on below this one; nullopt where nothing older can match.
    std::size_t left_out = 0;                   ///< That were set aside, so far down, where the query is without them.
};

/// At most `limit` alerts that match, below `before`, and one at least where one is reached. May end early with a
/// `next` when the budget is spent.
[[nodiscard]] Result<AlertStretch> search_alerts(ports::AlertArchive& archive, const domain::TenantIds& ids,
                                                 const AlertQuery& query,
                                                 const std::optional<domain::AlertPosition>& before, std::size_t limit,
                                                 const ScanBudget& budget = {});

/// `not_found` for an id that is not an alert's, is another tenant's, whose retention has ended, or that `sight` does
/// not see.
[[nodiscard]] Result<PastAlert> find_alert(ports::AlertArchive& archive, const domain::TenantIds& ids,
                                           AlertSight& sight, AlertId id);

/// The alerts of one request in its order, those that `sight` sees. `not_found` where the receipt names none of this
/// tenant's rows, or none of them is seen.
[[nodiscard]] Result<std::vector<PastAlert>> alerts_of_receipt(ports::AlertArchive& archive,
                                                               const domain::TenantIds& ids, AlertSight& sight,
                                                               const domain::ReceiptId& receipt);

/// What has gone into a ticket, from the alert that opened it to a little after its last news: what came later and
/// changed nothing (a recovery of what had recovered) is found by `ticket_id` alone.
[[nodiscard]] AlertQuery alerts_of(const domain::Ticket& ticket);

}  // namespace winnow::api
