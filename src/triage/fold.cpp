#include "winnow/triage/fold.hpp"

#include "triage/book.hpp"
#include "triage/endings.hpp"
#include "triage/event_data.hpp"
#include "triage/holds.hpp"
#include "winnow/tickets/episode.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

namespace winnow::triage {

namespace {

using domain::Disposition;
using domain::TicketEffect;
using domain::TicketEventKind;
using domain::Verdict;
using enum domain::TicketState;

Disposition disposition_of(const Evaluated& cause, Verdict& verdict)
{
    if (!cause.evaluation.suppressed) return Disposition::ticketed;
    if (!cause.cover) return Disposition::suppressed;
    verdict.quieted_by = cause.cover->cause;
    return cause.cover->cause.kind == domain::QuietKind::inhibition ? Disposition::inhibited : Disposition::silenced;
}

class Machine {
public:
    Machine(Book& book, const domain::Settings& settings)
        : book_(book), settings_(settings), holds_(book), endings_(book)
    {
    }

    void begin_row() { book_.begin_row(); }

    void end_row(std::vector<Verdict>& verdicts)
    {
        endings_.settle(verdicts);
        book_.end_row();
    }

    Verdict take(const Evaluated& evaluated, std::size_t place)
    {
        Verdict verdict;
        verdict.matches = evaluated.evaluation.matches;
        verdict.more_matches = evaluated.evaluation.more_matches;
        if (evaluated.evaluation.budget.over) verdict.over_budget = evaluated.evaluation.budget.dearest;
        if (evaluated.evaluation.dedup_key_changed) verdict.dedup_key = evaluated.alert.dedup_key;
        if (evaluated.evaluation.dropped) {
            verdict.disposition = Disposition::dropped;
            return verdict;
        }
        switch (evaluated.alert.status) {
            case domain::AlertStatus::firing: take_firing(evaluated, verdict); break;
            case domain::AlertStatus::acknowledged: take_acknowledged(evaluated, verdict); break;
            case domain::AlertStatus::resolved: take_resolved(evaluated, verdict, place); break;
        }
        return verdict;
    }

private:
    void take_firing(const Evaluated& cause, Verdict& verdict)
    {
        const auto& alert = cause.alert;
        verdict.disposition = disposition_of(cause, verdict);
        auto* ticket = book_.current(alert.dedup_key);
        holds_.pass_time(cause, ticket);
        auto* instance = alert.instance_key.empty() ? nullptr : book_.instance(alert.instance_key);
        if (instance != nullptr && instance->state.firing) {
            if (ticket != nullptr && instance->ticket == ticket) {
                refresh(*instance, cause, verdict);
                return;
            }
            if (end_instance(*instance)) {
                endings_.add(*instance->ticket, alert.received_at, caused_by(cause).add("reason", "moved").str(),
                             std::nullopt);
            }
        }
        const auto gate = holds_.judge(cause);
        const auto* const latest = ticket == nullptr ? nullptr : &ticket->state;
        switch (tickets::arrival_at(latest, alert.received_at, settings_.reopen_window)) {
            case tickets::Arrival::joins:
                join(*ticket, cause, gate);
                verdict.effect = TicketEffect::joined;
                break;
            case tickets::Arrival::reopens:
                reopen(*ticket, cause, gate);
                verdict.effect = TicketEffect::reopened;
                break;
            case tickets::Arrival::opens:
                ticket = &open_new(cause, gate);
                verdict.effect = TicketEffect::opened;
                break;
        }
        verdict.ticket_id = ticket->state.id;
        belong(*ticket, alert);
        follow_flapping(*ticket, gate.flap, cause);
        note_hold(*ticket, gate.why(), verdict);
        if (alert.instance_key.empty()) return;
        book_.attach({.key = alert.instance_key,
                      .ticket_id = ticket->state.id,
                      .starts_at = alert.starts_at.value_or(alert.received_at),
                      .ends_at = alert.ends_at,
                      .firing = true},
                     *ticket);
    }

