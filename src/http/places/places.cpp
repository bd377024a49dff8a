#include "http/places/places.hpp"

#include <algorithm>

namespace winnow::http {

namespace {

constexpr std::size_t kNewcomersShare = 4;  ///< A quarter of all places, for each of the two lines.

std::size_t quarter(std::size_t total)
{
    return std::max<std::size_t>(1, total / kNewcomersShare);
}

}  // namespace

Places::Places(PlaceLimits limits, std::uint64_t seed)
    : limits_(limits),
      most_newcomers_(quarter(limits.total)),
      most_busy_(std::max<std::size_t>(1, (limits.total - std::min(limits.total, most_newcomers_)) / 2)),
      most_streams_(std::clamp<std::size_t>(limits.streams_per_tenant, 1, std::max<std::size_t>(1, most_busy_ / 2))),
      recent_(seed)
{
}

Places::Arrival Places::arrive(Place& place, const Prefix& prefix, bool trusted, Time now)
{
    const auto [found, is_new] = parties_.try_emplace(prefix);
    auto& party = found->second;
    Arrival arrival;
    if (party.open >= limits_.per_prefix) return {.refused = Refused::prefix};
    place.stage_ = trusted || recent_.contains(prefix, now) ? Stage::returning : Stage::stranger;
    const bool fills_line = line_of(place).size() >= most_newcomers_;
    const bool fills_prefix = place.stage_ == Stage::stranger && party.newcomers.size() >= limits_.newcomers_per_prefix;
    if (fills_prefix || fills_line || taken_ >= limits_.total) {
        arrival.displaced = somebody_to_go(place, party);
        if (arrival.displaced == nullptr) {
            place.stage_ = Stage::outside;
            if (is_new) parties_.erase(found);
            return {.refused = Refused::total};
        }
        arrival.was = arrival.displaced->stage_;
        ++party.open;  // it stays, also where the one that goes was its only one
        displace(*arrival.displaced);
        --party.open;
    }
    place.prefix_ = prefix;
    place.party_ = &party;
    ++party.open;
    ++taken_;
    place.in_line_.join(line_of(place));
    place.of_party_.join(party.newcomers);
    return arrival;
}

/// The oldest that showed no key, first of all; but some of them always get as far as showing one: where few are left,
/// those go that idle, of the tenant with most of them, and then those that stream.
Places::Place* Places::somebody_to_go(const Place& place, const Party& party) const noexcept
{
    const bool is_stranger = place.stage_ == Stage::stranger;
    if (is_stranger && party.newcomers.size() >= limits_.newcomers_per_prefix) return party.newcomers.front();
    const auto& line = is_stranger ? strangers_ : returning_;
    if (line.size() >= most_newcomers_) return line.front();
    const auto few = most_newcomers_ / 2;
    if (strangers_.size() > few) return strangers_.front();
    if (returning_.size() > few) return returning_.front();
    if (const auto* tenant = idle_.most()) return tenant->idle.front();
    if (const auto* tenant = streaming_.most()) return tenant->streams.front();
    if (!strangers_.empty()) return strangers_.front();
    return returning_.empty() ? nullptr : returning_.front();
}

void Places::displace(Place& place) noexcept
{
    depart(place);
    auto& party = *place.party_;
    if (--party.open == 0) parties_.erase(place.prefix_);
    place.party_ = nullptr;
    --taken_;
}

/// Out of whatever it is counted in for its stage, and outside.
void Places::depart(Place& place) noexcept
{
    switch (place.stage_) {
        case Stage::outside: break;
        case Stage::stranger:
        case Stage::returning:
            place.in_line_.leave(line_of(place));
            place.of_party_.leave(place.party_->newcomers);
            break;
        case Stage::idle:
            place.in_line_.leave(place.tenant_->idle);
            idle_.descend(place.tenant_->by_idle, place.tenant_->idle.size());
            forget_if_unused(*place.tenant_);
            break;
        case Stage::streaming: end_stream(place); [[fallthrough]];
        case Stage::busy:
            --place.tenant_->busy;
            forget_if_unused(*place.tenant_);
            break;
    }
    place.stage_ = Stage::outside;
    place.tenant_ = nullptr;
}

bool Places::begin(Place& place, const Uuid& caller, Time now)
{
    if (place.stage_ == Stage::outside || place.stage_ == Stage::busy || place.stage_ == Stage::streaming) return true;
    auto& tenant = tenants_.try_emplace(caller, caller).first->second;
    if (tenant.busy >= most_busy_) return false;
    // Memory for all that comes later: end() must not need any.
    idle_.make_room(tenant.idle.size() + tenant.busy + 1);
    if (place.tenant_ == nullptr) recent_.add(place.prefix_, now);  // of the others it is known, and told at their end
    ++tenant.busy;  // before it departs: a tenant that has nothing is forgotten
    depart(place);
    place.stage_ = Stage::busy;
    place.tenant_ = &tenant;
    return true;
}

bool Places::stream(Place& place)
{
    if (place.stage_ != Stage::busy) return true;
    auto& tenant = *place.tenant_;
    if (tenant.streams.size() >= most_streams_) return false;
    streaming_.make_room(tenant.streams.size() + 1);
    place.stage_ = Stage::streaming;
    place.in_line_.join(tenant.streams);
    streaming_.climb(tenant.by_streams, tenant.streams.size());
    ++streams_;
    return true;
}

/// It is busy still.
void Places::end_stream(Place& place) noexcept
{
    auto& tenant = *place.tenant_;
    place.in_line_.leave(tenant.streams);
    streaming_.descend(tenant.by_streams, tenant.streams.size());
    place.stage_ = Stage::busy;
    --streams_;
}

void Places::end(Place& place) noexcept
{
    if (place.stage_ == Stage::streaming) end_stream(place);
    if (place.stage_ != Stage::busy) return;
    auto& tenant = *place.tenant_;
    --tenant.busy;
    place.stage_ = Stage::idle;
    place.in_line_.join(tenant.idle);
    idle_.climb(tenant.by_idle, tenant.idle.size());
}

void Places::leave(Place& place, Time now) noexcept
{
    if (place.stage_ == Stage::outside) return;
    if (place.tenant_ != nullptr) recent_.add(place.prefix_, now);
    displace(place);
}

void Places::Ladder::climb(Node<Tenant>& tenant, std::size_t count) noexcept
{
    if (count > 1) tenant.leave(rungs_[count - 1]);
    tenant.join(rungs_[count]);
    highest_ = std::max(highest_, count);
}

void Places::Ladder::descend(Node<Tenant>& tenant, std::size_t count) noexcept
{
    tenant.leave(rungs_[count + 1]);
    if (count > 0) tenant.join(rungs_[count]);
    // It stands one lower itself, or it was the last one on the lowest.
    if (highest_ == count + 1 && rungs_[highest_].empty()) highest_ = count;
}

void Places::forget_if_unused(Tenant& tenant) noexcept
{
    if (tenant.busy == 0 && tenant.idle.empty()) tenants_.erase(Uuid(tenant.id));
}

}  // namespace winnow::http
