#pragma once

/// @file
/// From a ticket event to what is owed to whom. Pure.

#include "winnow/domain/contact.hpp"
#include "winnow/domain/delivery.hpp"
#include "winnow/domain/tenant.hpp"
#include "winnow/domain/ticket.hpp"

#include <chrono>
#include <cstdint>
#include <string>
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

/// Deliveries owed for one event: one to each enabled contact of the route's groups, each contact once, in the order
/// of groups and members. Due at once (the event's instant). A route all of whose groups have been deleted falls back
/// to the default route: what is owed is not lost with a group. Ids are a function of (ticket, event, contact), so
/// replaying owes nothing twice.
[[nodiscard]] std::vector<domain::Delivery> plan(const domain::TicketEvent& event, const Subject& subject,
                                                 const domain::TenantConfig& config);

/// The webhook body and the mail's material: `{"type":"ticket.opened","timestamp":…,"tenant":"<service code>",
/// "event_seq":…,"ticket":{…}}`, with `"change":{"from","to"}` where a severity changed. Types end in the event's kind.
/// Holds nothing of the contact: no address, URL or secret.
[[nodiscard]] std::string render_payload(const domain::TicketEvent& event, const Subject& subject,
                                         const domain::Tenant& tenant);

/// A mail made from a payload of `render_payload`, also one whose members a database has reordered.
struct Mail {
    std::string subject;  ///< `[#12 CRITICAL] title`: one line without control characters, at most 250 bytes, UTF-8.
    std::string text;     ///< Plain text, UTF-8, lines ended by LF.
};
[[nodiscard]] Mail render_mail(const std::string& payload);

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
