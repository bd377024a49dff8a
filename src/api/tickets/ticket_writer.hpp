#pragma once

/// @file
/// What people do to tickets: what it depends on is loaded, the tickets module decides, and all of it is stored at
/// once.

#include "api/rest/route.hpp"
#include "winnow/ports/ticket_store.hpp"
#include "winnow/tickets/round.hpp"

#include <nlohmann/json.hpp>

#include <utility>
#include <vector>

namespace winnow::api {

/// Who calls, and when.
[[nodiscard]] tickets::Act act_of(const Call& call);

/// Changes locked tickets. What it must know of their surroundings it asks once for all of them, and it stores all
/// changes at once: 500 tickets cost as many statements as one.
class TicketWriter {
public:
    TicketWriter(const Call& call, ports::TenantSession& session, std::vector<const domain::Ticket*> tickets)
        : session_(session), tickets_(std::move(tickets)), round_(act_of(call), call.who.user_name)
    {
    }

    /// Each of these changes `ticket` and keeps it for store(); tickets::concerns_one_ticket() says whether an error is
    /// about this ticket alone, which is then not kept, and may be half changed. All moves of a writer are alike.
    [[nodiscard]] Result<Done> move(domain::Ticket& ticket, const tickets::Move& move);
    [[nodiscard]] Result<Done> patch(domain::Ticket& ticket, const nlohmann::json& patch);
    /// A ticket that is changed already.
    void keep(const domain::Ticket& ticket, const std::vector<domain::TicketEvent>& events);
    /// Stores what was kept. Where it fails the transaction is broken.
    [[nodiscard]] Result<Done> store();

private:
    Result<Done> ask_for(const tickets::Move& move);
    Result<Done> ask_for(UserId assignee);

    ports::TenantSession& session_;
    std::vector<const domain::Ticket*> tickets_;
    tickets::Round round_;
    bool asked_ = false;  ///< What moves depend on.
};

}  // namespace winnow::api