    void take_acknowledged(const Evaluated& cause, Verdict& verdict)
    {
        auto* ticket = book_.current(cause.alert.dedup_key);
        if (ticket != nullptr) pass_time(book_, *ticket, cause.alert.received_at);
        if (ticket == nullptr || !is_live(ticket->state.state)) return;  // ignored
        verdict.disposition = disposition_of(cause, verdict);
        verdict.ticket_id = ticket->state.id;
        belong(*ticket, cause.alert);
        if (!tickets::acknowledge(ticket->state, cause.alert.received_at)) return;
        verdict.effect = TicketEffect::acknowledged;
        record(*ticket, TicketEventKind::acknowledged, cause, caused_by(cause), false);
    }

    void take_resolved(const Evaluated& cause, Verdict& verdict, std::size_t place)
    {
        const auto& alert = cause.alert;
        auto* instance = alert.instance_key.empty() ? nullptr : book_.instance(alert.instance_key);
        auto* ticket = alert.instance_key.empty() ? book_.current(alert.dedup_key)
                       : instance != nullptr      ? instance->ticket
                                                  : nullptr;
        holds_.pass_time(cause, ticket);
        const bool ends_instance = instance != nullptr && instance->state.firing;
        if (ends_instance ? is_late_end(instance->state, alert)
                          : instance == nullptr && ticket != nullptr && is_live(ticket->state.state) &&
                                is_late_end(ticket->state, alert)) {
            if (ticket != nullptr) {
                verdict.ticket_id = ticket->state.id;
                belong(*ticket, alert);
            }
            return;  // ignored
        }
        const bool last = ends_instance && ticket != nullptr && ticket->state.firing_instances <= 1;
        if (alert.instance_key.empty() || last) follow_flapping(ticket, holds_.see_flap(cause, false), cause, verdict);
        bool over = instance == nullptr && ticket != nullptr;
        if (ends_instance) {
            instance->state.ends_at = alert.ends_at.value_or(alert.received_at);
            // An end ahead of time would make every true one after it late.
            if (alert.ends_at) instance->state.last_end = std::min(*alert.ends_at, alert.received_at);
            over = end_instance(*instance);
        }
        if (over) endings_.add(*ticket, alert.received_at, caused_by(cause).str(), place);
        if (ticket == nullptr || (ticket->state.state == closed && !ends_instance)) return;  // ignored
        verdict.ticket_id = ticket->state.id;
        belong(*ticket, alert);
        if (verdict.disposition != Disposition::held) verdict.disposition = Disposition::resolved;
    }

    /// A firing alert's ticket, which is live.
    void follow_flapping(TicketSlot& ticket, const std::optional<domain::Held>& flap, const Evaluated& cause)
    {
        if (flap) holds_.flap(ticket, *flap, cause);
        if (ticket.state.restraint.flapping != Flapping::no) ticket.state.restraint.flapping = Flapping::firing;
    }

    /// A resolved alert's ticket, if there is one.
    void follow_flapping(TicketSlot* ticket, const std::optional<domain::Held>& flap, const Evaluated& cause,
                         Verdict& verdict)
    {
        if (ticket == nullptr || is_over(ticket->state.state, ticket->state.recovered_at)) return;
        if (flap) holds_.flap(*ticket, *flap, cause);
        if (ticket->state.restraint.flapping == Flapping::no) return;
        verdict.disposition = Disposition::held;
        verdict.held_by = flap;
    }

    /// Says in the verdict that the alert was held back. What a rule or a silence keeps quiet is said to be that.
    static void note_hold(const TicketSlot& ticket, const std::optional<domain::Held>& why, Verdict& verdict)
    {
        const auto& state = ticket.state;
        if (verdict.disposition != Disposition::ticketed) return;
        if (state.state != held && state.restraint.flapping == Flapping::no) return;
        verdict.disposition = Disposition::held;
        verdict.held_by = why;
        if (state.state != held || (why && why->kind == state.restraint.by)) return;
        verdict.held_by = domain::Held{.kind = state.restraint.by.value_or(domain::HoldKind::pause),
                                       .rule_id = state.restraint.rule_id,
                                       .until = state.restraint.until};
    }

