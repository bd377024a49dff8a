#include "winnow/domain/tenants/management_group.hpp"

namespace winnow::domain {

namespace {

/// nullopt: of none, so that all see it.
std::optional<ManagementGroupId> group_of(const Belonging& what, const GroupMap& groups)
{
    if (what.group) return what.group;
    return what.integration ? groups.of_integration(*what.integration) : std::nullopt;
}

}  // namespace

GroupMap::GroupMap(const std::vector<ManagementGroup>& groups)
{
    for (const auto& group : groups) {
        for (const auto& integration : group.integrations) by_integration_.emplace(integration, group.id);
        for (const auto& label : group.labels) {
            const auto [at, fresh] = by_label_.emplace(label, group.id);
            if (!fresh && at->second != group.id) at->second = kSeveralGroups;
        }
    }
}

std::optional<ManagementGroupId> GroupMap::of_labels(const Labels& labels) const
{
    std::optional<ManagementGroupId> found;
    if (by_label_.empty()) return found;
    for (const auto& label : labels.entries()) {
        const auto at = by_label_.find(label);
        if (at == by_label_.end()) continue;
        found = !found || *found == at->second ? at->second : kSeveralGroups;
    }
    return found;
}

std::optional<ManagementGroupId> GroupMap::of_integration(IntegrationId integration) const
{
    const auto at = by_integration_.find(integration);
    return at == by_integration_.end() ? std::nullopt : std::optional(at->second);
}

Belonging belonging_of(const Alert& alert, const GroupMap& groups)
{
    Belonging fresh{.integration = {}, .group = groups.of_labels(alert.labels)};
    if (!alert.integration_id.is_nil()) fresh.integration = alert.integration_id;
    return fresh;
}

Belonging joined_by(const Belonging& ticket, const Alert& alert, const GroupMap& groups)
{
    if (ticket.by_hand || ticket.group == kSeveralGroups) return ticket;
    const auto fresh = belonging_of(alert, groups);
    if (!ticket.integration && !ticket.group) return fresh;
    const auto theirs = group_of(fresh, groups);
    const auto own = group_of(ticket, groups);
    if (!theirs || theirs == own) return ticket;
    if (!own) return fresh;
    return {.integration = ticket.integration, .group = kSeveralGroups};
}

}  // namespace winnow::domain
