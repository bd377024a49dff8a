#pragma once

/// @file
/// The part of a ticket that its state machine works on.

#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/alert.hpp"
#include "winnow/domain/ticket.hpp"
#include "winnow/domain/verdict.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::tickets {

/// A ticket's trouble while it comes and goes: what the last news of it was. Stored by name: do not rename.
enum class Flapping : std::uint8_t { no, firing, resolved };

/// "" where it does not flap.
[[nodiscard]] std::string_view to_string(Flapping flapping) noexcept;
[[nodiscard]] std::optional<Flapping> parse_flapping(std::string_view word) noexcept;

/// What rules hold back about a ticket.
struct Restraint {
    // Of a held ticket.
    std::optional<domain::HoldKind> by = {};  ///< threshold or pause.
    RuleId rule_id = {};
    std::optional<Timestamp> until = {};  ///< pause: let go then; threshold: given up then.
    std::optional<domain::TicketState> from =
        {};  ///< recovered or closed: what it was before; else nobody ever knew it.

    /// Nobody has ever been told of the ticket: it was held, suppressed or over each time. The first word that people
    /// hear is `opened`, and no later one is.
    bool never_told = false;
    Flapping flapping = Flapping::no;

    friend bool operator==(const Restraint&, const Restraint&) = default;
};

/// A ticket, as far as folding, moving and telling need it. What people write into it (domain::Ticket) is left out.
struct TicketCore {
    TicketId id;
    std::int64_t number = 0;
    domain::TicketState state = domain::TicketState::open;
    domain::Severity severity = domain::Severity::warning;
    std::string dedup_key;
    std::string title;
    bool title_edited = false;  ///< By a person: no alert changes it any more.
    std::string description;
    std::string source;
    std::string service;
    std::optional<IntegrationId> integration_id;
    std::optional<ManagementGroupId> management_group_id;
    bool group_by_hand = false;  ///< No alert changes the two above.
    std::vector<ContactGroupId> route;
    bool suppressed = false;
    std::string suppression_reason;
    std::int64_t occurrences = 0;
    Timestamp first_seen_at;
    Timestamp last_seen_at;
    Timestamp opened_at;
    std::optional<Timestamp> episode_starts_at = {};  ///< Of the present trouble, where its first alert said so.
    std::optional<Timestamp> acknowledged_at;
    std::optional<Timestamp> recovered_at;
    std::optional<Timestamp> closed_at;
    std::int32_t event_seq = 0;
    std::int32_t firing_instances = 0;  ///< How many of its instances are firing; it recovers with the last one.
    Restraint restraint = {};
};

/// What the whole ticket says of its core. It says nothing of instances, restraint, the episode's start, and whether
/// the title or the group was edited: these stay at their defaults.
[[nodiscard]] TicketCore core_of(const domain::Ticket& ticket);

}  // namespace winnow::tickets
