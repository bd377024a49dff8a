#include "dispatch/shares.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace winnow::dispatch {

namespace {

using std::chrono::milliseconds;
using Heard = ports::SendReport::Heard;

constexpr std::chrono::seconds kStep{10};
constexpr milliseconds kSoon{250};
constexpr std::chrono::minutes kRemembered{15};  // several of the longest pauses
constexpr std::chrono::minutes kForgetEvery{1};
constexpr std::size_t kMostClosed = 256;  // receivers of one tenant that a claim is told of; others are handed back

std::size_t less(std::size_t most, std::size_t taken)
{
    return most > taken ? most - taken : 0;
}

bool mostly_timeouts(const LastMinute& minute, LastMinute::Time now)
{
    // Fewer could not take more than a hanging tenant may have anyway.
    constexpr std::size_t kFewest = 4;
    const auto timeouts = minute.timeouts(now);
    return timeouts >= kFewest && timeouts * 2 > minute.attempts(now);
}

milliseconds until(Shares::Time then, Shares::Time now)
{
    return std::max(milliseconds{0}, std::chrono::ceil<milliseconds>(then - now));
}

}  // namespace

std::int64_t LastMinute::number_of(Time now)
{
    return now.time_since_epoch() / kStep;
}

void LastMinute::add(bool timed_out, Time now)
{
    const auto number = number_of(now);
    auto& step = steps_.at(static_cast<std::size_t>(number) % steps_.size());
    if (step.number != number) step = {.number = number};
    ++step.attempts;
    if (timed_out) ++step.timeouts;
}

template <typename Count>
std::size_t LastMinute::sum(Time now, Count Step::* count) const
{
    const auto oldest = number_of(now) - static_cast<std::int64_t>(steps_.size());
    return std::accumulate(steps_.begin(), steps_.end(), std::size_t{0}, [&](std::size_t sum, const Step& step) {
        return step.number > oldest ? sum + step.*count : sum;
    });
}

std::size_t LastMinute::attempts(Time now) const
{
    return sum(now, &Step::attempts);
}

std::size_t LastMinute::timeouts(Time now) const
{
    return sum(now, &Step::timeouts);
}

// A tenant has at most as many as are left free: however many come at once, the next one still finds a place.
std::size_t Shares::room_of(const Tenant& tenant) const
{
    const auto most = tenant.hanging ? std::min(options_.per_hanging_tenant, options_.per_tenant) : options_.per_tenant;
    return less(std::min(most, free()), tenant.in_flight);
}

std::size_t Shares::retry_room_of(const Tenant& tenant) const
{
    return std::min(room_of(tenant), less(options_.retries_per_tenant, tenant.retries));
}

std::size_t Shares::free_retries() const
{
    const auto half = (options_.max_in_flight + 1) / 2;
    return std::min(free(), less(std::min(options_.max_retries, half), retries_));
}

bool Shares::is_closed(const Receiver& receiver) const
{
    return receiver.unanswered_in_a_row >= options_.breaker_after;
}

std::size_t Shares::room_of(const Receiver& receiver, Time now) const
{
    if (!is_closed(receiver)) return less(options_.per_receiver, receiver.in_flight);
    return receiver.in_flight == 0 && now >= receiver.probe_at ? 1 : 0;
}

std::size_t Shares::room_of(const Contact& contact) const
{
    const auto most = contact.failures_in_a_row >= options_.breaker_after ? 1 : options_.per_contact;
    return less(most, contact.in_flight);
}

ports::ClaimShare Shares::share(bool retries, Time now) const
{
    ports::ClaimShare share;
    share.retries = retries;
    // Half of what is free: what one claim gives to many tenants is seen before the next one gives more.
    const auto free_now = retries ? free_retries() : free();
    share.limit = (free_now + 1) / 2;
    const auto room = [&](const Tenant& tenant) {
        return retries ? retry_room_of(tenant) : room_of(tenant);
    };
    share.per_tenant = room({});
    share.per_receiver = options_.per_receiver;
    share.per_contact = options_.per_contact;
    for (const auto& [id, tenant] : tenants_) {
        const auto own = room(tenant);
        if (own != share.per_tenant) share.tenants.push_back({.id = id, .room = own});
        if (own == 0) continue;
        std::size_t closed = 0;
        for (const auto& [name, receiver] : tenant.receivers) {
            const auto left = room_of(receiver, now);
            if (left == options_.per_receiver || (left == 0 && ++closed > kMostClosed)) continue;
            share.receivers.push_back({.tenant = id, .receiver = name, .room = left});
        }
        for (const auto& [contact, state] : tenant.contacts) {
            if (room_of(state) == 0) share.busy.push_back(contact);
        }
    }
    return share;
}

