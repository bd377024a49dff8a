#pragma once

/// @file
/// What the management listener stores and loads, all by one pool of sessions. Private to app.

#include "winnow/pg/provider/provider_announcements.hpp"
#include "winnow/pg/provider/provider_inquiries.hpp"
#include "winnow/pg/provider/provider_staff.hpp"
#include "winnow/pg/provider/provider_support.hpp"
#include "winnow/pg/provider_store.hpp"
#include "winnow/pg/tenant_ends.hpp"

#include <chrono>
#include <memory>

namespace winnow::app {

struct ProviderStores {
    /// @param erased_after  How long after it was asked for an erasure begins.
    ProviderStores(const pg::Sessions& sessions, std::chrono::milliseconds erased_after,
                   const ports::TenantChanged& changed)
        : tenants(pg::make_provider_store(sessions, changed)),
          ends(pg::make_tenant_ends(sessions, erased_after, changed)),
          announcements(pg::make_provider_announcements(sessions)),
          inquiries(pg::make_provider_inquiries(sessions)),
          staff(pg::make_provider_staff(sessions)),
          support(pg::make_provider_support(sessions))
    {
    }

    std::unique_ptr<ports::ProviderStore> tenants;
    std::unique_ptr<ports::TenantEnds> ends;
    std::unique_ptr<ports::ProviderAnnouncements> announcements;
    std::unique_ptr<ports::ProviderInquiries> inquiries;
    std::unique_ptr<ports::ProviderStaff> staff;
    std::unique_ptr<ports::ProviderSupport> support;
};

}  // namespace winnow::app
