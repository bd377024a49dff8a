#pragma once

/// @file
/// What a person does to one ticket or to many in one go, decided ticket by ticket: what one gives up the next may
/// take. Pure: the shell asks what needs_of() names, lets a Round decide, and stores what it made.

#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/alert.hpp"
#include "winnow/domain/ticket.hpp"
#include "winnow/tickets/notice.hpp"
#include "winnow/tickets/work.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace winnow::tickets {

/// A transition that a person asks for.
struct Move {
    domain::TicketState to = domain::TicketState::open;
    std::string comment = {};
};

/// What is around the tickets that a move or an edit of them depends on.
struct Surroundings {
    bool close_approval = false;                       ///< The tenant's setting.
    std::map<TicketId, std::string> close_requesters;  ///< Who last asked for its end, of those that Needs names.
    std::map<std::string, TicketId> live_by_key;  ///< Which live ticket has the dedup key, of those that Needs names.
    std::map<UserId, bool> assignable;            ///< Whether tickets may be given to the user.
};

/// What has to be looked up before such a move can be decided; nothing of most, nor of those that the table refuses.
struct Needs {
    std::vector<TicketId> close_requesters;
    std::vector<std::string> dedup_keys;  ///< Each once, sorted.
};
[[nodiscard]] Needs needs_of(const std::vector<const domain::Ticket*>& tickets, const Move& move, bool close_approval);

/// What is to be stored of a ticket.
struct Change {
    domain::Ticket ticket;                    ///< As it is to be.
    std::vector<domain::TicketEvent> events;  ///< What its timeline says of that.
    std::vector<Notice> notices;              ///< Those of the events that others follow: notices_of(), in order.
    /// Of a ticket that was held, that nothing else kept quiet, and that is live now: as a firing alert would show it.
    /// The ticket says that it is suppressed; it is told of as soon as nothing covers it.
    std::optional<domain::Alert> let_go = {};
};

/// One person's decisions, in the order in which they are asked for.
class Round {
public:
    /// `name` is the person's, as an approver is called. `around`: what the decisions depend on.
    Round(Act act, std::string name, Surroundings around = {})
        : act_(std::move(act)), name_(std::move(name)), around_(std::move(around))
    {
    }

    /// Filled before the decisions that depend on it.
    [[nodiscard]] Surroundings& around() noexcept { return around_; }

    /// Each changes `ticket` and keeps it; an error is about this ticket alone, which is then not kept, and may be half
    /// changed.
    ///
    /// `conflict`: the table has no such line; another live ticket has its key; or closing it takes a second person.
    [[nodiscard]] Result<Done> move(domain::Ticket& ticket, const Move& move);
    /// `invalid_argument` with "/assignee": it may not be given to that user. Without a difference nothing is kept.
    [[nodiscard]] Result<Done> edit(domain::Ticket& ticket, const domain::Ticket& wanted);
    /// A ticket that is changed already.
    void keep(const domain::Ticket& ticket, const std::vector<domain::TicketEvent>& events);

    /// One a ticket, by id.
    [[nodiscard]] const std::map<TicketId, Change>& changes() const noexcept { return changes_; }

private:
    [[nodiscard]] Result<Done> check_second_person(TicketId ticket) const;
    [[nodiscard]] Result<Done> check_key(const domain::Ticket& ticket);
    void let_go(domain::Ticket& ticket);

    Act act_;
    std::string name_;
    Surroundings around_;
    std::map<TicketId, Change> changes_;
};

/// Whether an error is about the one ticket, so that the others of a request may go on.
[[nodiscard]] bool concerns_one_ticket(const Error& error) noexcept;

/// What became of one ticket of a request about many.
struct BulkItem {
    TicketId id;
    Result<Done> done;
    domain::TicketState state = domain::TicketState::open;  ///< As it is now; of those that succeeded.
    std::int64_t version = 0;
};

/// `change` for each of `ids` in their order: what it refuses stays as it was, and does not stop the others. `tickets`
/// are those of them that exist. An error that is not about one ticket ends it.
[[nodiscard]] Result<std::vector<BulkItem>> change_each(const std::vector<TicketId>& ids,
                                                        std::vector<domain::Ticket>& tickets,
                                                        const std::function<Result<Done>(domain::Ticket&)>& change);

}  // namespace winnow::tickets
