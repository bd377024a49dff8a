#include "pg/tenants/key.hpp"

#include <chrono>
#include <utility>

namespace winnow::pg {

std::shared_future<TenantKey::Outcome> TenantKey::ask(const std::string& refused)
{
    const std::lock_guard lock(mutex_);
    // "deferred" until it has ended: while nobody has begun it, and while somebody is at it.
    if (reading_.valid() && reading_.wait_for(std::chrono::seconds(0)) == std::future_status::ready) {
        const auto ended = std::exchange(reading_, {});
        if (ended.get()) known_ = ended;
    }
    if (known_.valid() && *known_.get() != refused) return known_;
    if (!reading_.valid()) reading_ = std::async(std::launch::deferred, read_).share();
    return reading_;
}

}  // namespace winnow::pg
