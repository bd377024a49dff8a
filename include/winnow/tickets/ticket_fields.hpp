#pragma once

/// @file
/// The table of a ticket's fields: by it rows are read, and stored by people's changes; JSON, CSV and timelines are
/// written, and people's changes taken. How a value is shown and stored follows from its member's type.
///
/// It is not the only place that names fields. Triage's statements list what they store (src/pg/triage/
/// triage_writes.cpp), notices and rules' cases what they tell of one (src/routing/payload.cpp, src/cli/rules/cases/),
/// and two answers its headline (silence_preview.cpp, alert_explanation.cpp in src/api/): a new field is in none of
/// these until somebody wants it there.

#include "winnow/domain/alert.hpp"
#include "winnow/domain/ticket.hpp"
#include "winnow/tickets/ticket_core.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace winnow::tickets {

/// Where a field's value lives. Optional ones are nullable, and no others.
using TicketMember =
    std::variant<TicketId domain::Ticket::*, std::int64_t domain::Ticket::*, std::int32_t domain::Ticket::*,
                 bool domain::Ticket::*, std::string domain::Ticket::*, domain::TicketState domain::Ticket::*,
                 domain::Severity domain::Ticket::*, domain::Labels domain::Ticket::*, Timestamp domain::Ticket::*,
                 std::optional<Timestamp> domain::Ticket::*, std::optional<UserId> domain::Ticket::*,
                 std::optional<TicketId> domain::Ticket::*, std::optional<IntegrationId> domain::Ticket::*,
                 std::optional<ManagementGroupId> domain::Ticket::*, std::vector<ContactGroupId> domain::Ticket::*>;

/// The same in the part that triage works on; monostate where that knows nothing of it.
using CoreMember =
    std::variant<std::monostate, TicketId TicketCore::*, std::int64_t TicketCore::*, std::int32_t TicketCore::*,
                 bool TicketCore::*, std::string TicketCore::*, domain::TicketState TicketCore::*,
                 domain::Severity TicketCore::*, Timestamp TicketCore::*, std::optional<Timestamp> TicketCore::*,
                 std::optional<IntegrationId> TicketCore::*, std::optional<ManagementGroupId> TicketCore::*,
                 std::vector<ContactGroupId> TicketCore::*>;

/// The same in an alert that would show the ticket; monostate where alerts have no such thing.
using AlertMember = std::variant<std::monostate, std::string domain::Alert::*, domain::Severity domain::Alert::*,
                                 domain::Labels domain::Alert::*>;

/// Who changes a field of a ticket that is there.
enum class Hand : std::uint8_t { nobody, triage, people, both };

/// How people write a field itself: PATCH, or an edit of many.
struct Edit {
    std::size_t most = 0;                                               ///< Characters of a text.
    bool is_line = false;                                               ///< A text: one line, never empty.
    domain::TicketEventKind told_as = domain::TicketEventKind::edited;  ///< In the timeline.
};

struct TicketField {
    std::string_view name;  ///< In JSON, in CSV, in errors' pointers, in the timeline.
    const char* column;     ///< In the table `tickets`.
    TicketMember member;
    Hand hand = Hand::nobody;
    CoreMember core = {};
    AlertMember alert = {};
    bool shown = true;              ///< In JSON.
    int csv = 0;                    ///< Its place among the columns of CSV; 0: it is none. New ones come last.
    std::optional<Edit> edit = {};  ///< nullopt: it cannot be patched.
    std::string_view instead = {};  ///< A clause: what to do instead of patching.

    /// Whether a person's change stores it.
    [[nodiscard]] constexpr bool is_peoples() const noexcept { return hand == Hand::people || hand == Hand::both; }
};

/// In the order in which edits are read, and what is wrong with them is told.
[[nodiscard]] std::span<const TicketField> ticket_fields() noexcept;

/// Copies back what triage changed of a ticket.
void settle(TicketCore&& core, domain::Ticket& ticket);

/// What of a ticket's alerts is left on the ticket.
[[nodiscard]] domain::Alert alert_of(const domain::Ticket& ticket);
/// The same as a firing alert would show it that comes in at `at` and says nothing of when its trouble began. It has
/// nothing of the ticket but the fields with an AlertMember.
[[nodiscard]] domain::Alert alert_of(const domain::Ticket& ticket, Timestamp at);

}  // namespace winnow::tickets
