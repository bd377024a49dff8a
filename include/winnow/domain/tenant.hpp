#pragma once

/// @file
/// A tenant and what it has configured for triage.

#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/contact.hpp"
#include "winnow/domain/cost_ladder.hpp"
#include "winnow/domain/rates.hpp"
#include "winnow/domain/retention.hpp"
#include "winnow/domain/rule.hpp"
#include "winnow/domain/silence.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace winnow::domain {

struct Settings {
    /// A firing alert within this time of a ticket's recovery or closing reopens it; after it opens a new one.
    std::chrono::milliseconds reopen_window = std::chrono::hours{24};
    bool close_approval = false;  ///< Closing takes a second person: close_requested, then closed or returned.
    Retention retention;
    std::vector<ContactGroupId> default_route;  ///< Who is told where no rule says.
    std::int64_t version = 1;
};

struct Tenant {
    TenantId id;
    std::string service_code;  ///< Short, unique, shown in logs: "w7k2m9".
    std::string name;
    bool suspended = false;
    Timestamp created_at;
    std::int64_t config_version = 1;  ///< Grows with every change of the tenant's configuration.
    RateOverrides rates;              ///< What the provider has set for it alone.
};

/// Everything triage needs to know of a tenant, read in one transaction. Published as an immutable snapshot.
struct TenantConfig {
    Tenant tenant;
    Settings settings;
    std::vector<Rule> rules;  ///< In position order, disabled ones included.
    std::vector<Contact> contacts;
    std::vector<ContactGroup> groups;
    std::vector<Silence> silences;  ///< Those that are not long over, oldest first.
    std::vector<MaintenanceWindow> windows;
    std::vector<Inhibition> inhibitions;
    std::string public_url = {};            ///< Where links in messages lead; "" : there are none. The service's own.
    std::vector<SetAside> set_asides = {};  ///< Of the above, as far as they are these versions.
    std::size_t max_contacts_told = 0;      ///< Of one event; 0: all of its route. The service's own.
};

}  // namespace winnow::domain
