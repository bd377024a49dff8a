#pragma once

/// @file
/// Who is left out for a while, because what was done for him failed. Pure: who owns one locks it, and brings the time.

#include "winnow/base/uuid.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <unordered_map>
#include <vector>

namespace winnow::fair {

/// Each failure in a row doubles the pause.
struct SetbackPauses {
    std::chrono::milliseconds first = std::chrono::minutes{1};
    std::chrono::milliseconds most = std::chrono::hours{1};
    int at_once = 0;  ///< So many failures in a row are tried again without a pause.
};

/// One entry a tenant that failed and has not succeeded since; nobody else costs anything.
class Setbacks {
public:
    using Instant = std::chrono::steady_clock::time_point;

    explicit Setbacks(SetbackPauses pauses = {}) : pauses_(pauses) {}

    /// How long the tenant is left out from now on.
    std::chrono::milliseconds failed(TenantId tenant, Instant now)
    {
        forget(now);
        auto& one = entries_[tenant];
        const auto pause = pause_after(++one.failures);
        one.until = now + pause;
        return pause;
    }

    void succeeded(TenantId tenant) { entries_.erase(tenant); }

    [[nodiscard]] bool is_left_out(TenantId tenant, Instant now) const
    {
        const auto found = entries_.find(tenant);
        return found != entries_.end() && found->second.until > now;
    }

    /// Whose last attempt failed, in order; whether they are left out now or due again.
    [[nodiscard]] std::vector<TenantId> all() const
    {
        return those([](const Entry&) { return true; });
    }
    [[nodiscard]] std::vector<TenantId> left_out(Instant now) const
    {
        return those([now](const Entry& one) { return one.until > now; });
    }
    [[nodiscard]] std::vector<TenantId> due_again(Instant now) const
    {
        return those([now](const Entry& one) { return one.until <= now; });
    }

    /// In how long the first one is due again; 0 where one is. nullopt: nobody is set back.
    [[nodiscard]] std::optional<std::chrono::milliseconds> next_in(Instant now) const
    {
        std::optional<std::chrono::milliseconds> next;
        for (const auto& [tenant, one] : entries_) {
            const auto rest =
                std::chrono::ceil<std::chrono::milliseconds>(std::max(one.until - now, Instant::duration{}));
            next = next ? std::min(*next, rest) : rest;
        }
        return next;
    }

    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

private:
    struct Entry {
        int failures = 0;
        Instant until;
    };

    [[nodiscard]] std::chrono::milliseconds pause_after(int failures) const
    {
        if (failures <= pauses_.at_once) return std::chrono::milliseconds{0};
        auto pause = pauses_.first;
        for (int i = pauses_.at_once + 1; i < failures && pause < pauses_.most; ++i) pause *= 2;
        return std::min(pause, pauses_.most);
    }

    template <typename Which>
    [[nodiscard]] std::vector<TenantId> those(Which which) const
    {
        std::vector<TenantId> tenants;
        for (const auto& [tenant, one] : entries_) {
            if (which(one)) tenants.push_back(tenant);
        }
        std::ranges::sort(tenants);
        return tenants;
    }

    /// Whoever nobody has tried for so long after his pause has nothing to do any more, or is gone.
    void forget(Instant now)
    {
        std::erase_if(entries_, [&](const auto& entry) { return entry.second.until + 2 * pauses_.most < now; });
    }

    SetbackPauses pauses_;
    std::unordered_map<TenantId, Entry> entries_;
};

}  // namespace winnow::fair
