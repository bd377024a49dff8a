#include "pipeline/time/subject_setbacks.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

namespace winnow::pipeline {

SubjectSetbacks::Plan SubjectSetbacks::plan(TenantId tenant, Instant now)
{
    forget(now);
    const auto found = tenants_.find(tenant);
    if (found == tenants_.end()) return {};
    const auto& known = found->second;
    Plan plan{.rests = known.rests_until > now, .only = known.only};
    for (const auto& [subject, entry] : known.left_out) {
        plan.without.insert(subject);
        if (plan.only.empty() && entry.until <= now) plan.only.insert(subject);
    }
    return plan;
}

std::vector<std::string> SubjectSetbacks::succeeded(TenantId tenant, const Plan& plan, const Subjects& unread,
                                                    Instant now)
{
    if (unread.empty() && !tenants_.contains(tenant)) return {};
    auto& known = tenants_[tenant];
    for (const auto& subject : plan.only) {
        if (!unread.contains(subject)) known.left_out.erase(subject);
    }
    if (plan.only.empty()) known.failures = 0;
    look_among(known, Subjects(std::move(known.rest)));
    std::vector<std::string> added;
    for (const auto& subject : unread) {
        const auto at = known.left_out.find(subject);
        if (at != known.left_out.end() && at->second.until > now) continue;
        if (at == known.left_out.end()) {
            if (known.left_out.size() >= kMostUnread) break;
            added.push_back(subject);
        }
        put(known, subject, now);
    }
    if (known.left_out.empty() && known.failures == 0) tenants_.erase(tenant);
    return added;
}

SubjectSetbacks::Fate SubjectSetbacks::failed(TenantId tenant, const std::vector<std::string>& tried, Instant now)
{
    if (tried.empty()) return Fate::tenants;  // before it came to any row
    auto& known = tenants_[tenant];
    if (tried.size() == 1 && known.left_out.contains(tried.front())) {
        put(known, tried.front(), now);
        return Fate::still;
    }
    if (++known.failures <= kByChance) return Fate::tenants;
    look_among(known, Subjects(tried.begin(), tried.end()));
    if (tried.size() > 1) return Fate::narrowed;
    known.only.clear();
    if (known.left_out.size() >= kMost) return Fate::tenants;
    put(known, tried.front(), now);
    return Fate::set_aside;
}

void SubjectSetbacks::rest(TenantId tenant, Instant now)
{
    if (const auto found = tenants_.find(tenant); found != tenants_.end()) found->second.rests_until = now + kRest;
}

std::size_t SubjectSetbacks::left_out() const
{
    std::size_t all = 0;
    for (const auto& [tenant, known] : tenants_) all += known.left_out.size();
    return all;
}

/// One of them alone is tried once more: it may be due no longer.
void SubjectSetbacks::look_among(Tenant& tenant, const Subjects& suspects)
{
    const auto half = std::next(suspects.begin(), static_cast<std::ptrdiff_t>((suspects.size() + 1) / 2));
    tenant.only = Subjects(suspects.begin(), half);
    tenant.rest = Subjects(half, suspects.end());
}

void SubjectSetbacks::put(Tenant& tenant, const std::string& subject, Instant now)
{
    auto& entry = tenant.left_out[subject];
    auto pause = kShortest;
    for (int i = 0; i < entry.failures && pause < kLongest; ++i) pause *= 2;
    ++entry.failures;
    entry.until = now + std::min(pause, kLongest);
}

/// What nobody has tried for so long after its pause is not due any more, or is gone.
void SubjectSetbacks::forget(Instant now)
{
    for (auto one = tenants_.begin(); one != tenants_.end();) {
        auto& left_out = one->second.left_out;
        const auto gone = std::erase_if(left_out, [&](const auto& each) { return each.second.until + kLongest < now; });
        one = gone > 0 && left_out.empty() ? tenants_.erase(one) : std::next(one);
    }
}

}  // namespace winnow::pipeline
