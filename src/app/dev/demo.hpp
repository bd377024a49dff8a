#pragma once

/// @file
/// What a development instance is seeded with. Credentials live in the state folder, so that they outlast a restart.

#include "app/config.hpp"
#include "app/dev/state_folder.hpp"

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
    std::vector<DemoUser> users;
};

/// Written to the state folder before the database knows of it: seeding is repeatable from there.
struct Demo {
    std::string provider_key;
    std::uint16_t customer_port = 0;  ///< As last served; tried again where any port will do.
    std::uint16_t management_port = 0;
    std::vector<DemoTenant> tenants;

    /// What the folder holds, with at least `tenants` tenants. Throws std::runtime_error where the file is damaged.
    [[nodiscard]] static Demo load(const StateFolder& folder, std::size_t tenants);
    void save(const StateFolder& folder) const;
};

/// Makes what is missing of the tenants in the database. Throws std::runtime_error.
void seed(const Demo& demo, const DatabaseConfig& database);

/// An authority and a certificate for loopback names in the folder (ca.pem, server.pem, server-key.pem), made where
/// missing, renewed a month before it expires. And the key that seals contacts' secrets (encryption.key).
void make_certificates_and_keys(const StateFolder& folder);

}  // namespace winnow::app::dev
