#pragma once

/// @file
/// What a development instance is seeded with. Credentials live in the state folder, so that they outlast a restart.

#include "app/config/config.hpp"
#include "app/dev/state_folder.hpp"
#include "winnow/ports/vault/sealing.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace winnow::app::dev {

struct DemoUser {
    std::string role;  ///< viewer, operator, admin
    std::string id;
    std::string email;
    std::string key_id;
    std::string key;
};

struct DemoTenant {
    std::string id;
    std::string service_code;
    std::string name;
    std::string integration_id;
    std::string integration_key_id;
    std::string integration_key;
    std::string contact_id;  ///< The built-in receiver's.
    std::string group_id;    ///< Holds that contact.
    /// The two are in the database, or were: what somebody has deleted does not come back.
    bool receiver_made = false;
    std::vector<DemoUser> users;
};

/// Written to the state folder before the database knows of it: seeding is repeatable from there.
struct Demo {
    std::string provider_key;
    std::uint16_t customer_port = 0;  ///< As last served; tried again where any port will do.
    std::uint16_t management_port = 0;
    std::uint16_t receiver_port = 0;
    std::vector<DemoTenant> tenants;

    /// What the folder holds, with at least `tenants` tenants. Throws std::runtime_error where the file is damaged.
    [[nodiscard]] static Demo load(const StateFolder& folder, std::size_t tenants);
    void save(const StateFolder& folder) const;
};

/// Makes what is missing of the tenants in the database. With a `receiver_url` each tenant gets a contact for it, and a
/// default route to that contact where it has none; `sealing` seals its secret. Throws std::runtime_error.
void seed(Demo& demo, const DatabaseConfig& database, const std::string& receiver_url, ports::Sealing& sealing);

/// An authority and a certificate for loopback names in the folder (ca.pem, server.pem, server-key.pem), made where
/// missing, renewed a month before it expires. And the key that seals secrets without a vault (encryption.key), the
/// root key of the vault (vault-root.key), and the one that signs audit logs (audit-signing.key, its public half in
/// audit-signing.pub).
void make_certificates_and_keys(const StateFolder& folder);

}  // namespace winnow::app::dev
