#include "api/notify/mute_routes.hpp"

#include "winnow/ports/contact_store.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>
#include <set>
#include <utility>
#include <variant>

namespace winnow::api {
namespace {

using domain::RouteAction;
using nlohmann::json;

constexpr auto kAll = static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max());

/// `the group "x", which has`, `the groups "x" and "y", which have`.
std::string named(const std::vector<std::string>& names)
{
    std::string list;
    for (std::size_t i = 0; i < names.size(); ++i) {
        list += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + ("\"" + names[i] + "\"");
    }
    return names.size() == 1 ? "the group " + list + ", which has" : "the groups " + list + ", which have";
}

constexpr auto kNobody = " no enabled contact; the default route is asked only where no rule routes";

}  // namespace

Result<MuteGroups> mute_groups(const std::unordered_set<ContactGroupId>& among, ports::TenantSession& session)
{
    MuteGroups mute;
    if (among.empty()) return mute;
    const auto groups = session.contacts().page_groups(std::nullopt, kAll);
    if (!groups) return groups.error();
    const auto contacts = session.contacts().page(std::nullopt, kAll);
    if (!contacts) return contacts.error();
    std::set<ContactId> enabled;
    for (const auto& contact : *contacts) {
        if (contact.enabled) enabled.insert(contact.id);
    }
    for (const auto& group : *groups) {
        if (!among.contains(group.id)) continue;
        if (std::ranges::none_of(group.contact_ids, [&](ContactId id) { return enabled.contains(id); })) {
            mute.emplace(group.id, group.name);
        }
    }
    return mute;
}

std::unordered_set<ContactGroupId> groups_routed_to(const std::vector<domain::Rule>& rules)
{
    std::unordered_set<ContactGroupId> groups;
    for (const auto& rule : rules) {
        for (const auto& action : rule.actions) {
            const auto* route = std::get_if<RouteAction>(&action);
            if (route != nullptr) groups.insert(route->contact_group_ids.begin(), route->contact_group_ids.end());
        }
    }
    return groups;
}

void append_mute_routes(json& findings, const std::vector<domain::Rule>& rules, const MuteGroups& mute)
{
    if (mute.empty()) return;
    for (const auto& rule : rules) {
        for (std::size_t i = 0; i < rule.actions.size(); ++i) {
            const auto* route = std::get_if<RouteAction>(&rule.actions[i]);
            if (route == nullptr) continue;
            std::vector<std::string> names;
            for (const auto& id : route->contact_group_ids) {
                if (const auto found = mute.find(id); found != mute.end()) names.push_back(found->second);
            }
            if (names.empty() || names.size() < route->contact_group_ids.size()) continue;
            findings.push_back({{"rule_id", rule.id.str()},
                                {"rule_name", rule.name},
                                {"kind", "suspicious"},
                                {"severity", "warning"},
                                {"message", "it routes to " + named(names) + kNobody},
                                {"pointer", "/actions/" + std::to_string(i) + "/contact_group_ids"},
                                {"position", nullptr},
                                {"because_of", nullptr}});
        }
    }
}

Result<Done> append_mute_routes(json& findings, const std::vector<domain::Rule>& rules, ports::TenantSession& session)
{
    const auto mute = mute_groups(groups_routed_to(rules), session);
    if (!mute) return mute.error();
    append_mute_routes(findings, rules, *mute);
    return Done{};
}

Result<std::vector<std::string>> names_on_route(const std::vector<ContactGroupId>& route, ports::TenantSession& session)
{
    std::vector<std::string> names;
    for (const auto& id : route) {
        auto group = session.contacts().find_group(id);
        if (group) {
            names.push_back(std::move(group->name));
        } else if (group.error().code() != ErrorCode::not_found) {
            return group.error();
        }
    }
    return names;
}

std::string why_nobody_is_reached(const std::vector<ContactGroupId>& route, const std::vector<std::string>& names,
                                  const std::string& rule)
{
    if (route.empty()) return "No rule routed the alert, and the default route led to no enabled contact.";
    if (names.empty()) {
        return "The contact groups that it was routed to are gone, and the default route led to no enabled contact.";
    }
    const auto who = rule.empty() ? std::string("The ticket is routed") : "The rule \"" + rule + "\" routes";
    return who + " to " + named(names) + kNobody + ".";
}

}  // namespace winnow::api
