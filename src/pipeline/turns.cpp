#include "pipeline/turns.hpp"

#include <unordered_set>

namespace winnow::pipeline {

void Turns::take(const std::vector<TenantId>& due, const std::stop_token& stop, const Attempt& attempt)
{
    std::vector<TenantId> refused;
    for (const auto tenant : due) {
        if (stop.stop_requested()) return;
        if (!attempt(tenant, std::chrono::milliseconds{0})) refused.push_back(tenant);
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
