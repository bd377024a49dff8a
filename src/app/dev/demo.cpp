#include "app/dev/demo.hpp"

#include "winnow/access/permission.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/crypto/certificate.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/crypto/signature.hpp"
#include "winnow/identity/authenticator.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <stdexcept>

namespace winnow::app::dev {

using nlohmann::json;

namespace {

constexpr auto kFile = "demo.json";

std::string new_id()
{
    const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    return Uuid::v7(static_cast<std::uint64_t>(now.time_since_epoch().count()), crypto::random_u64(),
                    crypto::random_u64())
        .str();
}

DemoTenant new_tenant(std::size_t number)
{
    DemoTenant tenant;
    tenant.id = new_id();
    tenant.service_code = "demo" + std::to_string(number);
    tenant.name = "demo-" + std::to_string(number);
    tenant.integration_id = new_id();
    tenant.integration_key_id = new_id();
    tenant.integration_key = identity::make_key(access::CredentialKind::integration_key).secret;
    for (const std::string role : {"admin", "operator", "viewer"}) {
        tenant.users.push_back({.role = role,
                                .id = new_id(),
                                .email = role + "@" + tenant.service_code + ".example",
                                .key_id = new_id(),
                                .key = identity::make_key(access::CredentialKind::user_key).secret});
    }
    return tenant;
}

}  // namespace

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(DemoUser, role, id, email, key_id, key)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(DemoTenant, id, service_code, name, integration_id, integration_key_id,
                                                integration_key, contact_id, group_id, receiver_made, users)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Demo, provider_key, customer_port, management_port, receiver_port,
                                                tenants)

Demo Demo::load(const StateFolder& folder, std::size_t tenants)
{
    Demo demo;
    const auto text = read_file(folder / kFile);
    try {
        if (!text.empty()) demo = json::parse(text).get<Demo>();
    } catch (const json::exception&) {
        throw std::runtime_error((folder / kFile).string() + " is damaged; begin anew with --reset");
    }
    constexpr std::size_t kKeyBytes = 32;
    if (demo.provider_key.empty()) demo.provider_key = "wnp_" + crypto::to_base64url(crypto::random_bytes(kKeyBytes));
    while (demo.tenants.size() < tenants) demo.tenants.push_back(new_tenant(demo.tenants.size() + 1));
    for (auto& tenant : demo.tenants) {  // folders of an older version have none
        if (tenant.contact_id.empty()) tenant.contact_id = new_id();
        if (tenant.group_id.empty()) tenant.group_id = new_id();
    }
    demo.save(folder);
    return demo;
}

void Demo::save(const StateFolder& folder) const
{
    write_private_file(folder / kFile, json(*this).dump(2) + "\n");
}

void make_certificates_and_keys(const StateFolder& folder)
{
    using std::chrono::days;
    constexpr days kAuthorityDays{3'650};
    constexpr days kServerDays{364};  // begun a day ago: under the 366 that Mozilla recommends
    constexpr days kRenewBefore{30};
    auto authority =
        crypto::Certificate{.certificate = read_file(folder / "ca.pem"), .key = read_file(folder / "ca-key.pem")};
    bool fresh = false;
    if (authority.key.empty() || crypto::time_to_expiry(authority.certificate) < kRenewBefore) {
        authority = crypto::make_authority("Winnow development authority", kAuthorityDays);
        write_private_file(folder / "ca-key.pem", authority.key);
        write_private_file(folder / "ca.pem", authority.certificate);
        fresh = true;
    }
    if (fresh || read_file(folder / "server-key.pem").empty() ||
        crypto::time_to_expiry(read_file(folder / "server.pem")) < kRenewBefore) {
        const auto server = crypto::make_loopback_certificate(authority, "localhost", kServerDays);
        write_private_file(folder / "server-key.pem", server.key);
        write_private_file(folder / "server.pem", server.certificate);
    }
    // Browsers and other users' tools are to trust it: a certificate is no secret.
    std::filesystem::permissions(folder / "ca.pem", std::filesystem::perms(0644));
    for (const auto* name : {"encryption.key", "vault-root.key"}) {
        constexpr std::size_t kKeyBytes = 32;
        if (!read_file(folder / name).empty()) continue;
        write_private_file(folder / name, crypto::to_hex(crypto::random_bytes(kKeyBytes)) + "\n");
    }
    if (read_file(folder / "audit-signing.key").empty()) {
        write_private_file(folder / "audit-signing.key", crypto::SigningKey::make());
    }
    // Whoever verifies an audit log needs it.
    const crypto::SigningKey signing(read_file(folder / "audit-signing.key"));
    write_private_file(folder / "audit-signing.pub", signing.public_pem());
    std::filesystem::permissions(folder / "audit-signing.pub", std::filesystem::perms(0644));
}

}  // namespace winnow::app::dev