    void refresh(InstanceSlot& instance, const Evaluated& cause, Verdict& verdict)
    {
        auto& ticket = *instance.ticket;
        instance.state.ends_at = cause.alert.ends_at;
        if (cause.alert.starts_at)
            instance.state.starts_at = std::max(instance.state.starts_at, *cause.alert.starts_at);
        instance.changed = true;
        see(ticket, cause);
        if (!is_over(ticket.state.state, ticket.state.recovered_at)) learn(ticket, cause);
        verdict.effect = TicketEffect::refreshed;
        verdict.ticket_id = ticket.state.id;
        belong(ticket, cause.alert);
        const auto flap = holds_.see_flap(cause, true);
        if (is_over(ticket.state.state, ticket.state.recovered_at)) return;
        follow_flapping(ticket, flap, cause);
        note_hold(ticket, flap, verdict);
    }

    void join(TicketSlot& ticket, const Evaluated& cause, const Gate& gate)
    {
        ++ticket.state.occurrences;
        ticket.ending.reset();
        see(ticket, cause);
        Holds::hush(ticket, gate, cause);
        learn(ticket, cause);
        holds_.go_on(ticket, gate, cause);
    }

    /// Whoever sees the ticket sees the alert, which is in it now.
    void belong(TicketSlot& ticket, const domain::Alert& alert) const
    {
        auto& state = ticket.state;
        const domain::Belonging was{
            .integration = state.integration_id, .group = state.management_group_id, .by_hand = state.group_by_hand};
        const auto now = domain::joined_by(was, alert, settings_.management_groups);
        if (now == was) return;
        state.integration_id = now.integration;
        state.management_group_id = now.group;
        ticket.changed = true;
    }

    static void see(TicketSlot& ticket, const Evaluated& cause)
    {
        ticket.changed = true;
        ticket.state.last_seen_at = std::max(ticket.state.last_seen_at, cause.alert.received_at);
    }

    /// What a firing alert changes about a live ticket besides its counters.
    void learn(TicketSlot& ticket, const Evaluated& cause)
    {
        auto& state = ticket.state;
        const bool quiet = cause.evaluation.suppressed;
        if (quiet && !state.suppressed) return;  // else a later alert of that severity would have nothing to tell
        take_words(ticket, cause.alert);
        extend_route(state, cause.evaluation.route);
        if (cause.alert.severity > state.severity) {
            auto data = caused_by(cause);
            data.add("from", to_string(state.severity)).add("to", to_string(cause.alert.severity));
            state.severity = cause.alert.severity;
            record(ticket, TicketEventKind::severity_changed, cause, std::move(data), is_heard(state));
        }
        if (quiet) return;
        if (state.suppressed) {
            if (state.restraint.flapping != Flapping::no) state.restraint.flapping = Flapping::firing;
            if (!lift(book_, ticket, cause.alert.received_at)) return;  // a held one is told of when it is let go
            record(ticket, begun(state), cause,
                   caused_by(cause).add("severity", to_string(state.severity)).flag("unsuppressed"), true);
        } else if (state.restraint.never_told && is_heard(state)) {  // opened by hand, unheard until now
            record(ticket, begun(state), cause, caused_by(cause).add("severity", to_string(state.severity)), true);
        }
    }

    /// The ticket says what its latest alert says.
    static void take_words(TicketSlot& ticket, const domain::Alert& alert)
    {
        auto& state = ticket.state;
        if (!state.title_edited && state.title != alert.title) state.title = alert.title;
        if (state.description != alert.description) state.description = alert.description;
    }

    /// Whoever was told of the opening goes on being told: the default route, too, where it was the ticket's.
    void extend_route(TicketCore& state, const std::vector<ContactGroupId>& more) const
    {
        if (more.empty()) return;
        if (state.route.empty() && !state.suppressed) state.route = settings_.default_route;
        for (const auto& group : more) {
            if (std::ranges::find(state.route, group) == state.route.end()) state.route.push_back(group);
        }
    }

