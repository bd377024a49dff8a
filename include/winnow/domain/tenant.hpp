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
#include "winnow/domain/tenants/management_group.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::domain {

struct Settings {
    /// A firing alert within this time of a ticket's recovery or closing reopens it; after it opens a new one.
    std::chrono::milliseconds reopen_window = std::chrono::hours{24};
    bool close_approval = false;  ///< Closing takes a second person: close_requested, then closed or returned.
    Retention retention;
    std::vector<ContactGroupId> default_route;  ///< Who is told where no rule says.
    std::int64_t version = 1;
    GroupMap management_groups = {};  ///< Where triage has them only.
};

/// Stored by name: do not rename. One that was erased is none any more.
enum class TenantState : std::uint8_t {
    active,
    suspended,  ///< Its users read, its senders are refused.
    closing,    ///< As suspended, and only admins get in: they take along what it owns. Its end can be called off.
    erasing,    ///< Nobody gets in, and it cannot be stopped.
};

[[nodiscard]] std::string_view to_string(TenantState state) noexcept;
[[nodiscard]] std::optional<TenantState> parse_tenant_state(std::string_view word) noexcept;

/// Whether a tenant may go from one to the other. The database holds every program to the same (migration 0057).
[[nodiscard]] bool may_become(TenantState from, TenantState to) noexcept;

struct Tenant {
    TenantId id;
    std::string service_code;  ///< Short, unique, shown in logs: "w7k2m9".
    std::string name;
    bool suspended = false;
    Timestamp created_at;
    std::int64_t config_version = 1;  ///< Grows with every change of the tenant's configuration.
    RateOverrides rates;              ///< What the provider has set for it alone.
    TenantState state = TenantState::active;
    std::optional<Timestamp> closed_at = {};     ///< Of what is closing or being erased, as the next one.
    std::optional<Timestamp> export_until = {};  ///< Until then its admins may take along what it owns.
    std::string data_region = {};                ///< Where its data is to lie; "": it says of none.
};

/// Whether this names a region: 1 to 32 characters of a-z, 0-9 and, between them, "-". Pure.
[[nodiscard]] bool is_region(std::string_view name) noexcept;

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
