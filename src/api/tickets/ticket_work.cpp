#include "api/tickets/ticket_work.hpp"

#include "api/rest/etag.hpp"
#include "api/rest/json_body.hpp"
#include "api/rest/problem.hpp"
#include "api/rest/respond.hpp"
#include "api/tickets/ticket_changes.hpp"
#include "api/tickets/ticket_json.hpp"
#include "api/tickets/ticket_writer.hpp"
#include "winnow/ports/ticket_store.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace winnow::api {
namespace {

using domain::Ticket;
using domain::TicketEvent;
using domain::TicketState;
using nlohmann::json;

constexpr std::size_t kMaxBulk = 500;
constexpr std::size_t kMaxComment = 16'384;

const std::vector<std::string_view>& state_words()
{
    static const std::vector<std::string_view> kWords{
        "held", "open", "in_progress", "recovered", "close_requested", "returned", "closed"};
    return kWords;
}

/// The ticket the path names, locked; 412 where If-Match names another version.
Result<Ticket> lock_ticket(const Call& call, ports::TenantSession& session)
{
    const auto id = call.id<TicketId>();
    if (!id) return id.error();
    auto locked = session.tickets().lock({*id});
    if (!locked) return locked.error();
    if (locked->empty()) return Error(ErrorCode::not_found, "there is no such ticket");
    if (const auto ok = check_if_match(call.request.head, locked->front().version); !ok) return ok.error();
    return std::move(locked->front());
}

std::optional<Move> read_move(FieldReader& fields)
{
    const auto word = fields.word("to", state_words(), Need::required);
    auto comment = fields.text("comment", {0, kMaxComment});
    if (!word) return std::nullopt;
    return Move{.to = domain::parse_ticket_state(*word).value_or(TicketState::open),
                .comment = std::move(comment).value_or("")};
}

/// One ticket with what `change` makes of it.
Result<Done> work_on(Ticket& ticket, const Call& call, ports::TenantSession& session,
                     const std::function<Result<Done>(TicketWriter&)>& change)
{
    TicketWriter work(call, session, {&ticket});
    if (auto changed = change(work); !changed) return changed;
    return work.store();
}

/// The same where nothing need be asked about it.
Result<Done> store(Ticket& ticket, const std::vector<TicketEvent>& events, const Call& call,
                   ports::TenantSession& session)
{
    return work_on(ticket, call, session, [&](TicketWriter& work) {
        if (!events.empty()) work.keep(ticket, events);
        return Result<Done>(Done{});
    });
}

/// `{code, status, detail, errors?}`: the part of a problem document that differs from item to item.
json item_error(const Error& error)
{
    const auto [status, code] = kind_of(error);
    json document{{"code", code}, {"status", status}, {"detail", error.message()}};
    if (!error.fields().empty()) {
        auto& errors = document["errors"] = json::array();
        for (const auto& field : error.fields()) {
            errors.push_back({{"pointer", "/patch" + field.pointer}, {"code", field.code}, {"detail", field.detail}});
        }
    }
    return document;
}

/// Errors that are about the item, so that the others may go on. Anything else has broken the transaction.
bool concerns_one_item(const Error& error)
{
    switch (error.code()) {
        case ErrorCode::invalid_argument:
        case ErrorCode::permission_denied:
        case ErrorCode::not_found:
        case ErrorCode::conflict: return true;
        default: return false;
    }
}

struct BulkChange {
    std::vector<TicketId> ids;
    std::optional<Move> move;
    json patch;  ///< An object unless `move` is set.
};

Result<BulkChange> read_bulk(const http::Request& request)
{
    const auto document = read_object(request);
    if (!document) return document.error();
    FieldReader fields(*document);
    BulkChange change;
    change.ids = fields.ids<TicketId>("ids", kMaxBulk, Need::required).value_or(std::vector<TicketId>());
    if (fields.has("ids") && change.ids.empty() && !fields.failed())
        fields.error("ids", "must name at least one ticket");
    if (auto transition = fields.object("transition")) {
        change.move = read_move(*transition);
        transition->close();
    }
    const auto* const patch = fields.any("patch");
    if (fields.has("transition") == (patch != nullptr)) {
        fields.error("", "must have exactly one of 'transition' and 'patch'");
    }
    if (patch != nullptr) {
        if (!patch->is_object()) fields.error("patch", "must be an object");
        change.patch = *patch;
    }
    if (const auto ok = fields.finish(); !ok) return ok.error();
    return change;
}

}  // namespace

Result<http::Response> patch_ticket(const Call& call, ports::TenantSession& session)
{
    const auto patch = read_object(call.request);
    if (!patch) return patch.error();
    auto ticket = lock_ticket(call, session);
    if (!ticket) return ticket.error();
    const auto change = [&](TicketWriter& work) {
        return work.patch(*ticket, *patch);
    };
    if (const auto ok = work_on(*ticket, call, session, change); !ok) return ok.error();
    return versioned(ticket_json(*ticket), ticket->version);
}

