#pragma once

/// @file
/// A ticket: what an operator works on. Many alerts with one dedup key fold into one ticket.

#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/alert.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::domain {

/// Stored in columns by name (`to_string`): do not rename.
enum class TicketState : std::uint8_t { held, open, in_progress, recovered, close_requested, returned, closed };

/// Every state, in the order in which a ticket goes through them. Whoever lists states or their words asks here.
[[nodiscard]] std::span<const TicketState> ticket_states() noexcept;

[[nodiscard]] std::string_view to_string(TicketState state) noexcept;
[[nodiscard]] std::optional<TicketState> parse_ticket_state(std::string_view word) noexcept;

/// True while new alerts with the ticket's dedup key join it whatever their age: at most one such ticket per key
/// (unique partial index `tickets_one_live_per_key`).
[[nodiscard]] bool is_live(TicketState state) noexcept;

/// True when the ticket's trouble has ended: recovered or closed, or noticed (recovered_at) while people were about to
/// close the ticket. Such a one explains nothing, and what comes after it begins anew.
[[nodiscard]] bool is_over(TicketState state, const std::optional<Timestamp>& recovered_at) noexcept;

/// The whole ticket, as stored and as the API shows it.
struct Ticket {
    TicketId id;
    std::int64_t number = 0;  ///< Counts up per tenant from 1; what people say aloud.
    TicketState state = TicketState::open;
    Severity severity = Severity::warning;
    std::string priority;
    std::string title;
    std::string description;
    std::string dedup_key;
    std::string source;
    std::string service;
    std::string component;
    std::string group;
    std::string class_name;
    Labels labels;
    std::optional<UserId> assignee;
    std::optional<Timestamp> due_at;
    std::int64_t occurrences = 0;
    Timestamp first_seen_at;
    Timestamp last_seen_at;
    Timestamp opened_at;
    std::optional<Timestamp> acknowledged_at;
    std::optional<Timestamp> recovered_at;
    std::optional<Timestamp> closed_at;
    std::optional<TicketId> parent_id;
    bool suppressed = false;  ///< The ticket is kept, nobody is told.
    std::string suppression_reason;
    std::string cause;
    std::string impact;
    std::string measure;
    std::string approver;
    std::optional<IntegrationId> integration_id;           ///< Where it came from; nullopt: nobody knows.
    std::optional<ManagementGroupId> management_group_id;  ///< As domain::Belonging has it.
    std::vector<ContactGroupId> route;                     ///< Who is told about it; empty: the tenant's default route.
    std::int32_t event_seq = 0;                            ///< Number of its latest timeline event.
    std::int64_t version = 1;                              ///< Grows with every change; the ETag.
};

/// Stored in columns by name: do not rename.
enum class TicketEventKind : std::uint8_t {
    opened,
    reopened,
    severity_changed,
    acknowledged,
    recovered,
    state_changed,
    assigned,
    edited,
    commented,
    notified,
    notification_failed,
    parent_changed,
    notification_retried,
    flapping_started,
    flapping_settled
};

[[nodiscard]] std::string_view to_string(TicketEventKind kind) noexcept;
[[nodiscard]] std::optional<TicketEventKind> parse_ticket_event_kind(std::string_view word) noexcept;

/// One line of a ticket's timeline.
struct TicketEvent {
    TicketId ticket_id;
    std::int32_t seq = 0;  ///< Counts up per ticket from 1.
    TicketEventKind kind = TicketEventKind::opened;
    Timestamp at;
    std::string actor;        ///< "system", "user:<id>" or "rule:<id>".
    std::string data = "{}";  ///< A JSON object as text; keys by kind, see docs/openapi.yaml.
};

}  // namespace winnow::domain
