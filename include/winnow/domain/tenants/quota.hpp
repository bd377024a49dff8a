#pragma once

/// @file
/// Quotas: how much of each thing a tenant may have. One table: what is refused, shown and set by the provider follows
/// from it. docs/decisions/quotas.md.

#include "winnow/base/error.hpp"
#include "winnow/domain/limits.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::domain {

enum class Quota : std::uint8_t {
    users,
    keys,
    integrations,
    contacts,
    contact_groups,
    rules,
    silences,
    maintenance_windows,
    inhibitions,
    unfinished_backtests,
    deliveries,
    mails_a_day,
    exports_a_day,
    history_bytes,
};

/// What is refused beyond a quota: a request, or single deliveries, which are left out. Alerts never are.
struct QuotaClass {
    Quota quota;
    std::string_view name;    ///< Stored, and in requests and answers: never rename one.
    std::string_view things;  ///< "contact groups", in sentences.
    /// Where the provider has set nothing for the tenant. Null: elsewhere in the configuration (history_bytes).
    std::size_t TenantLimits::* usual;
    std::int64_t least = 0;  ///< That the provider may set.
    std::int64_t greatest = 1'000'000'000;
};

inline constexpr std::array kQuotas{
    QuotaClass{Quota::users, "users", "users", &TenantLimits::max_users},
    QuotaClass{Quota::keys, "keys", "keys", &TenantLimits::max_keys},
    QuotaClass{Quota::integrations, "integrations", "integrations", &TenantLimits::max_integrations},
    QuotaClass{Quota::contacts, "contacts", "contacts", &TenantLimits::max_contacts},
    QuotaClass{Quota::contact_groups, "contact_groups", "contact groups", &TenantLimits::max_contact_groups},
    QuotaClass{Quota::rules, "rules", "rules", &TenantLimits::max_rules},
    QuotaClass{Quota::silences, "silences", "silences", &TenantLimits::max_silences},
    QuotaClass{Quota::maintenance_windows, "maintenance_windows", "maintenance windows",
               &TenantLimits::max_maintenance_windows},
    QuotaClass{Quota::inhibitions, "inhibitions", "inhibitions", &TenantLimits::max_inhibitions},
    QuotaClass{Quota::unfinished_backtests, "unfinished_backtests", "unfinished back-tests",
               &TenantLimits::max_unfinished_backtests},
    QuotaClass{Quota::deliveries, "deliveries", "deliveries that are owed", &TenantLimits::max_owed_deliveries},
    QuotaClass{Quota::mails_a_day, "mails_a_day", "mails a day", &TenantLimits::max_mails_a_day},
    QuotaClass{Quota::exports_a_day, "exports_a_day", "exports a day", &TenantLimits::max_exports_a_day},
    QuotaClass{Quota::history_bytes, "history_bytes", "bytes of histories", nullptr, std::int64_t{1} << 20U,
               std::int64_t{1} << 50U},
};

constexpr bool quotas_are_in_order()
{
    for (std::size_t i = 0; i < kQuotas.size(); ++i) {
        if (static_cast<std::size_t>(kQuotas[i].quota) != i) return false;
    }
    return true;
}
static_assert(quotas_are_in_order(), "a quota is its own index");

[[nodiscard]] constexpr const QuotaClass& class_of(Quota quota) noexcept
{
    return kQuotas[static_cast<std::size_t>(quota)];
}

/// nullptr: there is none of that name.
[[nodiscard]] constexpr const QuotaClass* quota_named(std::string_view name) noexcept
{
    const auto* const found = std::ranges::find(kQuotas, name, &QuotaClass::name);
    return found == kQuotas.end() ? nullptr : found;
}

/// Of one tenant.
struct QuotaUse {
    Quota quota = Quota::users;
    std::optional<std::int64_t> own = {};  ///< What the provider has set for it alone.
    std::int64_t used = 0;
    std::int64_t left_out = 0;  ///< Of deliveries: how many are not owed because of it.
};

/// What the tenant may have: its own, or what is usual. nullopt: the table does not say (history_bytes).
[[nodiscard]] std::optional<std::int64_t> most_of(const QuotaUse& use, const TenantLimits& usual) noexcept;

/// The code of the FieldError that says that a quota is spent; "name", "max" and "used" are the codes of three more,
/// whose details are the quota's.
inline constexpr std::string_view kQuotaExceeded = "quota_exceeded";

/// Whether `more` have room beside what is used, whatever is used beyond the quota already.
/// @return nullopt: they have. Else the error that says so.
[[nodiscard]] std::optional<Error> beyond_quota(const QuotaUse& use, std::int64_t more, const TenantLimits& usual);

}  // namespace winnow::domain