Result<http::Response> transition_ticket(const Call& call, ports::TenantSession& session)
{
    const auto document = read_object(call.request);
    if (!document) return document.error();
    FieldReader fields(*document);
    const auto move = read_move(fields);
    if (const auto ok = fields.finish(); !ok) return ok.error();
    auto ticket = lock_ticket(call, session);
    if (!ticket) return ticket.error();
    const auto change = [&](TicketWriter& work) {
        return work.move(*ticket, *move);
    };
    if (const auto ok = work_on(*ticket, call, session, change); !ok) return ok.error();
    return versioned(ticket_json(*ticket), ticket->version);
}

Result<http::Response> add_ticket_comment(const Call& call, ports::TenantSession& session)
{
    const auto document = read_object(call.request);
    if (!document) return document.error();
    FieldReader fields(*document);
    const auto text = fields.text("text", {1, kMaxComment}, Need::required);
    if (const auto ok = fields.finish(); !ok) return ok.error();
    auto ticket = lock_ticket(call, session);
    if (!ticket) return ticket.error();
    const auto events = comment_on_ticket(*ticket, *text, act_of(call));
    if (const auto ok = store(*ticket, events, call, session); !ok) return ok.error();
    return json_response(201, comment_json(events.front()));
}

Result<http::Response> put_ticket_parent(const Call& call, ports::TenantSession& session)
{
    const auto document = read_object(call.request);
    if (!document) return document.error();
    FieldReader fields(*document);
    const auto parent = fields.id<TicketId>("parent_id", Need::required);
    if (const auto ok = fields.finish(); !ok) return ok.error();
    const auto id = call.id<TicketId>();
    if (!id) return id.error();

    // Ancestors first: whoever holds their lock never waits for another who does.
    auto line = session.tickets().lock_ancestors(*parent);
    if (!line) return line.error();
    line->push_back(*parent);
    auto ticket = lock_ticket(call, session);
    if (!ticket) return ticket.error();
    if (const auto found = session.tickets().find(*parent); !found) {
        if (found.error().code() != ErrorCode::not_found) return found.error();
        return field_error("/parent_id", "must be the id of one of your tickets");
    }
    if (std::ranges::find(*line, *id) != line->end()) {
        return Error(ErrorCode::conflict, "a ticket cannot be its own ancestor: the wanted parent stands below it");
    }
    const auto events = set_parent(*ticket, parent, act_of(call));
    if (const auto ok = store(*ticket, events, call, session); !ok) return ok.error();
    return versioned(ticket_json(*ticket), ticket->version);
}

Result<http::Response> delete_ticket_parent(const Call& call, ports::TenantSession& session)
{
    auto ticket = lock_ticket(call, session);
    if (!ticket) return ticket.error();
    const auto events = set_parent(*ticket, std::nullopt, act_of(call));
    if (const auto ok = store(*ticket, events, call, session); !ok) return ok.error();
    return no_content();
}

Result<http::Response> change_tickets_in_bulk(const Call& call, ports::TenantSession& session)
{
    const auto change = read_bulk(call.request);
    if (!change) return change.error();
    auto locked = session.tickets().lock(change->ids);
    if (!locked) return locked.error();
    std::map<TicketId, Ticket*> by_id;
    std::vector<const Ticket*> tickets;
    for (auto& ticket : *locked) {
        by_id.emplace(ticket.id, &ticket);
        tickets.push_back(&ticket);
    }
    TicketWriter work(call, session, std::move(tickets));

    auto results = json::array();
    std::size_t succeeded = 0;
    for (const auto& id : change->ids) {
        const auto found = by_id.find(id);
        Result<Done> done = Error(ErrorCode::not_found, "there is no such ticket");
        if (found != by_id.end()) {
            auto ticket = *found->second;  // what is refused leaves it as it was
            done = change->move ? work.move(ticket, *change->move) : work.patch(ticket, change->patch);
            if (done) *found->second = std::move(ticket);
        }
        json item{{"id", id.str()}};
        if (done) {
            ++succeeded;
            item["state"] = to_string(found->second->state);
            item["version"] = found->second->version;
        } else {
            if (!concerns_one_item(done.error())) return done.error();
            item["error"] = item_error(done.error());
        }
        results.push_back(std::move(item));
    }
    if (const auto ok = work.store(); !ok) return ok.error();
    const auto failed = results.size() - succeeded;
    return json_response(200, {{"results", std::move(results)}, {"succeeded", succeeded}, {"failed", failed}});
}

}  // namespace winnow::api
