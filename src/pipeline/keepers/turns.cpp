#include "pipeline/keepers/turns.hpp"

#include "pipeline/keepers/round.hpp"
#include "winnow/observe/log.hpp"

#include <unordered_set>

namespace winnow::pipeline {

Turns::End Turns::one(TenantId tenant, std::chrono::milliseconds patience, const Attempt& attempt)
{
    auto end = End::failed;
    const bool thrown = !round("timers", [&] { end = attempt(tenant, patience); });  // the others' turns come
    if (thrown) return End::done;                                                    // for want of memory, most likely
    if (end == End::done) setbacks_.succeeded(tenant);
    if (end == End::failed && setbacks_.failed(tenant, Clock::now()).count() > 0) {
        observe::warn("what is due of a tenant fails again and again, and is left out for a while",
                      {{"tenant_id", tenant.str()}});
    }
    return end;
}

void Turns::take(const std::vector<TenantId>& due, const std::stop_token& stop, const Attempt& attempt)
{
    std::vector<TenantId> refused;
    for (const auto tenant : due) {
        if (stop.stop_requested()) return;
        if (setbacks_.is_left_out(tenant, Clock::now())) continue;
        if (one(tenant, std::chrono::milliseconds{0}, attempt) == End::busy) refused.push_back(tenant);
    }
    std::unordered_set<TenantId> unseen(refused.begin(), refused.end());
    std::erase_if(busy_, [&](const TenantId tenant) { return unseen.erase(tenant) == 0; });
    for (const auto tenant : refused) {
        if (unseen.contains(tenant)) busy_.push_back(tenant);
    }
    if (busy_.empty() || stop.stop_requested()) return;
    const auto longest = busy_.front();
    busy_.pop_front();
    if (one(longest, kPatience, attempt) == End::busy) busy_.push_back(longest);
}

}  // namespace winnow::pipeline
