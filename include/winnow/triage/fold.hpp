#pragma once

/// @file
/// The fold at the heart of Winnow: committed alerts in, tickets, verdicts and timeline out. Pure.
///
/// The shell calls `evaluate` first (rules decide each alert's dedup key), loads the states that `keys_of` names,
/// calls `fold`, and stores the outcome together with the position reached, in one transaction.

#include "winnow/domain/alert.hpp"
#include "winnow/domain/position.hpp"
#include "winnow/domain/tenant.hpp"
#include "winnow/domain/ticket.hpp"
#include "winnow/domain/verdict.hpp"
#include "winnow/rules/rule_set.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace winnow::triage {

/// A journalled alert on its way through triage.
struct Positioned {
    domain::AlertPosition position;
    domain::Alert alert;
};

/// An alert after the rules.
struct Evaluated {
    domain::AlertPosition position;
    domain::Alert alert;
    rules::Evaluation evaluation;
};

/// Runs the rules over a batch. Pure; `now` is the alerts' received_at where rules ask for the time.
[[nodiscard]] std::vector<Evaluated> evaluate(const rules::RuleSet& rules, std::vector<Positioned> alerts);

/// What a fold must know: tickets by dedup key, instances by their key. Sorted, unique.
struct StateKeys {
    std::vector<std::string> dedup_keys;
    std::vector<std::string> instance_keys;
};
[[nodiscard]] StateKeys keys_of(const std::vector<Evaluated>& batch);

/// The latest ticket of a dedup key, as far as folding needs it.
struct TicketState {
    TicketId id;
    std::int64_t number = 0;
    domain::TicketState state = domain::TicketState::open;
    domain::Severity severity = domain::Severity::warning;
    std::string dedup_key;
    std::string title;
    std::string source;
    std::string service;
    std::vector<ContactGroupId> route;
    bool suppressed = false;
    std::string suppression_reason;
    std::int64_t occurrences = 0;
    Timestamp first_seen_at;
    Timestamp last_seen_at;
    Timestamp opened_at;
    std::optional<Timestamp> acknowledged_at;
    std::optional<Timestamp> recovered_at;
    std::optional<Timestamp> closed_at;
    std::int32_t event_seq = 0;
    std::int32_t firing_instances = 0;  ///< How many of its instances are firing; it recovers with the last one.
};

/// One instance of a repeating sender (Alert::instance_key).
struct InstanceState {
    std::string key;
    TicketId ticket_id;
    Timestamp starts_at;
    std::optional<Timestamp> ends_at;  ///< Passing without a refresh, it counts as resolved.
    bool firing = false;
};

struct States {
    std::vector<TicketState> tickets;      ///< At most one a dedup key: the live one, else the latest.
    std::vector<InstanceState> instances;
    std::int64_t next_number = 1;          ///< The number the next new ticket gets.
};

/// What is to be stored. `opened` holds whole tickets; `changed` the new mutable values of loaded ones, with
/// `occurrences` the new total.
struct Outcome {
    std::vector<domain::Verdict> verdicts;       ///< One an alert, in the batch's order.
    struct Opened {
        domain::Ticket ticket;
        std::int32_t firing_instances = 0;
    };
    std::vector<Opened> opened;
    std::vector<TicketState> changed;            ///< Sorted by id.
    std::vector<InstanceState> instances;        ///< New or changed, sorted by key.
    std::vector<domain::TicketEvent> events;     ///< Timeline, in order.
    struct Notice {                              ///< Events that somebody must hear of.
        domain::TicketEvent event;
        TicketState ticket;                      ///< As it was right after the event.
        std::string description;
    };
    std::vector<Notice> notices;                 ///< None for suppressed tickets.
    std::int64_t next_number = 1;
};

/// Folds a batch, oldest position first, onto the states.
[[nodiscard]] Outcome fold(const std::vector<Evaluated>& batch, States states, const domain::Settings& settings);

/// Resolves the given instances (their `ends_at` has passed): the timers' way into the same state machine.
[[nodiscard]] Outcome expire(const std::vector<InstanceState>& expired, States states, Timestamp now);

}  // namespace winnow::triage
