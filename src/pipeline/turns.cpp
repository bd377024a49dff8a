#include "pipeline/turns.hpp"

#include "pipeline/round.hpp"

#include <unordered_set>

namespace winnow::pipeline {

void Turns::take(const std::vector<TenantId>& due, const std::stop_token& stop, const Attempt& attempt)
{
    std::vector<TenantId> refused;
    for (const auto tenant : due) {
        if (stop.stop_requested()) return;
        bool free = true;
        round("timers", [&] { free = attempt(tenant, std::chrono::milliseconds{0}); });  // the others' turns come
        if (!free) refused.push_back(tenant);
    }
    std::unordered_set<TenantId> unseen(refused.begin(), refused.end());
    std::erase_if(busy_, [&](const TenantId tenant) { return unseen.erase(tenant) == 0; });
    for (const auto tenant : refused) {
        if (unseen.contains(tenant)) busy_.push_back(tenant);
    }
    if (busy_.empty() || stop.stop_requested()) return;
    const auto longest = busy_.front();
    busy_.pop_front();
    if (!attempt(longest, kPatience)) busy_.push_back(longest);
}

}  // namespace winnow::pipeline
