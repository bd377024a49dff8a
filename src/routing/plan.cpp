#include "winnow/routing/plan.hpp"

#include <algorithm>
#include <cstdint>
#include <unordered_set>

namespace winnow::routing {

namespace {

std::uint64_t mixed(std::uint64_t word) noexcept
{
    word ^= word >> 32U;
    word *= 0xD6E8FEB86659FD93ULL;
    word ^= word >> 32U;
    word *= 0xD6E8FEB86659FD93ULL;
    return word ^ word >> 32U;
}

// Two lanes that absorb every word, each with its own constant, and then each other. No secret: it must be the same on
// every node and after every replay, and spread well, no more.
DeliveryId delivery_id(TicketId ticket, std::int32_t event_seq, ContactId contact) noexcept
{
    std::uint64_t high = 0x243F6A8885A308D3ULL;
    std::uint64_t low = 0x13198A2E03707344ULL;
    for (const auto word : {ticket.value().high(), ticket.value().low(), static_cast<std::uint64_t>(event_seq),
                            contact.value().high(), contact.value().low()}) {
        high = mixed(high ^ word);
        low = mixed(low + word * 0x9E3779B97F4A7C15ULL);
    }
    high = mixed(high ^ low);
    low = mixed(low + high);
    constexpr std::uint64_t kVersion8 = 0x8000;
    constexpr std::uint64_t kVariant = 0x8000'0000'0000'0000ULL;
    return DeliveryId(
        Uuid::from_words((high & ~std::uint64_t{0xF000}) | kVersion8, (low & 0x3FFF'FFFF'FFFF'FFFFULL) | kVariant));
}

std::vector<const domain::ContactGroup*> groups_of(const std::vector<ContactGroupId>& route,
                                                   const domain::TenantConfig& config)
{
    std::vector<const domain::ContactGroup*> groups;
    for (const auto& id : route) {
        const auto group = std::ranges::find(config.groups, id, &domain::ContactGroup::id);
        if (group != config.groups.end()) groups.push_back(&*group);
    }
    return groups;
}

}  // namespace

Subject subject_of(const tickets::TicketCore& ticket)
{
    return {.ticket_id = ticket.id,
            .number = ticket.number,
            .state = ticket.state,
            .severity = ticket.severity,
            .title = ticket.title,
            .description = ticket.description,
            .dedup_key = ticket.dedup_key,
            .source = ticket.source,
            .service = ticket.service,
            .occurrences = ticket.occurrences,
            .opened_at = ticket.opened_at,
            .last_seen_at = ticket.last_seen_at,
            .route = ticket.route};
}

Planner::Told Planner::look_up(const std::vector<ContactGroupId>& route)
{
    auto groups = groups_of(route, config_);
    if (groups.empty()) groups = groups_of(config_.settings.default_route, config_);
    if (!groups.empty() && enabled_.empty()) {
        for (const auto& contact : config_.contacts) {
            if (contact.enabled) enabled_.insert(contact.id);
        }
    }
    const auto most = config_.max_contacts_told;
    Told told;
    std::unordered_set<ContactId> seen;
    for (const auto* group : groups) {
        for (const auto& id : group->contact_ids) {
            if (!enabled_.contains(id) || !seen.insert(id).second) continue;
            if (most == 0 || told.contacts.size() < most) {
                told.contacts.push_back(id);
            } else {
                ++told.left_out;
            }
        }
    }
    return told;
}

const Planner::Told& Planner::told(const std::vector<ContactGroupId>& route)
{
    const auto known = by_route_.find(route);
    return known != by_route_.end() ? known->second : by_route_.emplace(route, look_up(route)).first->second;
}

const std::vector<ContactId>& Planner::recipients(const std::vector<ContactGroupId>& route)
{
    return told(route).contacts;
}

const std::vector<ContactId>& Planner::recipients(const tickets::Notice& notice)
{
    static const std::vector<ContactId> kNobody;
    return notice.tells ? recipients(notice.ticket.route) : kNobody;
}

domain::Owed Planner::plan(const tickets::Notice& notice)
{
    if (notice.tells) return plan(notice.event, subject_of(notice.ticket));
    domain::Owed nothing;
    nothing.ticket_id = notice.event.ticket_id;
    nothing.event_seq = notice.event.seq;
    return nothing;
}

std::vector<domain::Owed> Planner::plan(const std::vector<tickets::Notice>& notices)
{
    std::vector<domain::Owed> owed;
    for (const auto& notice : notices) {
        if (!recipients(notice).empty()) owed.push_back(plan(notice));
    }
    return owed;
}

domain::Owed Planner::plan(const domain::TicketEvent& event, const Subject& subject)
{
    domain::Owed owed;
    owed.ticket_id = event.ticket_id;
    owed.event_seq = event.seq;
    const auto& [contacts, left_out] = told(subject.route);
    owed.left_out = left_out;
    if (contacts.empty()) return owed;
    owed.event_kind = to_string(event.kind);
    owed.payload = render_payload(event, subject, config_.tenant);
    owed.public_url = config_.public_url;
    owed.to.reserve(contacts.size());
    for (const auto& contact : contacts) owed.to.push_back({delivery_id(event.ticket_id, event.seq, contact), contact});
    return owed;
}

std::chrono::milliseconds next_delay(const BackoffPolicy& policy, std::uint32_t failed_attempts, double jitter) noexcept
{
    const auto doublings = failed_attempts == 0 ? 0U : failed_attempts - 1;
    auto cap = std::min(policy.initial, policy.maximum);
    for (std::uint32_t i = 0; i < doublings && cap < policy.maximum; ++i) {
        cap = cap > policy.maximum / 2 ? policy.maximum : cap * 2;  // never beyond what the type holds
    }
    const auto kept = cap / 2;
    const auto spread = static_cast<double>((cap - kept).count()) * (jitter > 0.0 ? std::min(jitter, 1.0) : 0.0);
    return kept + std::chrono::milliseconds{static_cast<std::int64_t>(spread)};
}

}  // namespace winnow::routing