std::optional<milliseconds> Shares::wait_for(const Party& party, Time now) const
{
    const bool full = free() == 0 || (party.retry && free_retries() == 0);
    const auto tenant = tenants_.find(party.tenant);
    if (tenant == tenants_.end()) return full ? std::optional(kSoon) : std::nullopt;
    if (const auto at = tenant->second.receivers.find(party.receiver); at != tenant->second.receivers.end()) {
        const auto& receiver = at->second;
        if (is_closed(receiver) && room_of(receiver, now) == 0) {
            return std::max(kSoon, receiver.in_flight == 0 ? until(receiver.probe_at, now) : receiver.pause);
        }
        if (room_of(receiver, now) == 0) return kSoon;
    }
    const auto contact = tenant->second.contacts.find(party.contact);
    if (contact != tenant->second.contacts.end() && room_of(contact->second) == 0) return kSoon;
    const auto room = party.retry ? retry_room_of(tenant->second) : room_of(tenant->second);
    return full || room == 0 ? std::optional(kSoon) : std::nullopt;
}

void Shares::take(const Party& party, Time now)
{
    auto& tenant = tenants_[party.tenant];
    auto& receiver = tenant.receivers[party.receiver];
    auto& contact = tenant.contacts[party.contact];
    receiver.probing = is_closed(receiver);
    ++in_flight_;
    ++tenant.in_flight;
    ++receiver.in_flight;
    ++contact.in_flight;
    if (party.retry) {
        ++retries_;
        ++tenant.retries;
    }
    tenant.last = receiver.last = contact.last = now;
}

void Shares::give_back(const Party& party, const End& end, Time now)
{
    auto& tenant = tenants_.at(party.tenant);
    auto& receiver = tenant.receivers.at(party.receiver);
    auto& contact = tenant.contacts.at(party.contact);
    --in_flight_;
    --tenant.in_flight;
    --receiver.in_flight;
    --contact.in_flight;
    if (party.retry) {
        --retries_;
        --tenant.retries;
    }
    tenant.last = receiver.last = contact.last = now;

    note(tenant, end, now);
    note(receiver, end, now);
    contact.failures_in_a_row = end.delivered ? 0 : contact.failures_in_a_row + 1;
    if (contact.in_flight == 0 && contact.failures_in_a_row == 0) tenant.contacts.erase(party.contact);
    if (receiver.in_flight == 0 && receiver.unanswered_in_a_row == 0) tenant.receivers.erase(party.receiver);
}

// What hangs is limited until something gets through again, and that is not outweighed by what does not.
void Shares::note(Tenant& tenant, const End& end, Time now)
{
    tenant.minute.add(end.heard == Heard::timeout, now);
    if (end.heard == Heard::timeout) tenant.hanging = tenant.hanging || mostly_timeouts(tenant.minute, now);
    if (end.delivered) tenant.hanging = tenant.hanging && mostly_timeouts(tenant.minute, now);
}

// Any answer is one: what a URL is told is about the URL, and its host works.
void Shares::note(Receiver& receiver, const End& end, Time now) const
{
    const bool probed = std::exchange(receiver.probing, false);
    if (end.delivered || end.heard == Heard::answer) {
        receiver.unanswered_in_a_row = 0;
        return;
    }
    if (end.heard != Heard::nothing && ++receiver.unanswered_in_a_row == options_.breaker_after) {
        receiver.pause = options_.first_probe;
    } else if (end.heard != Heard::nothing && probed) {
        receiver.pause = std::min(receiver.pause * 2, options_.longest_probe);
    }
    receiver.probe_at = now + receiver.pause;
}

std::optional<milliseconds> Shares::next_probe(Time now) const
{
    std::optional<milliseconds> next;
    for (const auto& [id, tenant] : tenants_) {
        for (const auto& [name, receiver] : tenant.receivers) {
            if (!is_closed(receiver) || receiver.in_flight > 0) continue;
            const auto wait = until(receiver.probe_at, now);
            next = next ? std::min(*next, wait) : wait;
        }
    }
    return next;
}

void Shares::forget(Time now)
{
    if (now - forgot_at_ < kForgetEvery) return;
    forgot_at_ = now;
    const auto is_over = [&](const auto& entry) {
        return entry.second.in_flight == 0 && now - entry.second.last > kRemembered;
    };
    for (auto& [id, tenant] : tenants_) {
        std::erase_if(tenant.receivers, is_over);
        std::erase_if(tenant.contacts, is_over);
    }
    std::erase_if(tenants_, is_over);
}

std::size_t Shares::hanging_tenants() const
{
    return static_cast<std::size_t>(
        std::ranges::count_if(tenants_, [](const auto& entry) { return entry.second.hanging; }));
}

std::size_t Shares::closed_receivers() const
{
    std::size_t closed = 0;
    for (const auto& [id, tenant] : tenants_) {
        closed += static_cast<std::size_t>(
            std::ranges::count_if(tenant.receivers, [&](const auto& entry) { return is_closed(entry.second); }));
    }
    return closed;
}

}  // namespace winnow::dispatch
