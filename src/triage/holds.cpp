#include "triage/holds.hpp"

#include "triage/event_data.hpp"
#include "winnow/tickets/episode.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace winnow::triage {

namespace {

using domain::Held;
using domain::HoldKind;
using domain::TicketEventKind;
using enum domain::TicketState;

void let_go(Book& book, TicketSlot& ticket, Timestamp at, Data data)
{
    auto& state = ticket.state;
    const auto from = state.restraint.from;
    data.add("severity", to_string(state.severity)).add("released", to_string(*state.restraint.by));
    if (from) data.add("from", to_string(*from));
    tickets::let_go(state, at);
    const auto kind = is_heard(state) ? begun(state) : from ? TicketEventKind::reopened : TicketEventKind::opened;
    book.record(ticket, kind, at, data.str(), is_heard(state));
}

/// A held ticket has ended, and nobody hears of it.
void record_unheard(Book& book, TicketSlot& ticket, Timestamp at, std::string data)
{
    tickets::mark(data, "unheard");
    book.record(ticket, TicketEventKind::recovered, at, std::move(data), false);
}

/// Whether an alert that is kept quiet gets a held ticket past its threshold: by reaching it, or because only a cover
/// keeps quiet what no threshold holds back. Else the threshold would be given up, and the page with it. A pause needs
/// no such help: it ends by itself.
bool passes_threshold(const TicketCore& ticket, const Gate& gate, const Evaluated& cause)
{
    return ticket.restraint.by == HoldKind::threshold && !gate.below && (gate.reached || cause.cover);
}

void take_over(TicketCore& ticket, const Evaluated& cause)
{
    if (!cause.evaluation.suppressed || ticket.suppressed) return;
    ticket.suppressed = true;
    ticket.suppression_reason = cause.evaluation.suppression_reason;
}

const domain::FlapAction* flap_terms(const Evaluated& cause, RuleId& rule_id)
{
    for (const auto& hold : cause.evaluation.holds) {
        rule_id = hold.rule_id;
        if (const auto* terms = std::get_if<domain::FlapAction>(&hold.terms)) return terms;
    }
    return nullptr;
}

}  // namespace

std::optional<MachineKey> machine_key(const rules::Evaluation::Hold& hold, const domain::Alert& alert)
{
    if (std::holds_alternative<domain::PauseAction>(hold.terms)) return std::nullopt;
    const bool counts = std::holds_alternative<domain::ThresholdAction>(hold.terms);
    return MachineKey{
        .rule_id = hold.rule_id, .kind = counts ? HoldKind::threshold : HoldKind::flap, .dedup_key = alert.dedup_key};
}

bool recover(Book& book, TicketSlot& ticket, Timestamp now, std::string data)
{
    switch (tickets::end_trouble(ticket.state, now)) {
        case tickets::Ending::nothing: return false;
        case tickets::Ending::noted: ticket.changed = true; return false;
        case tickets::Ending::unheard: record_unheard(book, ticket, now, std::move(data)); return true;
        case tickets::Ending::over: break;
    }
    book.record(ticket, TicketEventKind::recovered, now, std::move(data), is_heard(ticket.state));
    return true;
}

void pass_time(Book& book, TicketSlot& ticket, Timestamp now)
{
    const auto& restraint = ticket.state.restraint;
    if (ticket.state.state != held || !restraint.until || *restraint.until > now) return;
    const Book::Earlier earlier(book);
    const auto due = *restraint.until;
    if (restraint.by == HoldKind::threshold) {
        tickets::give_up(ticket.state, due);
        record_unheard(book, ticket, due, Data().add("reason", "lapsed").str());
        return;
    }
    auto data = Data();
    if (!restraint.from) data.add("alert_id", domain::opener_of(ticket.state.id).str());
    let_go(book, ticket, due, std::move(data));
}

void settle_due(Book& book, MachineSlot& machine, Timestamp now)
{
    if (!machine.state.flapping || !machine.state.due_at || *machine.state.due_at > now) return;
    const Book::Earlier earlier(book);
    const auto due = *machine.state.due_at;
    settle(machine.state);
    machine.changed = true;
    auto* ticket = book.current(machine.state.key.dedup_key);
    if (ticket == nullptr) return;
    settle_ticket(book, *ticket, machine.state.key.rule_id, due);
}

bool lift(Book& book, TicketSlot& ticket, Timestamp at)
{
    auto& state = ticket.state;
    const auto flapped = std::exchange(state.restraint.flapping, Flapping::no);
    if (flapped == Flapping::resolved) recover(book, ticket, at, Data().str());
    state.suppressed = false;
    state.suppression_reason.clear();
    ticket.changed = true;
    return flapped != Flapping::resolved && state.state != held;
}

void settle_ticket(Book& book, TicketSlot& ticket, RuleId rule_id, Timestamp at)
{
    auto& state = ticket.state;
    if (state.restraint.flapping == Flapping::no) return;
    const bool over = state.restraint.flapping == Flapping::resolved;
    state.restraint.flapping = Flapping::no;
    ticket.changed = true;
    auto data = Data().add("rule_id", rule_id.str());
    if (over) {
        recover(book, ticket, at, data.add("reason", "settled").str());
    } else if (is_live(state.state)) {
        book.record(ticket, TicketEventKind::flapping_settled, at,
                    data.add("severity", to_string(state.severity)).str(), is_heard(state));
    }
}

