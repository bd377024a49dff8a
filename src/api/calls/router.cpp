#include "api/calls/router.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <stdexcept>

namespace winnow::api {

namespace {

using access::Permission;

std::vector<std::string_view> split(std::string_view path)
{
    std::vector<std::string_view> segments;
    path.remove_prefix(1);  // the leading slash
    while (true) {
        const auto slash = path.find('/');
        segments.push_back(path.substr(0, slash));
        if (slash == std::string_view::npos) return segments;
        path.remove_prefix(slash + 1);
    }
}

bool is_parameter(std::string_view segment) noexcept
{
    return segment.starts_with('{') && segment.ends_with('}');
}

/// The pattern with its parameters' names taken out: two routes with the same shape and method collide.
std::string shape_of(std::string_view pattern)
{
    std::string shape;
    for (const auto segment : split(pattern)) shape += is_parameter(segment) ? "/{}" : "/" + std::string(segment);
    return shape;
}

RouteEntry special(std::string_view method, std::string_view pattern, Permission permission,
                   std::string_view operation_id, Special kind)
{
    RouteEntry entry;
    entry.route = {method, pattern, permission, operation_id, {}};
    entry.special = kind;
    return entry;
}

/// What is recorded of each.
void add_acts(std::vector<RouteEntry>& entries)
{
    for (auto& [route, kind, path, flow] : entries) {
        route.act = audit::act_of(route.operation_id);
        if (route.act == nullptr || route.act->recorded != audit::Recorded::with_changes) continue;
        const auto shows = std::ranges::find_if(entries, [&pattern = route.pattern](const RouteEntry& other) {
            return other.route.method == "GET" && other.route.pattern == pattern;
        });
        if (shows == entries.end()) {
            throw std::logic_error(std::string(route.operation_id) + " is recorded with changes that nothing shows");
        }
        route.shows = shows->route.handler;
    }
}

/// With and without the key in the path.
void add_paths(const intake::Sender& sender, std::vector<RouteEntry>& entries)
{
    for (const auto& path : sender.paths) {
        const auto kind = path.reply == nullptr ? Special::alerts : Special::sender_reply;
        for (const auto& [pattern, operation_id] : {path.place, path.with_token}) {
            if (pattern.empty()) continue;
            auto entry = special(path.method, pattern, Permission::ingest, operation_id, kind);
            entry.route.sender = &sender;
            entry.path = &path;
            entries.push_back(std::move(entry));
        }
    }
}

}  // namespace

std::vector<RouteEntry> customer_routes()
{
    std::vector<RouteEntry> entries;
    for (const auto* sender : intake::senders()) add_paths(*sender, entries);
    entries.push_back(special("GET", "/livez", Permission::open, "getLiveness", Special::alive));
    entries.push_back(special("GET", "/readyz", Permission::open, "getReadiness", Special::ready));
    entries.push_back(special("GET", "/api/v1/security-features", Permission::open, "getSecurityFeatures",
                              Special::security_features));
    entries.push_back(
        special("GET", "/api/v1/responsibility", Permission::open, "getResponsibility", Special::responsibility));
    for (auto& entry : sign_in_entries()) entries.push_back(std::move(entry));
    for (auto& entry : provider_entries()) entries.push_back(std::move(entry));
    for (auto* resource : {&ticket_routes,      &alert_routes,         &explanation_routes,
                           &rule_routes,        &backtest_routes,      &suggestion_routes,
                           &noise_routes,       &contact_routes,       &contact_group_routes,
                           &integration_routes, &delivery_routes,      &settings_routes,
                           &silence_routes,     &inhibition_routes,    &maintenance_routes,
                           &user_routes,        &user_life_routes,     &me_routes,
                           &audit_routes,       &access_log_routes,    &networks_routes,
                           &export_routes,      &provider_routes,      &announcement_routes,
                           &inquiry_routes,     &support_grant_routes, &management_group_routes,
                           &access_key_routes,  &scim_token_routes,    &scim_routes,
                           &uom_routes,         &import_routes}) {
        for (auto& route : (*resource)()) {
            if (route.sender == nullptr) route.sender = intake::sender_at(route.pattern);
            entries.push_back({std::move(route), Special::none});
        }
    }
    add_acts(entries);
    return entries;
}

Router::Router(std::vector<RouteEntry> routes) : routes_(std::move(routes))
{
    std::set<std::pair<std::string, std::string>> seen;
    patterns_.reserve(routes_.size());
    for (const auto& [route, kind, path, flow] : routes_) {
        const std::string name = std::string(route.method) + " " + std::string(route.pattern);
        const bool has_data = kind == Special::none || kind == Special::alerts || kind == Special::sender_reply ||
                              kind == Special::waiting;
        const bool is_flow = kind == Special::auth || kind == Special::waiting;
        if (route.permission == Permission::open && has_data) throw std::logic_error(name + " asks for no permission");
        if (route.operation_id.empty()) throw std::logic_error(name + " has no operation id");
        if (is_flow && flow == nullptr) throw std::logic_error(name + " has no flow");
        if (kind == Special::none && !route.handler) throw std::logic_error(name + " has no handler");
        if (!seen.emplace(route.method, shape_of(route.pattern)).second) throw std::logic_error(name + " stands twice");
        patterns_.push_back({split(route.pattern)});
    }
}

std::optional<PathParameters> Router::match_one(const Pattern& pattern, const std::vector<std::string_view>& segments)
{
    if (pattern.segments.size() != segments.size()) return std::nullopt;
    PathParameters parameters;
    for (std::size_t i = 0; i < segments.size(); ++i) {
        const auto wanted = pattern.segments[i];
        if (!is_parameter(wanted)) {
            if (wanted != segments[i]) return std::nullopt;
            continue;
        }
        auto value = http::percent_decode(segments[i]);
        if (!value || value->empty()) return std::nullopt;
        parameters.emplace_back(wanted.substr(1, wanted.size() - 2), *std::move(value));
    }
    return parameters;
}

Router::Match Router::match(std::string_view method, std::string_view path) const
{
    Match found;
    if (!path.starts_with('/')) return found;
    if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
    const auto wanted = method == "HEAD" ? std::string_view("GET") : method;
    const auto segments = split(path);
    std::size_t best = static_cast<std::size_t>(-1);  // parameters of the most literal pattern that fits
    for (std::size_t i = 0; i < routes_.size(); ++i) {
        auto parameters = match_one(patterns_[i], segments);
        if (!parameters || parameters->size() > best) continue;
        // A literal path goes before one with parameters ("/tickets/stats" before "/tickets/{id}"), also for methods
        // that only the latter has.
        if (parameters->size() < best) found = {};
        best = parameters->size();
        const auto& route = routes_[i].route;
        if (route.method == wanted) {
            found.entry = &routes_[i];
            found.parameters = *std::move(parameters);
            if (best == 0) return found;  // nothing is more literal
        } else if (found.allowed.find(route.method) == std::string::npos) {
            found.allowed += (found.allowed.empty() ? "" : ", ") + std::string(route.method);
            if (route.method == "GET") found.allowed += ", HEAD";
        }
    }
    return found;
}

}  // namespace winnow::api
