#include "vault/opened_keys.hpp"

namespace winnow::vault {

using ports::TenantVersion;

OpenedKey OpenedKeys::use(const TenantVersion& of)
{
    const auto found = keys_.find(of);
    if (found == keys_.end()) return nullptr;
    order_.splice(order_.begin(), order_, found->second.in_order);
    return found->second.key;
}

OpenedKey OpenedKeys::find(const TenantVersion& of)
{
    const std::lock_guard lock(mutex_);
    return use(of);
}

OpenedKey OpenedKeys::current(TenantId tenant)
{
    const std::lock_guard lock(mutex_);
    const auto known = current_.find(tenant);
    return known == current_.end() ? nullptr : use({.tenant = tenant, .version = known->second});
}

void OpenedKeys::keep(TenantId tenant, OpenedKey key, bool is_current)
{
    const TenantVersion of{.tenant = tenant, .version = key->version()};
    const std::lock_guard lock(mutex_);
    remove(of);
    order_.push_front(of);
    keys_.emplace(of, Place{.key = std::move(key), .in_order = order_.begin()});
    if (is_current) current_.insert_or_assign(tenant, of.version);
    while (keys_.size() > most_) {
        const auto oldest = order_.back();
        remove(oldest);
    }
}

void OpenedKeys::drop(const TenantVersion& of)
{
    const std::lock_guard lock(mutex_);
    remove(of);
    current_.erase(of.tenant);
}

void OpenedKeys::remove(const TenantVersion& of)
{
    const auto found = keys_.find(of);
    if (found == keys_.end()) return;
    order_.erase(found->second.in_order);
    keys_.erase(found);
    const auto known = current_.find(of.tenant);
    if (known != current_.end() && known->second == of.version) current_.erase(known);
}

std::size_t OpenedKeys::size() const
{
    const std::lock_guard lock(mutex_);
    return keys_.size();
}

void OpenedKeys::count_seal(const TenantVersion& of)
{
    const std::lock_guard lock(mutex_);
    ++seals_[of];
}

std::vector<std::pair<TenantVersion, std::uint64_t>> OpenedKeys::take_seals()
{
    const std::lock_guard lock(mutex_);
    std::vector<std::pair<TenantVersion, std::uint64_t>> seals(seals_.begin(), seals_.end());
    seals_.clear();
    return seals;
}

void OpenedKeys::put_back(const std::vector<std::pair<TenantVersion, std::uint64_t>>& seals)
{
    const std::lock_guard lock(mutex_);
    for (const auto& [of, count] : seals) seals_[of] += count;
}

}  // namespace winnow::vault
