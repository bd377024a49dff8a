#include "winnow/triage/fold.hpp"

#include "triage/book.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace winnow::triage {

namespace {

using domain::Disposition;
using domain::TicketEffect;
using domain::TicketEventKind;
using domain::Verdict;
using enum domain::TicketState;

/// An event's data. Names and values are identifiers and our own words: nothing needs escaping.
class Data {
public:
    Data() = default;
    explicit Data(const Evaluated& cause) { add("alert_id", domain::alert_id_at(cause.position).str()); }

    Data& add(std::string_view name, std::string_view word)
    {
        separate();
        text_.append("\"").append(name).append("\":\"").append(word).append("\"");
        return *this;
    }

    Data& flag(std::string_view name)
    {
        separate();
        text_.append("\"").append(name).append("\":true");
        return *this;
    }

    [[nodiscard]] std::string str() { return std::move(text_) + "}"; }

private:
    void separate()
    {
        if (text_.size() > 1) text_ += ',';
    }

    std::string text_ = "{";
};

Disposition disposition_of(const Evaluated& cause, Verdict& verdict)
{
    if (!cause.evaluation.suppressed) return Disposition::ticketed;
    if (!cause.cover) return Disposition::suppressed;
    verdict.quieted_by = cause.cover->cause;
    return cause.cover->cause.kind == domain::QuietKind::inhibition ? Disposition::inhibited : Disposition::silenced;
}

/// A ticket's trouble ends, in whatever way; only a ticket that is being worked on or waits for it recovers.
bool recover(Book& book, TicketSlot& ticket, Timestamp now, std::string data, const std::string& description)
{
    auto& state = ticket.state;
    if (state.state != open && state.state != in_progress && state.state != held) return false;
    const bool known = !state.suppressed && state.state != held;
    state.state = recovered;
    state.recovered_at = now;
    book.record(ticket, TicketEventKind::recovered, now, std::move(data), known, description);
    return true;
}

/// True when the ticket recovered with it.
bool end_instance(Book& book, InstanceSlot& instance, Timestamp now, std::string data, const std::string& description)
{
    instance.state.firing = false;
    instance.changed = true;
    if (instance.ticket == nullptr) return false;
    auto& ticket = *instance.ticket;
    ticket.changed = true;
    ticket.state.firing_instances = std::max(ticket.state.firing_instances - 1, 0);
    return ticket.state.firing_instances == 0 && recover(book, ticket, now, std::move(data), description);
}

class Machine {
public:
    Machine(Book& book, const domain::Settings& settings) : book_(book), settings_(settings) {}

    Verdict take(const Evaluated& evaluated)
    {
        Verdict verdict;
        verdict.matches = evaluated.evaluation.matches;
        if (evaluated.evaluation.dedup_key_changed) verdict.dedup_key = evaluated.alert.dedup_key;
        if (evaluated.evaluation.dropped) {
            verdict.disposition = Disposition::dropped;
            return verdict;
        }
        switch (evaluated.alert.status) {
            case domain::AlertStatus::firing: take_firing(evaluated, verdict); break;
            case domain::AlertStatus::acknowledged: take_acknowledged(evaluated, verdict); break;
            case domain::AlertStatus::resolved: take_resolved(evaluated, verdict); break;
        }
        return verdict;
    }

private:
    void take_firing(const Evaluated& cause, Verdict& verdict)
    {
        const auto& alert = cause.alert;
        verdict.disposition = disposition_of(cause, verdict);
        auto* ticket = book_.current(alert.dedup_key);
        auto* instance = alert.instance_key.empty() ? nullptr : book_.instance(alert.instance_key);
        if (instance != nullptr && instance->state.firing) {
            if (ticket != nullptr && instance->ticket == ticket) {
                refresh(*instance, cause);
                verdict.effect = TicketEffect::refreshed;
                verdict.ticket_id = ticket->state.id;
                return;
            }
            end_instance(book_, *instance, alert.received_at, Data(cause).add("reason", "moved").str(),
                         alert.description);
        }
        if (ticket != nullptr && is_live(ticket->state.state)) {
            join(*ticket, cause);
            verdict.effect = TicketEffect::joined;
        } else if (ticket != nullptr && may_reopen(ticket->state, alert.received_at)) {
            reopen(*ticket, cause);
            verdict.effect = TicketEffect::reopened;
        } else {
            ticket = &open_new(cause);
            verdict.effect = TicketEffect::opened;
        }
        verdict.ticket_id = ticket->state.id;
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
        if (ticket == nullptr || !is_live(ticket->state.state)) return;  // ignored
        verdict.disposition = disposition_of(cause, verdict);
        verdict.ticket_id = ticket->state.id;
        if (ticket->state.state != open) return;
        ticket->state.state = in_progress;
        ticket->state.acknowledged_at = cause.alert.received_at;
        verdict.effect = TicketEffect::acknowledged;
        record(*ticket, TicketEventKind::acknowledged, cause, Data(cause), false);
    }

