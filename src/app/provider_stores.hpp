#pragma once

/// @file
/// What the management listener stores and loads, all by one pool of sessions. Private to app.

#include "winnow/pg/provider/provider_announcements.hpp"
#include "winnow/pg/provider/provider_inquiries.hpp"
#include "winnow/pg/provider/provider_staff.hpp"
#include "winnow/pg/provider/provider_support.hpp"
#include "winnow/pg/provider_store.hpp"

#include <memory>
#include <utility>

namespace winnow::app {

struct ProviderStores {
    ProviderStores(const pg::Sessions& sessions, ports::TenantChanged changed)
        : tenants(pg::make_provider_store(sessions, std::move(changed))),
          announcements(pg::make_provider_announcements(sessions)),
          inquiries(pg::make_provider_inquiries(sessions)),
          staff(pg::make_provider_staff(sessions)),
          support(pg::make_provider_support(sessions))
    {
    }

    std::unique_ptr<ports::ProviderStore> tenants;
    std::unique_ptr<ports::ProviderAnnouncements> announcements;
    std::unique_ptr<ports::ProviderInquiries> inquiries;
    std::unique_ptr<ports::ProviderStaff> staff;
    std::unique_ptr<ports::ProviderSupport> support;
};

}  // namespace winnow::app
