#pragma once

/// @file
/// The tickets and instances that a fold works on, what has changed about them, and what came of it.

#include "winnow/triage/fold.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow::triage {

struct TicketSlot {
    static constexpr std::size_t kLoaded = std::numeric_limits<std::size_t>::max();

    TicketCore state;
    std::size_t opened = kLoaded;  ///< Index into Outcome::opened of a ticket that this fold opened.
    bool changed = false;
    std::optional<std::size_t> ending = {};  ///< Its trouble ends with the row, unless an alert of the row joins it.
    std::size_t told_in_row = 0;             ///< Number of the last row that told of it, from 1.
    std::size_t net_from = 0;                ///< The first of the notices that may make each other needless.
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
                std::string actor = "system");

    /// What follows came together.
    void begin_row();

    /// Of what the row tells of tickets, leaves out what the row itself has made untrue.
    void end_row();

    /// While it lives, what is recorded was due before the row's alerts came: they make none of it untrue.
    class Earlier {
    public:
        explicit Earlier(Book& book) : book_(book), before_(std::exchange(book.earlier_, true)) {}
        ~Earlier() { book_.earlier_ = before_; }
        Earlier(const Earlier&) = delete;
        Earlier& operator=(const Earlier&) = delete;

    private:
        Book& book_;
        bool before_;
    };

    [[nodiscard]] Outcome finish(std::vector<domain::Verdict> verdicts) &&;

private:
    using Notices = std::vector<Outcome::Notice>;

    void enter(TicketSlot& ticket);
    void net(TicketSlot& ticket, Notices& told);

    std::deque<TicketSlot> tickets_;
    std::deque<InstanceSlot> instances_;
    template <typename Slot>
    using ByKey = boost::unordered_flat_map<std::string_view, Slot*, std::hash<std::string_view>>;
    ByKey<TicketSlot> by_key_;             // views into tickets_
    ByKey<InstanceSlot> instance_by_key_;  // views into instances_
    std::map<MachineKey, MachineSlot> machines_;
    Outcome outcome_;
    std::size_t row_ = 0;          // number of the row, from 1
    std::size_t row_notices_ = 0;  // where the row's begin
    std::size_t row_events_ = 0;
    bool earlier_ = false;
    std::vector<TicketSlot*> told_again_ = {};  // in the row, more than once
};

}  // namespace winnow::triage
