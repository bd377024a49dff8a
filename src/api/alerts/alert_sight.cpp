#include "api/alerts/alert_sight.hpp"

#include "winnow/ports/tenants/management_group_store.hpp"
#include "winnow/ports/ticket_store.hpp"

#include <algorithm>
#include <cstddef>

namespace winnow::api {

namespace {

constexpr std::size_t kAllGroups = 100'000;
constexpr std::size_t kAtOnce = 5'000;  // tickets of one question

}  // namespace

Result<AlertSight> AlertSight::of(const access::Principal& who, ports::TenantSession& session)
{
    AlertSight sight;
    if (!who.groups) return sight;
    sight.groups_ = who.groups;
    sight.store_ = &session.tickets();
    auto& store = session.management_groups();
    const auto groups = store.page(std::nullopt, kAllGroups);
    if (!groups) return groups.error();
    sight.labels_ = domain::GroupMap(*groups);
    const auto integrations = store.seen_integrations(who.groups);
    if (!integrations) return integrations.error();
    sight.integrations_ = {integrations->begin(), integrations->end()};
    return sight;
}

Result<Done> AlertSight::look_at(const std::vector<TicketId>& tickets)
{
    if (!is_narrowed()) return Done{};
    std::vector<TicketId> unknown;
    for (const auto& ticket : tickets) {
        if (tickets_.emplace(ticket, false).second) unknown.push_back(ticket);
    }
    for (std::size_t begin = 0; begin < unknown.size(); begin += kAtOnce) {
        const auto end = std::min(begin + kAtOnce, unknown.size());
        const auto at = [&](std::size_t place) {
            return unknown.begin() + static_cast<std::ptrdiff_t>(place);
        };
        const auto seen = store_->seen({at(begin), at(end)});
        if (!seen) return seen.error();
        for (const auto& ticket : *seen) tickets_[ticket] = true;
    }
    return Done{};
}

bool AlertSight::sees(TicketId ticket) const
{
    if (!is_narrowed()) return true;
    const auto found = tickets_.find(ticket);
    return found != tickets_.end() && found->second;
}

bool AlertSight::sees(const domain::Alert& alert, const domain::Verdict* verdict) const
{
    if (!is_narrowed()) return true;
    if (verdict != nullptr && verdict->ticket_id) return sees(*verdict->ticket_id);
    if (const auto group = labels_.of_labels(alert.labels)) return std::ranges::binary_search(*groups_, *group);
    return integrations_.contains(alert.integration_id);
}

}  // namespace winnow::api
