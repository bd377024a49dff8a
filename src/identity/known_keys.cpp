#include "identity/known_keys.hpp"

#include <iterator>
#include <utility>

namespace winnow::identity {

const KnownKey* KnownKeys::find(const std::string& hash) const
{
    const auto at = keys_.find(hash);
    return at == keys_.end() ? nullptr : &at->second;
}

void KnownKeys::put(const std::string& hash, KnownKey key, const std::function<bool(const KnownKey&)>& is_over)
{
    erase(hash);
    if (keys_.size() >= most_) make_room(is_over);
    auto& siblings = of_tenant_[key.principal.tenant];
    const auto at = keys_.emplace(hash, std::move(key)).first;
    try {
        siblings.insert(&*at);
    } catch (...) {  // what could not be doubted must not be known
        keys_.erase(at);
        throw;
    }
}

void KnownKeys::erase(const std::string& hash)
{
    if (const auto at = keys_.find(hash); at != keys_.end()) remove(at);
}

void KnownKeys::doubt(const access::Revoked& what)
{
    if (what.kind == access::Revoked::Kind::everything) {
        for (auto& [hash, key] : keys_) key.asked.reset();
        return;
    }
    const auto siblings = of_tenant_.find(what.tenant);
    if (siblings == of_tenant_.end()) return;
    for (auto* const item : siblings->second) {
        if (access::concerns(what, item->second.principal)) item->second.asked.reset();
    }
}

KnownKeys::Keys::iterator KnownKeys::remove(Keys::iterator at)
{
    const auto siblings = of_tenant_.find(at->second.principal.tenant);
    siblings->second.erase(&*at);
    if (siblings->second.empty()) of_tenant_.erase(siblings);
    return keys_.erase(at);
}

void KnownKeys::make_room(const std::function<bool(const KnownKey&)>& is_over)
{
    for (auto at = keys_.begin(); at != keys_.end();) at = is_over(at->second) ? remove(at) : std::next(at);
    if (!keys_.empty() && keys_.size() >= most_) remove(keys_.begin());
}

}  // namespace winnow::identity
