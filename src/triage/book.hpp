#pragma once

/// @file
/// The tickets and instances that a fold works on, what has changed about them, and what came of it.

#include "winnow/triage/fold.hpp"

#include <cstddef>
#include <deque>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

namespace winnow::triage {

struct TicketSlot {
    static constexpr std::size_t kLoaded = std::numeric_limits<std::size_t>::max();

    TicketState state;
    std::size_t opened = kLoaded;  ///< Index into Outcome::opened of a ticket that this fold opened.
    bool changed = false;
};

struct InstanceSlot {
    InstanceState state;
    TicketSlot* ticket = nullptr;  ///< nullptr: it was not loaded, so there is nothing to change.
    bool changed = false;
};

struct MachineSlot {
    MachineState state;
    bool changed = false;
};

/// Slots keep their addresses while the book lives.
class Book {
public:
    explicit Book(States states);

    /// The ticket that takes a key's alerts: the live one, else the latest; nullptr if there is none.
    [[nodiscard]] TicketSlot* current(std::string_view dedup_key);
    [[nodiscard]] TicketSlot* ticket(TicketId id);
    [[nodiscard]] InstanceSlot* instance(std::string_view key);

    [[nodiscard]] std::deque<TicketSlot>& tickets() noexcept { return tickets_; }

    /// A new one where there is none.
    [[nodiscard]] MachineSlot& machine(const MachineKey& key);
    [[nodiscard]] std::map<MachineKey, MachineSlot>& machines() noexcept { return machines_; }

    /// The ticket gets the next number and becomes current for its key.
    TicketSlot& open(domain::Ticket ticket, Restraint restraint = {});

    /// Makes the instance, known or new, fire on the ticket. It must not be firing.
    void attach(InstanceState instance, TicketSlot& ticket);

    /// Appends to the ticket's timeline and, where `tell`, to the notices.
    void record(TicketSlot& ticket, domain::TicketEventKind kind, Timestamp at, std::string data, bool tell,
                const std::string& description, std::string actor = "system");

    [[nodiscard]] Outcome finish(std::vector<domain::Verdict> verdicts) &&;

private:
    void enter(TicketSlot& ticket);

    std::deque<TicketSlot> tickets_;
    std::deque<InstanceSlot> instances_;
    std::unordered_map<std::string_view, TicketSlot*> by_key_;             // views into tickets_
    std::unordered_map<std::string_view, InstanceSlot*> instance_by_key_;  // views into instances_
    std::map<MachineKey, MachineSlot> machines_;
    Outcome outcome_;
};

}  // namespace winnow::triage
