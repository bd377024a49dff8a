#include "pipeline/time/turn_share.hpp"

#include "winnow/observe/log.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace winnow::pipeline {

namespace {

using Clock = std::chrono::steady_clock;
using Fate = SubjectSetbacks::Fate;

}  // namespace

TurnShare::TurnShare(const ports::DueTurn& turn, SubjectSetbacks::Plan plan)
    : tenant_(turn.tenant),
      plan_(std::move(plan)),
      turn_(turn.limit + plan_.without.size(), turn.patience, turn.outages)
{
}

void TurnShare::loaded(std::size_t rows, const std::vector<ports::UnreadRow>& unread)
{
    full_ = rows + unread.size() >= turn_.limit;
    unread_ = unread;
}

bool TurnShare::takes(const std::string& subject)
{
    if (!plan_.takes(subject)) return false;
    tried_.push_back(subject);
    return true;
}

TurnShares::TurnShares(std::string_view kind, observe::Metrics& metrics)
    : kind_(kind),
      set_aside_(metrics.counter("winnow_timer_set_aside_total",
                                 "Tickets, machines and instances that were due and could not be done, and were left "
                                 "out so that the others of their tenants are.",
                                 {{"kind", std::string(kind)}})),
      left_out_(metrics.gauge("winnow_timer_left_out",
                              "Tickets, machines and instances that this node leaves out, and tries again later.",
                              {{"kind", std::string(kind)}}))
{
}

TurnShare TurnShares::begin(const ports::DueTurn& turn)
{
    const std::lock_guard lock(mutex_);
    return {turn, setbacks_.plan(turn.tenant, Clock::now())};
}

ports::DueDone TurnShares::done(const TurnShare& share, ports::DueDone did)
{
    SubjectSetbacks::Subjects names;
    for (const auto& row : share.unread_) names.insert(row.name);
    std::vector<std::string> added;
    {
        const std::lock_guard lock(mutex_);
        const auto now = Clock::now();
        added = setbacks_.succeeded(share.tenant_, share.plan_, names, now);
        if (share.tried_.empty() && share.plan_.only.empty() && !share.full_) setbacks_.rest(share.tenant_, now);
        left_out_.set(static_cast<double>(setbacks_.left_out()));
    }
    for (const auto& row : share.unread_) {
        if (std::ranges::find(added, row.name) != added.end()) tell_of(share.tenant_, row.name, row.reason);
    }
    did.more = share.full_ || !share.plan_.only.empty();
    return did;
}

Result<ports::DueDone> TurnShares::failed(const TurnShare& share, const Error& error)
{
    // Somebody else is at the tenant, or the database is away: that is no row's.
    if (error.code() == ErrorCode::conflict || error.code() == ErrorCode::unavailable) return error;
    auto fate = Fate::tenants;
    {
        const std::lock_guard lock(mutex_);
        fate = setbacks_.failed(share.tenant_, share.tried_, Clock::now());
        left_out_.set(static_cast<double>(setbacks_.left_out()));
    }
    if (fate == Fate::tenants) return error;
    if (fate == Fate::set_aside) tell_of(share.tenant_, share.tried_.front(), error.message());
    return ports::DueDone{.more = true};
}

void TurnShares::tell_of(TenantId tenant, std::string_view subject, std::string_view reason) const
{
    set_aside_.add();
    observe::error("what is due cannot be done, and is left out for a while: the tenant's others are done",
                   {{"kind", kind_}, {"tenant_id", tenant.str()}, {"subject", subject}, {"error", reason}});
}

}  // namespace winnow::pipeline
