#pragma once

/// @file
/// Rules and fold on a virtual clock, with all states in memory: what an admin's own test cases are played on. Pure.

#include "winnow/triage/fold.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace winnow::triage {

/// What a store and the timers do for triage, without either. Not thread-safe.
class Rehearsal {
public:
    Rehearsal(std::shared_ptr<const rules::RuleSet> rules, domain::Settings settings)
        : rules_(std::move(rules)), settings_(std::move(settings))
    {
    }

    struct Taken {
        Evaluated evaluated;
        domain::Verdict verdict;
    };

    /// The alert comes at its received_at, which is not before that of the one before; what is due until then happens
    /// first.
    Taken take(domain::Alert alert);

    /// What is due until then happens, in the order in which it is due.
    void pass(Timestamp now);

    struct Known {
        domain::Ticket opened;  ///< As it was opened: title, labels, priority.
        TicketCore state;       ///< As it is.
    };
    /// By number.
    [[nodiscard]] std::vector<Known> tickets() const;
    [[nodiscard]] const Known* find(TicketId id) const;

    /// All that somebody was told, in order.
    [[nodiscard]] const std::vector<Outcome::Notice>& notices() const noexcept { return notices_; }

private:
    [[nodiscard]] States load(const StateKeys& keys) const;
    void add(States& states, TicketId id) const;
    void keep(const Outcome& outcome);
    void expire_until(Timestamp now);
    void let_pass(Timestamp now);

    std::shared_ptr<const rules::RuleSet> rules_;
    domain::Settings settings_;
    std::map<TicketId, Known> tickets_;
    std::map<std::string, InstanceState> instances_;
    std::map<MachineKey, MachineState> machines_;
    std::vector<Outcome::Notice> notices_;
    std::int64_t next_number_ = 1;
    std::uint64_t seq_ = 0;
};

}  // namespace winnow::triage
