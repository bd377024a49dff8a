#pragma once

/// @file
/// From a ticket event to what is owed to whom. Pure.

#include "winnow/domain/contact.hpp"
#include "winnow/domain/owed.hpp"
#include "winnow/domain/tenant.hpp"
#include "winnow/domain/ticket.hpp"
#include "winnow/routing/message.hpp"
#include "winnow/tickets/notice.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_set>
#include <vector>

namespace winnow::routing {

/// What a message tells of.
struct Subject {
    TicketId ticket_id;
    std::int64_t number = 0;
    domain::TicketState state = domain::TicketState::open;
    domain::Severity severity = domain::Severity::warning;
    std::string title;
    std::string description;
    std::string dedup_key;
    std::string source;
    std::string service;
    std::int64_t occurrences = 0;
    Timestamp opened_at;
    Timestamp last_seen_at;
    std::vector<ContactGroupId> route;  ///< Empty: the tenant's default route.
};

[[nodiscard]] Subject subject_of(const tickets::TicketCore& ticket);

/// Who is told of a tenant's events. A route is looked up once, however many events take it. `config` must outlive it.
class Planner {
public:
    explicit Planner(const domain::TenantConfig& config) : config_(config) {}

    /// Each enabled contact of the route's groups once, in the order of groups and members, and of these the first
    /// `max_contacts_told` of the configuration. A route all of whose groups have been deleted falls back to the
    /// default route: what is owed is not lost with a group.
    [[nodiscard]] const std::vector<ContactId>& recipients(const std::vector<ContactGroupId>& route);

    /// Nobody where the notice tells nobody.
    [[nodiscard]] const std::vector<ContactId>& recipients(const tickets::Notice& notice);

    /// What is owed for one event to those recipients; without any, no message either. Ids are a function of (ticket,
    /// event, contact), so replaying owes nothing twice.
    [[nodiscard]] domain::Owed plan(const domain::TicketEvent& event, const Subject& subject);
    [[nodiscard]] domain::Owed plan(const tickets::Notice& notice);
    /// The same of each that tells somebody.
    [[nodiscard]] std::vector<domain::Owed> plan(const std::vector<tickets::Notice>& notices);

private:
    struct Told {
        std::vector<ContactId> contacts;
        std::uint32_t left_out = 0;  ///< Further ones.
    };

    [[nodiscard]] Told look_up(const std::vector<ContactGroupId>& route);
    [[nodiscard]] const Told& told(const std::vector<ContactGroupId>& route);

    const domain::TenantConfig& config_;
    std::unordered_set<ContactId> enabled_;  ///< Read when the first route is looked up.
    std::map<std::vector<ContactGroupId>, Told> by_route_;
};

/// The notice of an event: what every channel renders its message from, and the webhook's body as it is.
/// `{"type":"ticket.opened","timestamp":…,"tenant":"<service code>","event_seq":…,"ticket":{…}}`, with
/// `"change":{"from","to"}` where a severity changed. Types end in the event's kind. Everything that may be another
/// thing tomorrow, names and words among them, is put in here as it is now. Holds nothing of the contact: no address,
/// URL or secret.
[[nodiscard]] std::string render_payload(const domain::TicketEvent& event, const Subject& subject,
                                         const domain::Tenant& tenant);

/// Limits for retrying one delivery. All durations are positive.
struct BackoffPolicy {
    std::chrono::milliseconds initial{5'000};
    std::chrono::milliseconds maximum{15 * 60 * 1'000};
    std::chrono::milliseconds give_up_after = std::chrono::hours{72};  ///< Since the delivery came to be owed.
};

/// Delay before the attempt that follows `failed_attempts` (1 or more) failures: exponential with equal jitter,
/// doubling from `initial`, capped at `maximum`; half is kept, the other half scaled by `jitter` in [0, 1).
[[nodiscard]] std::chrono::milliseconds next_delay(const BackoffPolicy& policy, std::uint32_t failed_attempts,
                                                   double jitter) noexcept;

}  // namespace winnow::routing