void Holds::pass_time(const Evaluated& cause, TicketSlot* ticket)
{
    const auto& alert = cause.alert;
    RuleId rule_id;
    if (flap_terms(cause, rule_id) != nullptr) {
        auto& machine = book_.machine({.rule_id = rule_id, .kind = HoldKind::flap, .dedup_key = alert.dedup_key});
        settle_due(book_, machine, alert.received_at);
    }
    if (ticket != nullptr) triage::pass_time(book_, *ticket, alert.received_at);
}

Gate Holds::judge(const Evaluated& cause)
{
    Gate gate;
    const auto now = cause.alert.received_at;
    for (const auto& hold : cause.evaluation.holds) {
        if (const auto* pause = std::get_if<domain::PauseAction>(&hold.terms)) {
            const auto until = now + pause->duration;
            if (gate.pause && *gate.pause->until >= until) continue;
            gate.pause = Held{.kind = HoldKind::pause, .rule_id = hold.rule_id, .until = until};
        } else if (const auto* threshold = std::get_if<domain::ThresholdAction>(&hold.terms)) {
            auto& machine = book_.machine(*machine_key(hold, cause.alert));
            const auto count = count_alert(machine.state, *threshold, now);
            machine.changed = true;
            gate.reached = gate.reached || count.reached;
            if (count.reached || gate.below) continue;
            gate.below = Held{.kind = HoldKind::threshold,
                              .rule_id = hold.rule_id,
                              .count = count.alerts,
                              .needed = threshold->count,
                              .until = now + threshold->within};
        }
    }
    gate.flap = see_flap(cause, true);
    return gate;
}

std::optional<Held> Holds::see_flap(const Evaluated& cause, bool firing)
{
    RuleId rule_id;
    const auto* terms = flap_terms(cause, rule_id);
    if (terms == nullptr) return std::nullopt;
    auto& machine = book_.machine({.rule_id = rule_id, .kind = HoldKind::flap, .dedup_key = cause.alert.dedup_key});
    const bool flapped = machine.state.flapping;
    const bool flaps = see_status(machine.state, *terms, firing, cause.alert.received_at);
    machine.changed = true;
    if (!flaps) {
        auto* ticket = book_.current(cause.alert.dedup_key);
        if (flapped && ticket != nullptr) {
            // The share of changes has fallen: this alert itself is the last word.
            if (ticket->state.restraint.flapping != Flapping::no) {
                ticket->state.restraint.flapping = firing ? Flapping::firing : Flapping::resolved;
            }
            settle_ticket(book_, *ticket, rule_id, cause.alert.received_at);
        }
        return std::nullopt;
    }
    return Held{.kind = HoldKind::flap,
                .rule_id = rule_id,
                .count = static_cast<std::int32_t>(machine.state.recent.size()),
                .until = machine.state.due_at};
}

Restraint Holds::restraint(const Gate& gate, const TicketCore* before)
{
    const auto& why = *gate.why();
    Restraint restraint{.by = why.kind, .rule_id = why.rule_id, .until = why.until};
    restraint.never_told = before == nullptr || before->restraint.never_told;
    // What ended while it was held is as good as new.
    if (before != nullptr && !(restraint.never_told && before->state == closed)) {
        restraint.from = before->state == closed ? closed : recovered;
    }
    return restraint;
}

void Holds::hush(TicketSlot& ticket, const Gate& gate, const Evaluated& cause)
{
    if (ticket.state.state != held) return;
    if (gate.flap || passes_threshold(ticket.state, gate, cause)) take_over(ticket.state, cause);
}

void Holds::go_on(TicketSlot& ticket, const Gate& gate, const Evaluated& cause)
{
    auto& restraint = ticket.state.restraint;
    if (ticket.state.state != held || gate.flap) return;
    if (cause.evaluation.suppressed && !gate.below && !passes_threshold(ticket.state, gate, cause)) return;
    if (!gate.holds()) {
        let_go(book_, ticket, cause.alert.received_at, caused_by(cause));
        return;
    }
    if (restraint.by == HoldKind::pause) return;  // from its first alert on, whatever comes
    const auto& why = *gate.why();
    restraint.by = why.kind;
    restraint.rule_id = why.rule_id;
    restraint.until = why.kind == HoldKind::pause ? why.until : std::max(restraint.until, why.until);
    ticket.changed = true;
}

void Holds::flap(TicketSlot& ticket, const Held& held_by, const Evaluated& cause)
{
    auto& state = ticket.state;
    ticket.changed = true;
    if (state.restraint.flapping != Flapping::no) return;
    if (state.state == held) {
        tickets::let_go(state, cause.alert.received_at);
        take_over(state, cause);
    }
    const bool heard = is_heard(state);
    state.restraint.flapping = Flapping::firing;
    auto data = caused_by(cause);
    data.add("rule_id", held_by.rule_id.str()).number("transitions", held_by.count);
    book_.record(ticket, TicketEventKind::flapping_started, cause.alert.received_at, data.str(), heard);
}

}  // namespace winnow::triage
