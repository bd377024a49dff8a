#pragma once

/// @file
/// Who is being tried right now, and how each contact has been doing: pure bookkeeping. Private to dispatch.

#include "winnow/base/uuid.hpp"

#include <cstddef>
#include <unordered_map>
#include <vector>

namespace winnow::dispatch {

/// Not thread-safe.
class Slots {
public:
    Slots(std::size_t total, std::size_t per_contact, std::size_t breaker_after)
        : total_(total), per_contact_(per_contact), breaker_after_(breaker_after)
    {
    }

    void take(ContactId contact);

    /// Gives the slot back and notes how the attempt went.
    void give_back(ContactId contact, bool delivered);

    [[nodiscard]] std::size_t in_flight() const noexcept { return in_flight_; }
    [[nodiscard]] std::size_t free() const noexcept { return total_ - in_flight_; }

    /// How many more attempts to the contact may begin: one at a time after `breaker_after` failures in a row.
    [[nodiscard]] std::size_t free_for(ContactId contact) const;

    /// Contacts that may take no more.
    [[nodiscard]] std::vector<ContactId> busy() const;

private:
    struct Contact {
        std::size_t in_flight = 0;
        std::size_t failures_in_a_row = 0;
    };

    const std::size_t total_;
    const std::size_t per_contact_;
    const std::size_t breaker_after_;
    std::size_t in_flight_ = 0;
    std::unordered_map<ContactId, Contact> contacts_;
};

}  // namespace winnow::dispatch