    void reopen(TicketSlot& ticket, const Evaluated& cause, const Gate& gate)
    {
        auto& state = ticket.state;
        auto data = caused_by(cause);
        data.add("from", to_string(state.state)).add("severity", to_string(cause.alert.severity));
        data.words("title", cause.alert.title);
        take_words(ticket, cause.alert);
        state.source = cause.alert.source;
        state.service = cause.alert.service;
        state.episode_starts_at = cause.alert.starts_at;
        state.severity = cause.alert.severity;
        state.route = cause.evaluation.route;
        state.suppressed = cause.evaluation.suppressed;
        state.suppression_reason = cause.evaluation.suppression_reason;
        ++state.occurrences;
        see(ticket, cause);
        if (gate.holds()) {
            tickets::hold(state, Holds::restraint(gate, &state), cause.alert.received_at);
            data.add("held", to_string(*state.restraint.by));
        } else {
            tickets::reopen(state, cause.alert.received_at);
        }
        const bool heard = is_heard(state) && !gate.flap;
        record(ticket, heard ? begun(state) : TicketEventKind::reopened, cause, std::move(data), heard);
        add_notes(ticket, cause);
    }

    TicketSlot& open_new(const Evaluated& cause, const Gate& gate)
    {
        const auto& alert = cause.alert;
        domain::Ticket ticket;
        ticket.id = cause.ticket_id();
        ticket.severity = alert.severity;
        ticket.priority = cause.evaluation.priority;
        ticket.title = alert.title;
        ticket.description = alert.description;
        ticket.dedup_key = alert.dedup_key;
        ticket.source = alert.source;
        ticket.service = alert.service;
        ticket.component = alert.component;
        ticket.group = alert.group;
        ticket.class_name = alert.class_name;
        ticket.labels = alert.labels;
        ticket.occurrences = 1;
        ticket.first_seen_at = ticket.last_seen_at = ticket.opened_at = alert.received_at;
        ticket.suppressed = cause.evaluation.suppressed;
        ticket.suppression_reason = cause.evaluation.suppression_reason;
        ticket.route = cause.evaluation.route;
        const auto whose = domain::belonging_of(alert, settings_.management_groups);
        ticket.integration_id = whose.integration;
        ticket.management_group_id = whose.group;
        auto data = caused_by(cause);
        data.add("severity", to_string(alert.severity)).words("title", alert.title);
        Restraint restraint;
        if (gate.holds()) {
            restraint = Holds::restraint(gate, nullptr);
            ticket.state = held;
            data.add("held", to_string(*restraint.by));
        }
        auto& slot = book_.open(std::move(ticket), restraint);
        slot.state.episode_starts_at = alert.starts_at;
        record(slot, TicketEventKind::opened, cause, std::move(data), is_heard(slot.state) && !gate.flap);
        add_notes(slot, cause);
        return slot;
    }

    void add_notes(TicketSlot& ticket, const Evaluated& cause)
    {
        for (const auto& [rule_id, text] : cause.evaluation.notes) {
            book_.record(ticket, TicketEventKind::commented, cause.alert.received_at,
                         caused_by(cause).words("text", text).str(), false, "rule:" + rule_id.str());
        }
    }

    void record(TicketSlot& ticket, TicketEventKind kind, const Evaluated& cause, Data data, bool tell)
    {
        book_.record(ticket, kind, cause.alert.received_at, data.str(), tell);
    }

    Book& book_;
    const domain::Settings& settings_;
    Holds holds_;
    Endings endings_;
};

}  // namespace

Outcome fold(const std::vector<Evaluated>& batch, States states, const domain::Settings& settings)
{
    Book book(std::move(states));
    Machine machine(book, settings);
    std::vector<Verdict> verdicts;
    verdicts.reserve(batch.size());
    for (std::size_t i = 0; i < batch.size(); ++i) {
        if (i == 0 || batch[i].position.row != batch[i - 1].position.row) {
            if (i > 0) machine.end_row(verdicts);
            machine.begin_row();
        }
        verdicts.push_back(machine.take(batch[i], i));
    }
    if (!batch.empty()) machine.end_row(verdicts);
    return std::move(book).finish(std::move(verdicts));
}

}  // namespace winnow::triage