    void take_resolved(const Evaluated& cause, Verdict& verdict)
    {
        const auto& alert = cause.alert;
        auto* instance = alert.instance_key.empty() ? nullptr : book_.instance(alert.instance_key);
        auto* ticket = alert.instance_key.empty() ? book_.current(alert.dedup_key)
                       : instance != nullptr      ? instance->ticket
                                                  : nullptr;
        const bool ends_instance = instance != nullptr && instance->state.firing;
        bool ended = false;
        if (ends_instance) {
            instance->state.ends_at = alert.ends_at.value_or(alert.received_at);
            ended = end_instance(book_, *instance, alert.received_at, Data(cause).str(), alert.description);
        } else if (instance == nullptr && ticket != nullptr) {
            ended = recover(book_, *ticket, alert.received_at, Data(cause).str(), alert.description);
        }
        if (ticket == nullptr || (ticket->state.state == closed && !ends_instance)) return;  // ignored
        verdict.disposition = Disposition::resolved;
        verdict.ticket_id = ticket->state.id;
        if (ended) verdict.effect = TicketEffect::recovered;
    }

    void refresh(InstanceSlot& instance, const Evaluated& cause)
    {
        instance.state.ends_at = cause.alert.ends_at;
        instance.changed = true;
        see(*instance.ticket, cause);
        if (is_live(instance.ticket->state.state)) learn(*instance.ticket, cause);
    }

    void join(TicketSlot& ticket, const Evaluated& cause)
    {
        ++ticket.state.occurrences;
        see(ticket, cause);
        learn(ticket, cause);
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
        extend_route(state, cause.evaluation.route);
        if (cause.alert.severity > state.severity) {
            auto data = Data(cause);
            data.add("from", to_string(state.severity)).add("to", to_string(cause.alert.severity));
            state.severity = cause.alert.severity;
            record(ticket, TicketEventKind::severity_changed, cause, std::move(data), !state.suppressed);
        }
        if (!quiet && state.suppressed) {
            state.suppressed = false;
            state.suppression_reason.clear();
            record(ticket, TicketEventKind::opened, cause,
                   Data(cause).add("severity", to_string(state.severity)).flag("unsuppressed"), true);
        }
    }

    /// Whoever was told of the opening goes on being told: the default route, too, where it was the ticket's.
    void extend_route(TicketState& state, const std::vector<ContactGroupId>& more) const
    {
        if (more.empty()) return;
        if (state.route.empty() && !state.suppressed) state.route = settings_.default_route;
        for (const auto& group : more) {
            if (std::ranges::find(state.route, group) == state.route.end()) state.route.push_back(group);
        }
    }

    [[nodiscard]] bool may_reopen(const TicketState& ticket, Timestamp now) const
    {
        const auto& ended_at = ticket.state == closed && ticket.closed_at ? ticket.closed_at : ticket.recovered_at;
        return now - ended_at.value_or(ticket.last_seen_at) <= settings_.reopen_window;
    }

    void reopen(TicketSlot& ticket, const Evaluated& cause)
    {
        auto& state = ticket.state;
        auto data = Data(cause);
        data.add("from", to_string(state.state)).add("severity", to_string(cause.alert.severity));
        state.state = open;
        state.severity = cause.alert.severity;
        state.route = cause.evaluation.route;
        state.suppressed = cause.evaluation.suppressed;
        state.suppression_reason = cause.evaluation.suppression_reason;
        state.acknowledged_at.reset();
        state.recovered_at.reset();
        state.closed_at.reset();
        ++state.occurrences;
        see(ticket, cause);
        record(ticket, TicketEventKind::reopened, cause, std::move(data), !state.suppressed);
    }

    TicketSlot& open_new(const Evaluated& cause)
    {
        const auto& alert = cause.alert;
        domain::Ticket ticket;
        ticket.id = domain::ticket_id_at(cause.position);
        ticket.severity = alert.severity;
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
        auto& slot = book_.open(std::move(ticket));
        record(slot, TicketEventKind::opened, cause, Data(cause).add("severity", to_string(alert.severity)),
               !slot.state.suppressed);
        return slot;
    }

    void record(TicketSlot& ticket, TicketEventKind kind, const Evaluated& cause, Data data, bool tell)
    {
        book_.record(ticket, kind, cause.alert.received_at, data.str(), tell, cause.alert.description);
    }

    Book& book_;
    const domain::Settings& settings_;
};

}  // namespace

Outcome fold(const std::vector<Evaluated>& batch, States states, const domain::Settings& settings)
{
    Book book(std::move(states));
    Machine machine(book, settings);
    std::vector<Verdict> verdicts;
    verdicts.reserve(batch.size());
    for (const auto& evaluated : batch) verdicts.push_back(machine.take(evaluated));
    return std::move(book).finish(std::move(verdicts));
}

Outcome expire(const std::vector<InstanceState>& expired, States states, Timestamp now)
{
    states.instances = expired;
    Book book(std::move(states));
    for (const auto& instance : expired) {
        auto* slot = book.instance(instance.key);
        if (slot->state.firing) end_instance(book, *slot, now, Data().add("reason", "expired").str(), {});
    }
    return std::move(book).finish({});
}

}  // namespace winnow::triage
