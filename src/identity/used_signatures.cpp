#include "winnow/identity/used_signatures.hpp"

namespace winnow::identity {

UsedSignatures::Taken UsedSignatures::take(std::string_view access_key, std::string_view signature,
                                           Timestamp expires_at, Timestamp now)
{
    Use use{.access_key = std::string(access_key), .signature = std::string(signature)};
    const std::lock_guard lock(mutex_);
    forget_until(now);
    if (used_.contains(use)) return Taken::again;
    const auto of_key = of_key_.find(access_key);
    const auto has = of_key == of_key_.end() ? 0 : of_key->second;
    if (used_.size() >= limits_.most || has >= limits_.most_of_key) return Taken::full;
    ++of_key_[use.access_key];
    by_time_.emplace(expires_at, use);
    used_.insert(std::move(use));
    return Taken::first;
}

std::size_t UsedSignatures::size() const
{
    const std::lock_guard lock(mutex_);
    return used_.size();
}

void UsedSignatures::forget_until(Timestamp now)
{
    while (!by_time_.empty() && by_time_.begin()->first <= now) {
        const auto& use = by_time_.begin()->second;
        if (const auto at = of_key_.find(use.access_key); --at->second == 0) of_key_.erase(at);
        used_.erase(use);
        by_time_.erase(by_time_.begin());
    }
}

}  // namespace winnow::identity
