#pragma once

/// @file
/// The one row for which a tenant's turn fails. Private to pipeline. Pure: who owns one locks it, and brings the time.

#include "winnow/base/uuid.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace winnow::pipeline {

/// A turn takes many rows in one transaction, and one that cannot be done fails them all. At the third failure in a row
/// those of the failed call are halved, and the half again, until one fails alone. It is left out, for a minute, then
/// for twice as long each time, up to an hour; then it is tried alone, so that the others need not be parted from it
/// again. One entry a row that failed; who has none costs nothing. Names of rows are their owner's.
class SubjectSetbacks {
public:
    using Instant = std::chrono::steady_clock::time_point;
    using Subjects = std::set<std::string, std::less<>>;

    static constexpr int kByChance = 2;  ///< So many failures in a row say nothing about any row.
    /// Where so many of a tenant are left out it is no row's fault: the tenant's turn fails as a whole.
    static constexpr std::size_t kMost = 100;
    /// So many that cannot be read are remembered of a tenant.
    static constexpr std::size_t kMostUnread = 1'000;
    static constexpr std::chrono::milliseconds kShortest{60'000};
    static constexpr std::chrono::milliseconds kLongest{3'600'000};
    /// After a call that found nothing but what is left out.
    static constexpr std::chrono::milliseconds kRest{1'000};

    /// What the tenant's next call takes on of what it finds due.
    struct Plan {
        bool rests = false;     ///< Nothing: it has just found nothing but what is left out.
        Subjects only = {};     ///< Nothing else; empty: all.
        Subjects without = {};  ///< But these.

        [[nodiscard]] bool takes(const std::string& subject) const
        {
            return only.empty() ? !without.contains(subject) : only.contains(subject);
        }
    };

    /// What a failure means.
    enum class Fate : std::uint8_t {
        tenants,    ///< The tenant's turn has failed: by chance, or as a whole.
        narrowed,   ///< The next call takes fewer.
        set_aside,  ///< One is left out from now on.
        still,      ///< One that was left out goes on being it.
    };

    [[nodiscard]] Plan plan(TenantId tenant, Instant now);

    /// The call that followed the plan was committed, or found nothing that it takes. `unread`: rows that it met and
    /// could not read. Returns those of them that are left out for the first time.
    std::vector<std::string> succeeded(TenantId tenant, const Plan& plan, const Subjects& unread, Instant now);

    /// It failed with these.
    [[nodiscard]] Fate failed(TenantId tenant, const std::vector<std::string>& tried, Instant now);

    /// It found nothing but what is left out.
    void rest(TenantId tenant, Instant now);

    /// Of all tenants.
    [[nodiscard]] std::size_t left_out() const;

private:
    struct Entry {
        int failures = 0;
        Instant until;
    };
    struct Tenant {
        int failures = 0;  ///< In a row.
        Subjects only;     ///< While the row is looked for: those that are tried,
        Subjects rest;     ///< and those among which it is if it is not among them.
        Instant rests_until;
        std::map<std::string, Entry, std::less<>> left_out;
    };

    static void put(Tenant& tenant, const std::string& subject, Instant now);
    static void look_among(Tenant& tenant, const Subjects& suspects);
    void forget(Instant now);

    std::unordered_map<TenantId, Tenant> tenants_;
};

}  // namespace winnow::pipeline
