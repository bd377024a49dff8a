#include "api/tickets/ticket_work.hpp"

#include "api/rest/etag.hpp"
#include "api/rest/json_body.hpp"
#include "api/rest/problem.hpp"
#include "api/rest/respond.hpp"
#include "api/tickets/ticket_json.hpp"
#include "api/tickets/ticket_writer.hpp"
#include "winnow/domain/words.hpp"
#include "winnow/ports/ticket_store.hpp"
#include "winnow/tickets/round.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
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
using tickets::Move;

constexpr std::size_t kMaxBulk = 500;
constexpr std::size_t kMaxComment = 16'384;

/// Of one that cannot be locked: what belongs to no group is seen by those who are narrowed to some, and not theirs to
/// change.
Error no_such_ticket(const Call& call, ports::TenantSession& session, TicketId id)
{
    if (call.who.groups) {
        const auto seen = session.tickets().find(id);
        if (seen) return {ErrorCode::permission_denied, "this ticket belongs to none of your management groups"};
        if (seen.error().code() != ErrorCode::not_found) return seen.error();
    }
    return {ErrorCode::not_found, "there is no such ticket"};
}

/// The ticket the path names, locked; 412 where If-Match names another version.
Result<Ticket> lock_ticket(const Call& call, ports::TenantSession& session)
{
    const auto id = call.id<TicketId>();
    if (!id) return id.error();
    auto locked = session.tickets().lock({*id});
    if (!locked) return locked.error();
    if (locked->empty()) return no_such_ticket(call, session, *id);
    if (const auto ok = check_if_match(call.request.head, locked->front().version); !ok) return ok.error();
    return std::move(locked->front());
}

/// Of a parent and its ancestors: what is above one that is not seen cannot be looked at, and might be the child.
Result<Done> sees_all(const Call& call, ports::TenantSession& session, const std::vector<TicketId>& line)
{
    if (!call.who.groups) return Done{};
    const auto seen = session.tickets().seen(line);
    if (!seen) return seen.error();
    if (seen->size() == line.size()) return Done{};
    return field_error("/parent_id", "must be the id of one of your tickets, as must be those above it");
}

std::optional<Move> read_move(FieldReader& fields)
{
    const auto word = fields.word("to", domain::words_of(domain::ticket_states()), Need::required);
    auto comment = fields.text("comment", {0, kMaxComment});
    if (!word) return std::nullopt;
    return Move{.to = domain::parse_ticket_state(*word).value_or(TicketState::open),
                .comment = std::move(comment).value_or("")};
}

tickets::Round round_of(const Call& call, tickets::Surroundings around)
{
    return {act_of(call), call.who.user_name, std::move(around)};
}

/// A locked ticket becomes what is wanted of it.
Result<Done> work_on(Ticket& ticket, const Wanted& wanted, const Call& call, ports::TenantSession& session)
{
    const auto wishes = read_wishes({&ticket, 1}, wanted);
    auto around = load_surroundings(session, {&ticket, 1}, wishes);
    if (!around) return around.error();
    auto round = round_of(call, *std::move(around));
    if (auto decided = decide(round, ticket, wishes); !decided) return decided;
    return store_changes(session, round);
}

/// One that is changed already, where nothing need be known around it.
Result<Done> store(const Ticket& ticket, const std::vector<TicketEvent>& events, const Call& call,
                   ports::TenantSession& session)
{
    auto round = round_of(call, {});
    if (!events.empty()) round.keep(ticket, events);
    return store_changes(session, round);
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

struct BulkChange {
    std::vector<TicketId> ids;
    Wanted wanted;
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
        if (auto move = read_move(*transition)) change.wanted = *std::move(move);
        transition->close();
    }
    const auto* const patch = fields.any("patch");
    if (fields.has("transition") == (patch != nullptr)) {
        fields.error("", "must have exactly one of 'transition' and 'patch'");
    }
    if (patch != nullptr) {
        if (!patch->is_object()) fields.error("patch", "must be an object");
        change.wanted = *patch;
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
    if (const auto ok = work_on(*ticket, *patch, call, session); !ok) return ok.error();
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
    if (const auto ok = work_on(*ticket, *move, call, session); !ok) return ok.error();
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
    const auto events = tickets::comment_on_ticket(*ticket, *text, act_of(call));
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
    if (const auto ok = sees_all(call, session, *line); !ok) return ok.error();
    if (const auto ok = tickets::check_ancestry(*id, *line); !ok) return ok.error();
    const auto events = tickets::set_parent(*ticket, parent, act_of(call));
    if (const auto ok = store(*ticket, events, call, session); !ok) return ok.error();
    return versioned(ticket_json(*ticket), ticket->version);
}

Result<http::Response> delete_ticket_parent(const Call& call, ports::TenantSession& session)
{
    auto ticket = lock_ticket(call, session);
    if (!ticket) return ticket.error();
    const auto events = tickets::set_parent(*ticket, std::nullopt, act_of(call));
    if (const auto ok = store(*ticket, events, call, session); !ok) return ok.error();
    return no_content();
}

Result<http::Response> change_tickets_in_bulk(const Call& call, ports::TenantSession& session)
{
    const auto change = read_bulk(call.request);
    if (!change) return change.error();
    auto locked = session.tickets().lock(change->ids);
    if (!locked) return locked.error();
    const auto wishes = read_wishes(*locked, change->wanted);
    auto around = load_surroundings(session, *locked, wishes);
    if (!around) return around.error();
    auto round = round_of(call, *std::move(around));
    const auto items =
        tickets::change_each(change->ids, *locked, [&](Ticket& ticket) { return decide(round, ticket, wishes); });
    if (!items) return items.error();

    auto results = json::array();
    std::size_t succeeded = 0;
    for (const auto& [id, done, state, version] : *items) {
        json item{{"id", id.str()}};
        if (done) {
            ++succeeded;
            item["state"] = to_string(state);
            item["version"] = version;
        } else {
            item["error"] = item_error(done.error());
        }
        results.push_back(std::move(item));
    }
    if (const auto ok = store_changes(session, round); !ok) return ok.error();
    const auto failed = results.size() - succeeded;
    return json_response(200, {{"results", std::move(results)}, {"succeeded", succeeded}, {"failed", failed}});
}

}  // namespace winnow::api
