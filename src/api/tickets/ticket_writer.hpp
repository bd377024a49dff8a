#pragma once

/// @file
/// What people do to tickets, decided (ticket_changes.hpp) and stored for many as for one.

#include "api/rest/route.hpp"
#include "api/tickets/ticket_changes.hpp"
#include "winnow/ports/ticket_store.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace winnow::api {

/// Who calls, and when.
[[nodiscard]] Act act_of(const Call& call);

/// A transition that a person asks for.
struct Move {
    domain::TicketState to = domain::TicketState::open;
    std::string comment;
};

/// Changes locked tickets. What it must know of their surroundings it asks once for all of them, and it stores all
/// changes at once: 500 tickets cost as many statements as one.
class TicketWriter {
public:
    TicketWriter(const Call& call, ports::TenantSession& session, std::vector<const domain::Ticket*> tickets)
        : call_(call), session_(session), tickets_(std::move(tickets))
    {
    }

    /// Each of these changes `ticket` and keeps it for store(); `conflict` and the like are about this ticket alone,
    /// which is then not kept, and may be half changed.
    [[nodiscard]] Result<Done> move(domain::Ticket& ticket, const Move& move);
    [[nodiscard]] Result<Done> patch(domain::Ticket& ticket, const nlohmann::json& patch);
    /// A ticket that is changed already.
    void keep(const domain::Ticket& ticket, const std::vector<domain::TicketEvent>& events);
    /// Stores what was kept. Where it fails the transaction is broken.
    [[nodiscard]] Result<Done> store();

private:
    void let_go(domain::Ticket& ticket);
    Result<bool> needs_approval();
    Result<Done> check_second_person(const domain::Ticket& ticket);
    Result<Done> check_key(const domain::Ticket& ticket);
    Result<Done> check_assignable(UserId id);

    const Call& call_;
    ports::TenantSession& session_;
    std::vector<const domain::Ticket*> tickets_;
    std::map<TicketId, ports::TicketChange> changes_;
    std::optional<bool> close_approval_;
    std::optional<std::map<TicketId, std::string>> movers_;
    std::optional<std::map<std::string, TicketId>> holders_;  ///< Kept up to date with what is moved here.
    std::map<UserId, bool> assignable_;
};

}  // namespace winnow::api
