#pragma once

/// @file
/// The fold at the heart of Winnow: committed alerts in, tickets, verdicts and timeline out. Pure.
///
/// The shell calls `evaluate` first (rules decide each alert's dedup key), loads the states that `keys_of` names,
/// calls `fold`, and stores the outcome together with the position reached, in one transaction.

#include "winnow/domain/alert.hpp"
#include "winnow/domain/alert_ids.hpp"
#include "winnow/domain/position.hpp"
#include "winnow/domain/tenant.hpp"
#include "winnow/domain/ticket.hpp"
#include "winnow/domain/verdict.hpp"
#include "winnow/rules/rule_set.hpp"
#include "winnow/tickets/notice.hpp"
#include "winnow/tickets/ticket_core.hpp"
#include "winnow/triage/machine.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace winnow::triage {

/// A journalled alert on its way through triage: before the rules without an evaluation.
struct Evaluated {
    domain::AlertPosition position;
    domain::Alert alert;
    rules::Evaluation evaluation = {};
    /// What keeps the alert quiet besides the rules. Whoever sets it sets `evaluation.suppressed` and its reason, too;
    /// where a rule suppresses, it stays unset.
    std::optional<domain::Cover> cover = {};
    std::vector<domain::InhibitionSide> sides = {};  ///< Of those in force, by place, those that find it.
    std::optional<domain::RowIds> names = {};        ///< Its row's; unset: as its position has it, in a rehearsal.
    /// Of a word of the service about the alert at that position, which may have a ticket of its own: an index in the
    /// row that no alert has.
    std::optional<std::uint16_t> ticket_index = {};

    [[nodiscard]] AlertId alert_id() const noexcept
    {
        return names ? names->alert(position.index) : domain::alert_id_at(position);
    }
    /// Of the ticket that it opens.
    [[nodiscard]] TicketId ticket_id() const noexcept
    {
        const auto index = ticket_index.value_or(position.index);
        return names ? names->ticket(index) : domain::ticket_id_at({.row = position.row, .index = index});
    }
};

/// Runs the rules over a batch, in place: a large one is not moved. Pure; `now` is the alerts' received_at where rules
/// ask for the time.
void evaluate(const rules::RuleSet& rules, std::vector<Evaluated>& batch);

/// What a fold must know. Sorted, unique; dropped alerts need nothing.
///
/// The store answers with, for each dedup key, its live ticket, else the latest one that is closed or recovered (by
/// opened_at, then number); with the instances of these keys; and with the tickets that those instances belong to,
/// whatever their dedup key and state: an instance that moves to another key is taken off the ticket it leaves.
/// All tickets among them are written to by fold and expire, so all of them are locked.
struct StateKeys {
    std::vector<std::string> dedup_keys;
    std::vector<std::string> instance_keys;
    domain::InhibitionSourceKeys sources = {};
    std::vector<MachineKey> machines = {};
    std::vector<TicketId> tickets = {};  ///< Of what is due: tickets that are wanted by id.
};
[[nodiscard]] StateKeys keys_of(const std::vector<Evaluated>& batch);

using tickets::Flapping;
using tickets::Restraint;
using tickets::TicketCore;

/// One instance of a repeating sender (Alert::instance_key).
struct InstanceState {
    std::string key;
    TicketId ticket_id;
    Timestamp starts_at;
    std::optional<Timestamp> ends_at;  ///< Passing without a refresh, it counts as resolved.
    bool firing = false;
    std::optional<Timestamp> last_end = {};  ///< Of its last episode that was resolved, by the sender's clock.
};

struct States {
    /// In any order. Where several have one dedup key, the live one takes its alerts, else the latest; the others are
    /// here because instances refer to them.
    std::vector<TicketCore> tickets;
    std::vector<InstanceState> instances;
    std::int64_t next_number = 1;                        ///< The number the next new ticket gets.
    std::vector<domain::InhibitionSource> sources = {};  ///< Those that fire.
    std::vector<MachineState> machines = {};
};

/// What is to be stored. `opened` holds whole tickets; `changed` the new mutable values of loaded ones, with
/// `occurrences` the new total.
struct Outcome {
    std::vector<domain::Verdict> verdicts;  ///< One an alert, in the batch's order.
    struct Opened {
        domain::Ticket ticket;
        std::int32_t firing_instances = 0;
        Restraint restraint = {};
        std::optional<Timestamp> episode_starts_at = {};
    };
    std::vector<Opened> opened;
    std::vector<TicketCore> changed;          ///< Sorted by id.
    std::vector<InstanceState> instances;     ///< New or changed, sorted by key.
    std::vector<domain::TicketEvent> events;  ///< Timeline, in order.
    using Notice = tickets::Notice;
    /// Events that people hear of. None of suppressed tickets, and each one tells: who counts or plays them need not
    /// ask. What only steers what people still hear has no place here.
    std::vector<Notice> notices;
    std::vector<MachineState> machines;  ///< New or changed, sorted by key.
    std::int64_t next_number = 1;
};

