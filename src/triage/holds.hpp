#pragma once

/// @file
/// Thresholds, pauses and flapping, as they touch tickets. Private to triage.

#include "triage/book.hpp"

#include <optional>
#include <string>

namespace winnow::triage {

/// The machine that a rule's request moves; none for a pause.
[[nodiscard]] std::optional<MachineKey> machine_key(const rules::Evaluation::Hold& hold, const domain::Alert& alert);

/// What rules hold back of one alert.
struct Gate {
    std::optional<domain::Held> below;  ///< The first threshold that is not reached.
    std::optional<domain::Held> pause;  ///< The longest pause, from now on.
    std::optional<domain::Held> flap;
    bool reached = false;  ///< A threshold is, by this alert or before it.

    /// Its ticket may not be told of yet.
    [[nodiscard]] bool holds() const noexcept { return !flap && (below || pause); }
    [[nodiscard]] const std::optional<domain::Held>& why() const noexcept
    {
        return flap ? flap : below ? below : pause;
    }
};

/// A ticket's trouble ends, in whatever way; only a ticket that is being worked on or waits for it recovers. False
/// where nothing ended; a flapping ticket only takes note.
bool recover(Book& book, TicketSlot& ticket, Timestamp now, std::string data);

/// Does what has become due on the ticket by `now`: lets go of a paused one, gives up a threshold's.
void pass_time(Book& book, TicketSlot& ticket, Timestamp now);

/// Settles the machine, if it is due by `now`, at the instant when it was due.
void settle_due(Book& book, MachineSlot& machine, Timestamp now);

/// Nothing keeps the live ticket quiet any more, and people may be told of it: true where they are to be. Of its
/// flapping nobody has heard: it counts as beginning with the next alert that says so, and where it was over for the
/// moment, the trouble has ended unheard.
[[nodiscard]] bool lift(Book& book, TicketSlot& ticket, Timestamp at);

/// The flapping is over: tells how it ended.
void settle_ticket(Book& book, TicketSlot& ticket, RuleId rule_id, Timestamp at);

/// The machines of one alert.
class Holds {
public:
    explicit Holds(Book& book) : book_(book) {}

    /// What was due before the alert came.
    void pass_time(const Evaluated& cause, TicketSlot* ticket);

    /// Counts a firing alert; see_flap is part of it.
    [[nodiscard]] Gate judge(const Evaluated& cause);

    /// What the alert says of coming and going.
    [[nodiscard]] std::optional<domain::Held> see_flap(const Evaluated& cause, bool firing);

    /// How a ticket begins or comes back that the gate holds.
    [[nodiscard]] static Restraint restraint(const Gate& gate, const TicketCore* before);

    /// A firing alert joins the ticket: where it lets a held one go, or begins its pause, and is kept quiet itself, the
    /// ticket takes over what keeps it quiet, and is told of when that is over.
    static void hush(TicketSlot& ticket, const Gate& gate, const Evaluated& cause);

    /// A firing alert has joined a held ticket: it goes on being held, or is let go.
    void go_on(TicketSlot& ticket, const Gate& gate, const Evaluated& cause);

    /// The alert's ticket flaps, from now on or already; `ticket` is live.
    void flap(TicketSlot& ticket, const domain::Held& held, const Evaluated& cause);

private:
    Book& book_;
};

}  // namespace winnow::triage
