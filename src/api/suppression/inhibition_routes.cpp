#include "api/costs/cost_json.hpp"
#include "api/quotas/quotas.hpp"
#include "api/rest/json_body.hpp"
#include "api/rest/resource.hpp"
#include "api/rest/respond.hpp"
#include "api/rest/route.hpp"
#include "api/suppression/scope_json.hpp"
#include "api/tickets/live_tickets.hpp"
#include "winnow/base/text.hpp"
#include "winnow/expr/check.hpp"
#include "winnow/expr/matchers.hpp"
#include "winnow/ports/inhibition_store.hpp"
#include "winnow/ports/settings_store.hpp"
#include "winnow/suppression/breadth.hpp"
#include "winnow/suppression/inhibition.hpp"
#include "winnow/tickets/ticket_fields.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

namespace winnow::api {
namespace {

using domain::Inhibition;
using http::Response;
using nlohmann::json;
using ports::StoredInhibition;
using ports::TenantSession;

constexpr std::size_t kMaxEqual = 32;
constexpr ScopeNames kSource{.matchers = "source_matchers", .condition = "source_condition"};
constexpr ScopeNames kTarget{.matchers = "target_matchers", .condition = "target_condition"};

json inhibition_json(const StoredInhibition& stored, Timestamp now)
{
    const auto& inhibition = stored.inhibition;
    json document{
        {"id", inhibition.id.str()},
        {"name", inhibition.name},
        {"enabled", inhibition.enabled},
        {"equal", inhibition.equal},
        {"stats", {{"matched", stored.stats.matched}, {"last_matched_at", time_json(stored.stats.last_matched_at)}}},
        {"version", inhibition.version},
        {"updated_at", format_rfc3339(inhibition.updated_at)},
        {"updated_by", inhibition.updated_by}};
    document["cost"] = cost_json(stored.cost, now);
    show_scope(document, inhibition.source, kSource);
    show_scope(document, inhibition.target, kTarget);
    show_problem(document, inhibition.source, kSource);
    show_problem(document, inhibition.target, kTarget);
    return document;
}

using LabelNames = std::set<std::string, std::less<>>;

/// What is odd about a name in `equal`. What both sides lack is equal, as it is in Alertmanager, so a misspelt name
/// makes the two agree always: a label that neither side asks for and that no live ticket has is told of.
std::optional<std::string> odd_equal(const std::string& name, const Inhibition& inhibition, const LabelNames& seen)
{
    const auto checked = expr::check_name(name);
    if (!checked) return checked.error().message();  // older than the check
    if (seen.contains(name)) return std::nullopt;
    if (*checked) return *checked;
    if (expr::is_own_field(name)) return std::nullopt;
    const auto asked_for = [&](const domain::Scope& side) {
        const auto scope = suppression::Scope::compile(side);
        return scope && scope->asks_for(name);
    };
    if (asked_for(inhibition.source) || asked_for(inhibition.target)) return std::nullopt;
    const auto near = nearest(std::string_view(name).substr(0, 64), seen);
    return "no live ticket has a label " + name + (near.empty() ? "" : " (did you mean " + near + "?)") +
           ": what both lack is equal, so one source keeps every target without it quiet; where the label must be "
           "there, "
           "ask for it on a side: " +
           name + "=~\".+\"";
}

void warn_of_idleness(json& document, const Inhibition& inhibition)
{
    const auto source = suppression::Scope::compile(inhibition.source);
    const auto target = suppression::Scope::compile(inhibition.target);
    if (!source || !target) return;
    if (source->same_as(*target)) {
        const bool is_matchers = inhibition.target.syntax == domain::RuleSyntax::matchers;
        document["warnings"].push_back(
            {{"pointer", "/" + std::string(is_matchers ? kTarget.matchers : kTarget.condition)},
             {"detail",
              "finds the same alerts as the source side, so this never keeps anything quiet: what both sides find is "
              "explained only by a source that the target side does not find"}});
    }
    for (std::size_t i = 0; i < inhibition.equal.size(); ++i) {
        const auto* one = source->only_value_of(inhibition.equal[i]);
        const auto* other = target->only_value_of(inhibition.equal[i]);
        if (one == nullptr || other == nullptr || *one == *other) continue;
        document["warnings"].push_back(
            {{"pointer", "/equal/" + std::to_string(i)},
             {"detail", inhibition.equal[i] + ": the two sides ask for different values of it (\"" + *one +
                            "\" and \"" + *other + "\"), which are never equal, so this never keeps anything quiet"}});
    }
}

/// With what whoever saved it is to hear.
json saved_json(const StoredInhibition& stored, const LabelNames& seen, Timestamp now)
{
    auto document = inhibition_json(stored, now);
    const auto at = suppression::hours_of_a_week(now);
    warn_of_scope(document, stored.inhibition.source, at, kSource);
    warn_of_scope(document, stored.inhibition.target, at, kTarget);
    warn_of_idleness(document, stored.inhibition);
    const auto& equal = stored.inhibition.equal;
    for (std::size_t i = 0; i < equal.size(); ++i) {
        auto odd = odd_equal(equal[i], stored.inhibition, seen);
        if (!odd) continue;
        document["warnings"].push_back(
            {{"pointer", "/equal/" + std::to_string(i)}, {"detail", equal[i] + ": " + *std::move(odd)}});
    }
    return document;
}

/// Names that stood there before are not judged again.
void check_equal(const std::vector<std::string>& equal, const Inhibition* before, FieldReader& fields)
{
    for (std::size_t i = 0; i < equal.size(); ++i) {
        if (before != nullptr && std::ranges::find(before->equal, equal[i]) != before->equal.end()) continue;
        if (const auto good = expr::check_name(equal[i]); !good) {
            fields.item_error("equal", i, good.error().message());
        }
    }
}

Result<Inhibition> read_inhibition(const Call& call, const json& document, const Inhibition* before = nullptr)
{
    const auto everything = everything_of(call.request.head);
    if (!everything) return everything.error();
    Inhibition inhibition;
    FieldReader fields(document);
    inhibition.name = fields.text("name", {1, 200}, Need::required).value_or("");
    inhibition.enabled = fields.boolean("enabled").value_or(true);
    ScopeGuard guard{.at = suppression::hours_of_a_week(call.now), .everything = *everything};
    if (before != nullptr) guard.before = &before->source;
    inhibition.source = read_scope(fields, guard, kSource);
    if (before != nullptr) guard.before = &before->target;
    inhibition.target = read_scope(fields, guard, kTarget);
    inhibition.equal = fields.texts("equal", {1, 255}, kMaxEqual).value_or(inhibition.equal);
    check_equal(inhibition.equal, before, fields);
    fields.read_only({"id", "problem", "stats", "cost", "version", "updated_at", "updated_by", "warnings"});
    if (const auto read = fields.finish(); !read) return read.error();
    std::ranges::sort(inhibition.equal);
    inhibition.equal.erase(std::ranges::unique(inhibition.equal).begin(), inhibition.equal.end());
    return inhibition;
}

/// A thousand steps for each of as many live tickets as are looked at.
constexpr suppression::Effort kEffortOfTickets{.steps = 1'000 * kMaxLiveTickets};

Error costs_too_much(const Inhibition& inhibition)
{
    const bool is_matchers = inhibition.source.syntax == domain::RuleSyntax::matchers;
    return Error({{.pointer = "/" + std::string(is_matchers ? kSource.matchers : kSource.condition),
                   .detail = "costs too much, with the target's, to be asked of all live tickets: ask for a value that "
                             "is there first, as in source == \"db-7\" && …"}});
}

/// What fires already counts from now on. The labels that live tickets have.
Result<LabelNames> take_sources(const Inhibition& inhibition, Timestamp now, TenantSession& session)
{
    domain::TenantConfig config;
    config.inhibitions = {inhibition};
    const auto compiled = suppression::Suppressions::compile(config);
    const auto source_side = suppression::Scope::compile(inhibition.source);
    if (!source_side) return source_side.error();
    const auto target_side = suppression::Scope::compile(inhibition.target);
    if (!target_side) return target_side.error();
    auto effort = kEffortOfTickets;
    bool affordable = true;
    std::vector<ports::SourceTicket> sources;
    LabelNames seen;
    const auto complete = for_live_tickets(session.tickets(), [&](const domain::Ticket& ticket) {
        auto alert = tickets::alert_of(ticket);
        for (const auto& [name, value] : alert.labels.entries()) seen.emplace(name);
        if (!inhibition.enabled || !affordable) return;
        const auto explains = source_side->finds(alert, now, effort);
        if (explains == false) return;
        affordable = explains && target_side->finds(alert, now, effort);
        if (!affordable) return;
        suppression::Inhibitor inhibitor(*compiled, {});
        static_cast<void>(inhibitor.take(alert, now));
        for (auto& source : std::move(inhibitor).changes()) {
            sources.push_back(
                {.ticket_id = ticket.id, .equal = std::move(source.equal), .two_sided = source.two_sided});
        }
    });
    if (!complete) return complete.error();
    if (!affordable) return costs_too_much(inhibition);
    if (const auto replaced = session.inhibitions().replace_sources(inhibition.id, sources); !replaced) {
        return replaced.error();
    }
    return seen;
}

Result<Response> list_inhibitions(const Call& call, TenantSession& session)
{
    const auto& head = call.request.head;
    if (const auto known = only_parameters(head, {"limit", "cursor"}); !known) return known.error();
    const auto page = id_page<InhibitionId>(head);
    if (!page) return page.error();
    return id_page_response(
        head, *page, [&](const auto& after, std::size_t most) { return session.inhibitions().page(after, most); },
        [&](const auto& stored) { return inhibition_json(stored, call.now); },
        [](const auto& stored) { return stored.inhibition.id; });
}

Result<Response> get_inhibition(const Call& call, TenantSession& session)
{
    const auto id = call.id<InhibitionId>();
    if (!id) return id.error();
    const auto found = session.inhibitions().find(*id);
    if (!found) return found.error();
    return versioned(inhibition_json(*found, call.now),
                     found->inhibition.version);  // not 304: counts change without a version
}

Result<Response> create_inhibition(const Call& call, TenantSession& session)
{
    const auto document = read_object(call.request);
    if (!document) return document.error();
    auto inhibition = read_inhibition(call, *document);
    if (!inhibition) return inhibition.error();
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    if (const auto room = has_room(call, session, domain::Quota::inhibitions); !room) return room.error();
    inhibition->id = InhibitionId(call.services.new_id());
    inhibition->updated_at = call.now;
    inhibition->updated_by = call.who.actor();
    if (const auto stored = session.inhibitions().insert(*inhibition); !stored) return stored.error();
    const auto seen = take_sources(*inhibition, call.now, session);
    if (!seen) return seen.error();
    return created("/api/v1/inhibitions/" + inhibition->id.str(), saved_json({*inhibition, {}}, *seen, call.now),
                   inhibition->version);
}

/// PUT and PATCH.
Result<Response> change_inhibition(const Call& call, TenantSession& session)
{
    const auto id = call.id<InhibitionId>();
    if (!id) return id.error();
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    const auto current = session.inhibitions().find(*id);
    if (!current) return current.error();
    if (const auto fresh = check_if_match(call.request.head, current->inhibition.version); !fresh) return fresh.error();
    const auto document = wanted_document(call, inhibition_json(*current, call.now));
    if (!document) return document.error();
    auto inhibition = read_inhibition(call, *document, &current->inhibition);
    if (!inhibition) return inhibition.error();
    inhibition->id = *id;
    inhibition->version = current->inhibition.version + 1;
    inhibition->updated_at = call.now;
    inhibition->updated_by = call.who.actor();
    if (const auto stored = session.inhibitions().update(*inhibition); !stored) return stored.error();
    const auto seen = take_sources(*inhibition, call.now, session);
    if (!seen) return seen.error();
    return versioned(saved_json({*inhibition, current->stats}, *seen, call.now), inhibition->version);
}

Result<Response> delete_inhibition(const Call& call, TenantSession& session)
{
    const auto id = call.id<InhibitionId>();
    if (!id) return id.error();
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    const auto current = session.inhibitions().find(*id);
    if (!current) return current.error();
    if (const auto fresh = check_if_match(call.request.head, current->inhibition.version); !fresh) return fresh.error();
    if (const auto removed = session.inhibitions().remove(*id); !removed) return removed.error();
    return no_content();
}

}  // namespace

std::vector<Route> inhibition_routes()
{
    using enum access::Permission;
    return {
        {"GET", "/api/v1/inhibitions", read_inhibitions, "listInhibitions", list_inhibitions},
        {"POST", "/api/v1/inhibitions", write_inhibitions, "createInhibition", create_inhibition},
        {"GET", "/api/v1/inhibitions/{id}", read_inhibitions, "getInhibition", get_inhibition},
        {"PUT", "/api/v1/inhibitions/{id}", write_inhibitions, "replaceInhibition", change_inhibition},
        {"PATCH", "/api/v1/inhibitions/{id}", write_inhibitions, "updateInhibition", change_inhibition},
        {"DELETE", "/api/v1/inhibitions/{id}", write_inhibitions, "deleteInhibition", delete_inhibition},
    };
}

}  // namespace winnow::api