/// Folds a batch onto the states, in the batch's order, which must be that of the positions. Each alert's own
/// received_at is the present; folding in one go or row by row gives the same. Linear in the batch and the states.
///
/// A row's alerts came together and are judged together: troubles end when the whole row is folded, unless a firing
/// alert of the row joins them. Of what is told of a ticket, what the row itself has made untrue is left out: an
/// opening or reopening whose trouble is over within the row, and with the recovery both; a rise in severity goes into
/// the opening.
///
/// - *Firing*: joins the key's live ticket (one occurrence more; a higher severity raises the ticket's, and tells),
///   else reopens the latest one if it ended within the reopen window, else opens a new one. A ticket reopened takes
///   the alert's severity and route; a ticket joined keeps its severity unless raised, and its route grows by the
///   groups the alert brings (the default route, where that is its route, stays part of it).
///   The ticket shows the title and description of the latest of them, save a title that a person wrote; reopened,
///   the source and service, too. What a rule or a cover keeps quiet leaves a ticket's words alone that is not quiet.
/// - *Firing again with an instance_key* that fires on the key's current ticket: refreshes (last_seen_at, the
///   instance's end, a higher severity), in whatever state the ticket is: closing it by hand holds until the
///   instance has resolved and fires anew. If the instance fires on another ticket, it moves from there to here.
/// - *Resolved*: without instance_key ends the key's trouble; with one ends the instance, and the ticket recovers with
///   its last firing instance. An unknown instance ends nothing. Open, in_progress and held tickets recover; one that
///   is close_requested or returned stays so, with its end noted (recovered_at) and told, and the next firing alert
///   reopens it, whatever its age. An end before the present episode's start belongs to an earlier one and is ignored
///   (the verdict names the ticket); so is the end of the episode before, sent again. Times are compared that the
///   sender gave.
/// - *Acknowledged*: open becomes in_progress.
/// - *Suppressed by a rule*: a ticket that it opens or reopens is suppressed; one that people know of already stays
///   as it is, but this alert raises nothing and tells nobody. The first firing alert that is not suppressed lifts the
///   suppression, with a second event (`"unsuppressed":true`) that does tell: `opened` where people have not heard of
///   the ticket, else `reopened`.
///   A ticket that people opened by hand before anybody was told of it is told of by the next firing alert that nothing
///   keeps quiet.
/// - *Covered* by a silence, window or inhibition: as suppressed, with a disposition of its own.
/// - *Dropped*: a verdict, and nothing else.
/// - *Whose a ticket is* (domain::Belonging): its first alert's. Each alert whose verdict names it is in it, and may be
///   of another management group.
/// - *Threshold and pause*: where people do not know of a live ticket, one is opened or reopened `held`: hidden, told
///   of to nobody. It is let go (open, and told) by the first firing alert that no rule holds back, or when its pause
///   is over. If its trouble ends first, or its threshold's time runs out, it goes back to what it was, else is closed.
///   A repeat of an instance (refresh) does not count towards a threshold. An alert that is kept quiet counts; where it
///   reaches the threshold, or only a cover keeps it quiet and no rule holds it, the ticket is let go and is as quiet.
/// - *Flap*: when it starts, a `flapping_started` event tells; until it has settled the ticket stays as it is and
///   nothing else is told. Then `recovered` tells, or `flapping_settled` where the trouble is there.
/// - What was due before an alert was received has happened before it, also where the timers are late.
///
/// Events' data: `alert_id`; `severity` (opened, reopened); `title` (the same, by an alert: the episode's first words);
/// `from`, `to` (severity_changed: severities; reopened: the state it came from is `from`); `unsuppressed`; `reason`:
/// "expired" or "moved" (recovered without a resolved alert), "held", "lapsed" or "settled"; `unheard` (it ended while
/// it was held); `held` (opened, reopened: the machine's name); `released` (the same, when it is let go); `rule_id` and
/// `transitions` (flapping).
[[nodiscard]] Outcome fold(const std::vector<Evaluated>& batch, States states, const domain::Settings& settings);

/// Resolves the given instances (their `ends_at` has passed) at `now`: the timers' way into the same state machine.
/// `states.tickets` holds their tickets; `states.instances` is not looked at. Instances that are not firing are left
/// alone.
[[nodiscard]] Outcome expire(const std::vector<InstanceState>& expired, States states, Timestamp now);

/// Lets go of, gives up or settles all that is due by `now` among the states' tickets and machines, each at the instant
/// when it was due.
[[nodiscard]] Outcome pass_time(States states, Timestamp now);

}  // namespace winnow::triage
