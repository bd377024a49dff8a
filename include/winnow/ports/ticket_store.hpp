#pragma once

/// @file
/// Tickets and their timelines, inside one tenant's transaction.

#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/tenants/management_group.hpp"
#include "winnow/domain/ticket.hpp"
#include "winnow/rules/suggestions.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace winnow::ports {

/// Which tickets; every part that is set must hold.
struct TicketFilter {
    std::vector<domain::TicketState> states;   ///< Any of these; empty: every state.
    std::vector<domain::Severity> severities;  ///< Any of these; empty: every severity.
    std::vector<std::string> services;         ///< Any of these, exactly; empty: every service.
    std::optional<UserId> assignee;
    bool unassigned = false;                                  ///< Only tickets that nobody has taken.
    std::vector<std::pair<std::string, std::string>> labels;  ///< Each must be there with exactly this value.
    std::string text;  ///< Inside title, description or dedup key, whatever the case; "" holds always.
    std::optional<Timestamp> opened_from;   ///< Inclusive.
    std::optional<Timestamp> opened_until;  ///< Exclusive.
};

/// Every order ends in the ticket's id, so that it is total.
enum class TicketOrder : std::uint8_t { newest, oldest, most_severe, least_severe, highest_number, lowest_number };

/// The place after a ticket in any order.
struct TicketCursor {
    Timestamp opened_at;
    domain::Severity severity = domain::Severity::info;
    std::int64_t number = 0;
    TicketId id;
};

struct TicketCount {
    domain::TicketState state = domain::TicketState::open;
    domain::Severity severity = domain::Severity::info;
    std::int64_t count = 0;
};

/// Which part of a timeline.
struct TimelineRange {
    std::optional<domain::TicketEventKind> kind;  ///< Only this kind.
    std::optional<std::int32_t> after_seq;        ///< Only events beyond this one, in the direction of reading.
    bool newest_first = false;
};

/// A ticket as it is to be, and what its timeline says of it.
struct TicketChange {
    domain::Ticket ticket;
    std::vector<domain::TicketEvent> events;
    /// tickets::Change::let_go, as intake::append_canonical writes it.
    std::optional<std::string> let_go = {};
};

/// Whose a ticket is.
struct TicketGroup {
    domain::Belonging whose;
    std::optional<ManagementGroupId> of_integration;  ///< Its integration's, now.

    /// As it is shown: nullopt: no group's; domain::kSeveralGroups: nobody's who is narrowed.
    [[nodiscard]] std::optional<ManagementGroupId> effective() const
    {
        return whose.group ? whose.group : of_integration;
    }
};

/// What was read of a list of ids.
struct TicketsRead {
    std::vector<domain::Ticket> tickets;  ///< In the order of their ids.
    std::size_t ids = 0;  ///< So many of the first ids are dealt with: read, or of tickets that are gone.
};

/// Of a caller who is narrowed to management groups it shows and changes no other tickets: others are not there.
/// Not thread-safe: lives and dies with its transaction.
class TicketStore {
public:
    TicketStore() = default;
    TicketStore(const TicketStore&) = delete;
    TicketStore& operator=(const TicketStore&) = delete;
    virtual ~TicketStore() = default;

    /// At most `limit` tickets after `after` in the given order. Reads no more rows than it must to fill the page.
    [[nodiscard]] virtual Result<std::vector<domain::Ticket>> page(const TicketFilter& filter, TicketOrder order,
                                                                   const std::optional<TicketCursor>& after,
                                                                   std::size_t limit) = 0;

    /// The ids of what page() gives, in its order.
    [[nodiscard]] virtual Result<std::vector<TicketId>> ids(const TicketFilter& filter, TicketOrder order,
                                                            const std::optional<TicketCursor>& after,
                                                            std::size_t limit) = 0;

    /// The tickets of the first of `ids`, as they are now: as many as have `max_bytes` of text together, and one at
    /// least where any is left.
    [[nodiscard]] virtual Result<TicketsRead> read(std::span<const TicketId> ids, std::size_t max_bytes) = 0;

    /// How many tickets there are of each state and severity; combinations without tickets are left out.
    [[nodiscard]] virtual Result<std::vector<TicketCount>> count(const TicketFilter& filter) = 0;

    /// What became of tickets that were opened from `from` up to, not including, `until`; the newest `limit`. Held ones
    /// are left out: nobody could have acted on them.
    [[nodiscard]] virtual Result<std::vector<rules::PastTicket>> past(Timestamp from, Timestamp until,
                                                                      std::size_t limit) = 0;

    /// `not_found` where the tenant has no such ticket.
    [[nodiscard]] virtual Result<domain::Ticket> find(TicketId id) = 0;

    /// Those of `ids` that exist, in no order.
    [[nodiscard]] virtual Result<std::vector<TicketId>> seen(const std::vector<TicketId>& ids) = 0;

    /// `not_found` as above.
    [[nodiscard]] virtual Result<TicketGroup> group(TicketId id) = 0;
    /// Of a locked ticket, whose version store() has raised. nullopt: its integration's again.
    [[nodiscard]] virtual Result<Done> set_group(TicketId id, std::optional<ManagementGroupId> group) = 0;

    /// Those of `ids` that exist and may be changed, in order of id, locked until the transaction ends: nobody else,
    /// triage included, changes them in between. `unavailable` where somebody else goes on holding one for a second:
    /// the transaction is then over.
    [[nodiscard]] virtual Result<std::vector<domain::Ticket>> lock(const std::vector<TicketId>& ids) = 0;

    /// A suppressed ticket that is live again is judged anew, as if its cover had ended.
    ///
    /// Stores what a person may change of locked tickets (state and its times, suppression, severity, title, priority,
    /// assignee, due_at, parent, cause, impact, measure, approver, version, event_seq) and appends the events to their
    /// timelines. Each ticket once. As many statements for 500 as for one.
    [[nodiscard]] virtual Result<Done> store(const std::vector<TicketChange>& changes) = 0;

    /// At most `limit` events of one ticket.
    [[nodiscard]] virtual Result<std::vector<domain::TicketEvent>> timeline(TicketId id, const TimelineRange& range,
                                                                            std::size_t limit) = 0;

    /// The ticket's events that the alert brought about, at once or later (a pause that was over, a silence that
    /// ended), oldest first, at most `limit`.
    [[nodiscard]] virtual Result<std::vector<domain::TicketEvent>> events_of(TicketId id, AlertId alert,
                                                                             std::size_t limit) = 0;

    /// Which live ticket holds each of the keys; those that none holds are left out. Another ticket of a held key
    /// cannot become live.
    [[nodiscard]] virtual Result<std::vector<std::pair<std::string, TicketId>>> holders(
        const std::vector<std::string>& dedup_keys) = 0;

    /// Who last asked for the end of each of the tickets: the actor of its latest move to `close_requested`. Those
    /// whose timeline has none are left out. What alerts and time do to a ticket that is being closed changes nothing
    /// of it.
    [[nodiscard]] virtual Result<std::vector<std::pair<TicketId, std::string>>> close_requesters(
        const std::vector<TicketId>& ids) = 0;

    /// The ticket's parent, its parent's parent and so on, nearest first. Until the transaction ends nobody else's
    /// call of this function returns, so a parent that is no descendant now will be none when it is stored.
    [[nodiscard]] virtual Result<std::vector<TicketId>> lock_ancestors(TicketId id) = 0;
};

}  // namespace winnow::ports
