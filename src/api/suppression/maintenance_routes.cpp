#include "api/costs/cost_json.hpp"
#include "api/quotas/quotas.hpp"
#include "api/rest/json_body.hpp"
#include "api/rest/resource.hpp"
#include "api/rest/respond.hpp"
#include "api/rest/route.hpp"
#include "api/suppression/scope_json.hpp"
#include "winnow/forms/window_form.hpp"
#include "winnow/ports/maintenance_store.hpp"
#include "winnow/ports/settings_store.hpp"
#include "winnow/suppression/breadth.hpp"
#include "winnow/suppression/recurrence.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace winnow::api {
namespace {

using domain::MaintenanceWindow;
using http::Response;
using nlohmann::json;
using ports::StoredWindow;
using ports::TenantSession;

constexpr std::size_t kShownOccurrences = 10;

json window_json(const StoredWindow& stored, Timestamp now)
{
    const auto& window = stored.window;
    auto document = forms::window_json(window);
    document["active"] = false;
    document["next_occurrences"] = json::array();
    document["problem"] = nullptr;
    document["stats"] = {{"matched", stored.stats.matched},
                         {"last_matched_at", time_json(stored.stats.last_matched_at)}};
    document["cost"] = cost_json(stored.cost, now);
    show_scope(document, window.scope);
    show_problem(document, window.scope);
    if (document["problem"].is_string()) return document;
    const auto recurrence = suppression::Recurrence::compile(window);
    if (!recurrence) {  // what was taken once need not be readable for ever: a zone's name goes, a part is refused now
        const auto& error = recurrence.error().fields().front();
        document["problem"] = error.pointer.substr(1) + ": " + error.detail;
        return document;
    }
    for (const auto& [starts_at, ends_at] : recurrence->next(now, kShownOccurrences)) {
        if (starts_at <= now) document["active"] = window.enabled;
        document["next_occurrences"].push_back(
            {{"starts_at", format_rfc3339(starts_at)}, {"ends_at", format_rfc3339(ends_at)}});
    }
    return document;
}

/// Some of the instants at which it is in force.
std::vector<Timestamp> instants_of(const MaintenanceWindow& window, Timestamp now)
{
    constexpr std::size_t kOfAll = 168;
    std::vector<Timestamp> instants;
    if (const auto recurrence = suppression::Recurrence::compile(window)) {
        const auto occurrences = recurrence->next(now, kShownOccurrences);
        for (const auto& [starts_at, ends_at] : occurrences) {
            const auto some = suppression::instants_within(starts_at, ends_at, kOfAll / occurrences.size());
            instants.insert(instants.end(), some.begin(), some.end());
        }
    }
    return instants.empty() ? suppression::hours_of_a_week(now) : instants;
}

/// What its times do not do, and whoever wrote them will have thought they do.
void warn_of_times(json& document, const MaintenanceWindow& window, Timestamp now)
{
    const auto warn = [&](std::string pointer, std::string detail) {
        document["warnings"].push_back({{"pointer", std::move(pointer)}, {"detail", std::move(detail)}});
    };
    auto whole = window;
    whole.exceptions.clear();
    const auto recurrence = suppression::Recurrence::compile(whole);
    if (!recurrence) return;
    for (std::size_t i = 0; i < window.exceptions.size(); ++i) {
        if (recurrence->begins_on(window.exceptions[i])) continue;
        warn("/exceptions/" + std::to_string(i),
             window.exceptions[i] + " leaves nothing out: no occurrence begins then, by the clocks of " +
                 window.time_zone);
    }
    const auto next = recurrence->next(now, kShownOccurrences);
    const auto parted = [](const suppression::Occurrence& a, const suppression::Occurrence& b) {
        return a.ends_at < b.starts_at;
    };
    if (next.size() < kShownOccurrences || std::ranges::adjacent_find(next, parted) != next.end()) return;
    warn("/duration", "each occurrence lasts until the next one begins: the window is always in force");
}

/// With what whoever saved it is to hear.
json saved_json(const StoredWindow& stored, Timestamp now)
{
    auto document = window_json(stored, now);
    warn_of_scope(document, stored.window.scope, instants_of(stored.window, now));
    warn_of_times(document, stored.window, now);
    return document;
}

/// "/rrule", or "/exceptions/1".
void tell(const FieldError& error, FieldReader& fields)
{
    const auto slash = error.pointer.find('/', 1);
    const auto field = error.pointer.substr(1, slash - 1);
    if (slash == std::string::npos) return fields.error(field, error.detail);
    fields.item_error(field, std::stoul(error.pointer.substr(slash + 1)), error.detail);
}

/// What the calendar has against the window, once its fields are read.
void check_recurrence(const MaintenanceWindow& window, Timestamp now, FieldReader& fields)
{
    const auto recurrence = suppression::Recurrence::compile(window);
    if (!recurrence) {
        for (const auto& error : recurrence.error().fields()) tell(error, fields);
    } else if (recurrence->next(now, 1).empty()) {
        fields.error(window.rrule.empty() ? "starts_at" : "rrule", "no occurrence lies ahead: it would never begin");
    }
}

Result<MaintenanceWindow> read_window(const Call& call, const json& document, const domain::Scope* before = nullptr)
{
    const auto everything = everything_of(call.request.head);
    if (!everything) return everything.error();
    FieldReader fields(document);
    auto [window, has_times] = forms::read_window(fields);
    fields.read_only({"active", "next_occurrences", "problem", "stats", "cost", "warnings"});
    if (has_times) check_recurrence(window, call.now, fields);
    window.scope =
        read_scope(fields, {.at = instants_of(window, call.now), .everything = *everything, .before = before});
    if (const auto read = fields.finish(); !read) return read.error();
    return std::move(window);
}

Result<Response> list_windows(const Call& call, TenantSession& session)
{
    const auto& head = call.request.head;
    if (const auto known = only_parameters(head, {"limit", "cursor"}); !known) return known.error();
    const auto page = id_page<MaintenanceWindowId>(head);
    if (!page) return page.error();
    return id_page_response(
        head, *page, [&](const auto& after, std::size_t most) { return session.maintenance().page(after, most); },
        [&](const auto& stored) { return window_json(stored, call.now); },
        [](const auto& stored) { return stored.window.id; });
}

Result<Response> get_window(const Call& call, TenantSession& session)
{
    const auto id = call.id<MaintenanceWindowId>();
    if (!id) return id.error();
    const auto found = session.maintenance().find(*id);
    if (!found) return found.error();
    return versioned(window_json(*found, call.now), found->window.version);  // not 304: time changes what it shows
}

Result<Response> create_window(const Call& call, TenantSession& session)
{
    const auto document = read_object(call.request);
    if (!document) return document.error();
    auto window = read_window(call, *document);
    if (!window) return window.error();
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    if (const auto room = has_room(call, session, domain::Quota::maintenance_windows); !room) return room.error();
    window->id = MaintenanceWindowId(call.services.new_id());
    window->updated_at = call.now;
    window->updated_by = call.who.actor();
    if (const auto stored = session.maintenance().insert(*window); !stored) return stored.error();
    return created("/api/v1/maintenance-windows/" + window->id.str(), saved_json({*window, {}}, call.now),
                   window->version);
}

/// PUT and PATCH.
Result<Response> change_window(const Call& call, TenantSession& session)
{
    const auto id = call.id<MaintenanceWindowId>();
    if (!id) return id.error();
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    const auto current = session.maintenance().find(*id);
    if (!current) return current.error();
    if (const auto fresh = check_if_match(call.request.head, current->window.version); !fresh) return fresh.error();
    const auto document = wanted_document(call, window_json(*current, call.now));
    if (!document) return document.error();
    auto window = read_window(call, *document, &current->window.scope);
    if (!window) return window.error();
    window->id = *id;
    window->version = current->window.version + 1;
    window->updated_at = call.now;
    window->updated_by = call.who.actor();
    if (const auto stored = session.maintenance().update(*window); !stored) return stored.error();
    return versioned(saved_json({*window, current->stats}, call.now), window->version);
}

Result<Response> delete_window(const Call& call, TenantSession& session)
{
    const auto id = call.id<MaintenanceWindowId>();
    if (!id) return id.error();
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    const auto current = session.maintenance().find(*id);
    if (!current) return current.error();
    if (const auto fresh = check_if_match(call.request.head, current->window.version); !fresh) return fresh.error();
    if (const auto removed = session.maintenance().remove(*id); !removed) return removed.error();
    return no_content();
}

}  // namespace

std::vector<Route> maintenance_routes()
{
    using enum access::Permission;
    constexpr std::string_view kAll = "/api/v1/maintenance-windows";
    constexpr std::string_view kOne = "/api/v1/maintenance-windows/{id}";
    return {
        {"GET", kAll, read_maintenance, "listMaintenanceWindows", list_windows},
        {"POST", kAll, write_maintenance, "createMaintenanceWindow", create_window},
        {"GET", kOne, read_maintenance, "getMaintenanceWindow", get_window},
        {"PUT", kOne, write_maintenance, "replaceMaintenanceWindow", change_window},
        {"PATCH", kOne, write_maintenance, "updateMaintenanceWindow", change_window},
        {"DELETE", kOne, write_maintenance, "deleteMaintenanceWindow", delete_window},
    };
}

}  // namespace winnow::api
