#include "dispatch/slots.hpp"

namespace winnow::dispatch {

void Slots::take(ContactId contact)
{
    ++in_flight_;
    ++contacts_[contact].in_flight;
}

void Slots::give_back(ContactId contact, bool delivered)
{
    --in_flight_;
    const auto at = contacts_.find(contact);
    --at->second.in_flight;
    at->second.failures_in_a_row = delivered ? 0 : at->second.failures_in_a_row + 1;
    if (at->second.in_flight == 0 && at->second.failures_in_a_row == 0) contacts_.erase(at);
}

std::size_t Slots::free_for(ContactId contact) const
{
    const auto at = contacts_.find(contact);
    if (at == contacts_.end()) return per_contact_;
    const auto limit = at->second.failures_in_a_row >= breaker_after_ ? 1 : per_contact_;
    return limit > at->second.in_flight ? limit - at->second.in_flight : 0;
}

std::vector<ContactId> Slots::busy() const
{
    std::vector<ContactId> full;
    for (const auto& [contact, state] : contacts_) {
        if (free_for(contact) == 0) full.push_back(contact);
    }
    return full;
}

}  // namespace winnow::dispatch
