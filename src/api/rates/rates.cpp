#include "api/rates/rates.hpp"

#include "api/rates/address_prefix.hpp"
#include "winnow/observe/log.hpp"

#include <algorithm>
#include <utility>

namespace winnow::api {

namespace {

using domain::RateClass;
using Whose = Standing::Whose;

constexpr std::size_t kMostAccounts = 1U << 19U;
constexpr std::size_t kMostAddresses = 1U << 16U;
constexpr std::chrono::minutes kToldAgain{1};
constexpr std::string_view kFailedLogins = "failed_logins";
constexpr std::string_view kSignIns = "sign_ins";

// Which of an address's buckets: no tenant's classes are counted of it.
constexpr std::size_t kLoginBucket = 0;
constexpr std::size_t kSignInBucket = 1;

fair::Rate rate_of(const domain::RateLimit& limit)
{
    return {.per_second = std::clamp<std::int64_t>(limit.rate, 0, fair::Rate::kMost),
            .burst = std::clamp<std::int64_t>(limit.burst, 0, fair::Rate::kMost)};
}

/// What one credential has of its tenant's, rounded up: one that runs wild leaves the others theirs.
fair::Rate half_of(const fair::Rate& rate)
{
    return {.per_second = (rate.per_second + 1) / 2, .burst = (rate.burst + 1) / 2};
}

Standing standing_of(std::string_view policy, const fair::Rate& rate, Whose whose, const fair::RateBucket& bucket,
                     Instant now)
{
    return {.policy = policy,
            .rate = rate,
            .whose = whose,
            .left = bucket.left(rate, now),
            .until_full = bucket.until_full(now),
            .wait = {}};
}

void tell(const access::Principal& who, const Standing& refused)
{
    observe::warn("a tenant goes beyond its rate on this node: requests are refused",
                  {{"tenant", who.service_code},
                   {"class", refused.policy},
                   {"whose", to_string(refused.whose)},
                   {"rate", refused.rate.per_second},
                   {"burst", refused.rate.burst}});
}

}  // namespace

Payer payer_of(const access::Principal& who)
{
    // What the provider reads takes nothing of the tenant's: it has an account of its own, as if it were another one.
    if (who.kind == access::CredentialKind::support)
        return {.tenant = TenantId(who.key), .credential = who.key, .own = {}};
    const auto& whose = who.integration.is_nil() ? who.user.value() : who.integration.value();
    const bool is_directory = who.kind == access::CredentialKind::directory;
    return {.tenant = who.tenant, .credential = is_directory ? who.key : whose, .own = who.rates};
}

std::string_view to_string(Standing::Whose whose) noexcept
{
    switch (whose) {
        case Whose::credential: return "credential";
        case Whose::tenant: return "tenant";
        case Whose::address: return "address";
    }
    return "tenant";
}

Rates::Rates(const domain::RateLimits& limits, observe::Metrics& metrics, Clock clock)
    : limits_(limits), clock_(std::move(clock)), accounts_(kMostAccounts), addresses_(kMostAddresses)
{
    const auto counter = [&](std::string_view policy, Whose whose) {
        return metrics.counter("winnow_rate_refused_total", "Requests refused because they came too fast",
                               {{"class", std::string(policy)}, {"whose", std::string(to_string(whose))}});
    };
    for (const auto& [kind, word] : domain::kRateTable) {
        refused_[static_cast<std::size_t>(kind)] = {counter(word, Whose::credential), counter(word, Whose::tenant)};
    }
    refused_logins_ = counter(kFailedLogins, Whose::address);
    refused_sign_ins_ = counter(kSignIns, Whose::address);
}

Rates::Limits Rates::limits_of(const domain::RateOverrides* own, RateClass kind) const
{
    const auto tenant = rate_of(domain::limit_of(limits_, own, kind));
    return {.credential = half_of(tenant), .tenant = tenant};
}

std::optional<Standing> Rates::shortage(const Limits& limits, RateClass kind, std::int64_t cost, Buckets& tenant,
                                        Buckets& credential, Instant now) const
{
    const auto own = credential.of(kind).refusal(limits.credential, cost, now);
    const auto all = tenant.of(kind).refusal(limits.tenant, cost, now);
    if (!own && !all) return std::nullopt;
    // Of both the one that takes longer; of a closed class it is the tenant's.
    const bool is_own = own && (!all || *own > *all);
    auto found = is_own ? standing_of(to_string(kind), limits.credential, Whose::credential, credential.of(kind), now)
                        : standing_of(to_string(kind), limits.tenant, Whose::tenant, tenant.of(kind), now);
    found.wait = is_own ? *own : *all;
    return found;
}

std::optional<Standing> Rates::refusal(const access::Principal& who, RateClass kind, std::int64_t cost,
                                       RateClass beside)
{
    const auto now = clock_();
    const auto payer = payer_of(who);
    const auto limits = limits_of(payer.own.get(), kind);
    const bool is_heavy = kind == RateClass::heavy;
    const auto others = is_heavy ? limits_of(payer.own.get(), beside) : Limits{};
    bool is_news = false;
    auto refused = accounts_.with(payer.tenant.value(), payer.credential, now,
                                  [&](Buckets& tenant, Buckets& credential) -> std::optional<Standing> {
                                      auto found = shortage(limits, kind, cost, tenant, credential, now);
                                      if (!found && is_heavy)
                                          found = shortage(others, beside, 1, tenant, credential, now);
                                      if (found) {
                                          is_news = tenant.told == Instant{} || now - tenant.told >= kToldAgain;
                                          if (is_news) tenant.told = now;
                                          return found;
                                      }
                                      tenant.of(kind).charge(limits.tenant, cost, now);
                                      credential.of(kind).charge(limits.credential, cost, now);
                                      if (!is_heavy) return std::nullopt;
                                      tenant.of(beside).charge(others.tenant, 1, now);
                                      credential.of(beside).charge(others.credential, 1, now);
                                      return std::nullopt;
                                  });
    if (!refused) return std::nullopt;
    const auto counted = refused->policy == to_string(kind) ? kind : beside;
    refused_[static_cast<std::size_t>(counted)][refused->whose == Whose::tenant ? 1 : 0].add();
    if (is_news) tell(who, *refused);
    return refused;
}

void Rates::settle(const Payer& payer, RateClass kind, std::int64_t cost)
{
    if (cost == 0) return;
    const auto now = clock_();
    const auto limits = limits_of(payer.own.get(), kind);
    accounts_.with(payer.tenant.value(), payer.credential, now, [&](Buckets& tenant, Buckets& credential) {
        tenant.of(kind).charge(limits.tenant, cost, now);
        credential.of(kind).charge(limits.credential, cost, now);
    });
}

std::chrono::nanoseconds Rates::wait(const Payer& payer, RateClass kind)
{
    const auto now = clock_();
    const auto limits = limits_of(payer.own.get(), kind);
    const auto missing = accounts_.with(
        payer.tenant.value(), payer.credential, now,
        [&](Buckets& tenant, Buckets& credential) { return shortage(limits, kind, 1, tenant, credential, now); });
    return missing ? missing->wait : std::chrono::nanoseconds{0};
}

Standing Rates::standing(const Payer& payer, RateClass kind)
{
    const auto now = clock_();
    const auto limits = limits_of(payer.own.get(), kind);
    return accounts_.with(payer.tenant.value(), payer.credential, now, [&](Buckets& tenant, Buckets& credential) {
        const auto own = standing_of(to_string(kind), limits.credential, Whose::credential, credential.of(kind), now);
        const auto all = standing_of(to_string(kind), limits.tenant, Whose::tenant, tenant.of(kind), now);
        return own.left <= all.left ? own : all;
    });
}

std::optional<Standing> Rates::login_refusal(const std::string& address)
{
    const auto now = clock_();
    const auto rate = rate_of(limits_.failed_logins);
    const auto refused =
        addresses_.with(address_prefix(address), Uuid(), now, [&](Buckets& own, Buckets&) -> std::optional<Standing> {
            const auto& bucket = own.classes[kLoginBucket];
            const auto wait = bucket.refusal(rate, 1, now);
            if (!wait) return std::nullopt;
            auto found = standing_of(kFailedLogins, rate, Whose::address, bucket, now);
            found.wait = *wait;
            return found;
        });
    if (refused) refused_logins_.add();
    return refused;
}

void Rates::login_failed(const std::string& address)
{
    const auto now = clock_();
    const auto rate = rate_of(limits_.failed_logins);
    addresses_.with(address_prefix(address), Uuid(), now,
                    [&](Buckets& own, Buckets&) { own.classes[kLoginBucket].charge(rate, 1, now); });
}

std::optional<Standing> Rates::sign_in_refusal(const std::string& address)
{
    const auto now = clock_();
    const auto rate = rate_of(limits_.sign_ins);
    const auto refused =
        addresses_.with(address_prefix(address), Uuid(), now, [&](Buckets& own, Buckets&) -> std::optional<Standing> {
            auto& bucket = own.classes[kSignInBucket];
            const auto wait = bucket.refusal(rate, 1, now);
            if (!wait) {
                bucket.charge(rate, 1, now);
                return std::nullopt;
            }
            auto found = standing_of(kSignIns, rate, Whose::address, bucket, now);
            found.wait = *wait;
            return found;
        });
    if (refused) refused_sign_ins_.add();
    return refused;
}

}  // namespace winnow::api
