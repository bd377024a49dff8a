#include "api/signin/provider_waits.hpp"

namespace winnow::api {

bool ProviderWaits::enter(TenantId tenant)
{
    const std::lock_guard lock(mutex_);
    const auto found = of_tenant_.find(tenant);
    const auto own = found == of_tenant_.end() ? 0 : found->second;
    if (all_ >= kMost || own >= kMostOfTenant) return false;
    ++of_tenant_[tenant];
    ++all_;
    return true;
}

void ProviderWaits::leave(TenantId tenant)
{
    const std::lock_guard lock(mutex_);
    const auto found = of_tenant_.find(tenant);
    if (found == of_tenant_.end()) return;
    if (--found->second == 0) of_tenant_.erase(found);
    --all_;
}

}  // namespace winnow::api
