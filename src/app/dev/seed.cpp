#include "app/dev/demo.hpp"
#include "winnow/access/permission.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/pg/provider_store.hpp"
#include "winnow/pg/tenant_database.hpp"
#include "winnow/ports/contact_store.hpp"
#include "winnow/ports/credential_store.hpp"
#include "winnow/ports/integration_store.hpp"
#include "winnow/ports/settings_store.hpp"
#include "winnow/ports/tenant_session.hpp"
#include "winnow/ports/user_store.hpp"

#include <future>
#include <stdexcept>
#include <utility>

namespace winnow::app::dev {

namespace {

constexpr std::size_t kHintChars = 8;

template <typename Id>
Id id(const std::string& text)
{
    const auto parsed = Id::parse(text);
    if (!parsed) throw std::runtime_error("the state folder holds a damaged identifier; begin anew with --reset");
    return *parsed;
}

Timestamp now()
{
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::string hint(const std::string& key)
{
    return key.substr(0, kHintChars);
}

const DemoUser& admin_of(const DemoTenant& tenant)
{
    for (const auto& user : tenant.users) {
        if (user.role == "admin") return user;
    }
    throw std::runtime_error("the state folder holds a tenant without an admin; begin anew with --reset");
}

void make_tenant(const DemoTenant& demo, ports::ProviderStore& store)
{
    const auto known = store.tenant(id<TenantId>(demo.id));
    if (known) return;
    if (known.error().code() != ErrorCode::not_found) throw std::runtime_error(known.error().message());
    const auto& admin = admin_of(demo);
    const auto created = store.create_tenant({.id = id<TenantId>(demo.id),
                                              .service_code = demo.service_code,
                                              .name = demo.name,
                                              .admin_id = id<UserId>(admin.id),
                                              .admin_email = admin.email,
                                              .admin_name = "Demo admin",
                                              .admin_key_id = id<ApiKeyId>(admin.key_id),
                                              .admin_key_hash = crypto::sha256(admin.key),
                                              .admin_key_hint = hint(admin.key)});
    if (created) return;
    if (created.error().code() == ErrorCode::conflict) {  // its service code is nobody's any more
        throw std::runtime_error("tenant " + demo.name + " was erased here; begin anew with --reset");
    }
    throw std::runtime_error("cannot make tenant " + demo.name + ": " + created.error().message());
}

Result<Done> add_user(const DemoUser& demo, ports::UserStore& users)
{
    const auto user = id<UserId>(demo.id);
    const auto known = users.find(user);
    if (known) return Done{};
    if (known.error().code() != ErrorCode::not_found) return known.error();
    const auto role = access::parse_role(demo.role);
    if (!role) return Error(ErrorCode::internal, "unknown role " + demo.role);
    ports::User added;
    added.id = user;
    added.email = demo.email;
    added.name = "Demo " + demo.role;
    added.role = *role;
    added.created_at = added.updated_at = now();
    if (auto inserted = users.insert(added); !inserted) return inserted;
    ports::ApiKey key;
    key.id = id<ApiKeyId>(demo.key_id);
    key.user_id = user;
    key.name = "demo";
    key.created_at = now();
    key.hint = hint(demo.key);
    return users.add_key(key, crypto::sha256(demo.key));
}

Result<Done> add_integration(const DemoTenant& demo, ports::IntegrationStore& integrations)
{
    const auto integration = id<IntegrationId>(demo.integration_id);
    const auto known = integrations.find(integration);
    if (known) return Done{};
    if (known.error().code() != ErrorCode::not_found) return known.error();
    ports::Integration added;
    added.id = integration;
    added.name = "demo";
    added.created_at = added.updated_at = now();
    if (auto inserted = integrations.insert(added); !inserted) return inserted;
    ports::IntegrationKey key;
    key.id = id<ports::IntegrationKeyId>(demo.integration_key_id);
    key.hint = hint(demo.integration_key);
    key.created_at = now();
    return integrations.add_key(integration, key, crypto::sha256(demo.integration_key));
}

/// A contact for the built-in receiver and, where there is no default route yet, one that leads to it. The receiver's
/// port may be another one than at the last start.
Result<Done> add_receiver(const DemoTenant& demo, const std::string& url, ports::Sealing& sealing,
                          ports::TenantSession& session)
{
    if (const auto locked = session.settings().lock_configuration(); !locked) return locked.error();
    const auto contact_id = id<ContactId>(demo.contact_id);
    const auto place_of = [&](std::string_view setting) {
        return domain::sealed_setting_place(id<TenantId>(demo.id), contact_id, setting);
    };
    auto sealed = sealing.seal(place_of("url"), url);
    if (!sealed) return sealed.error();
    const domain::ContactSetting place{.shown = domain::base_of_url(url), .sealed = *std::move(sealed), .clear = url};
    if (auto known = session.contacts().find(contact_id); known) {
        const auto& stored = known->setting("url");
        const auto whole =
            stored.sealed.empty() ? Result<std::string>(stored.shown) : sealing.open(place_of("url"), stored.sealed);
        if (whole && *whole == url) return Done{};
        known->settings["url"] = place;
        ++known->version;
        known->updated_at = now();
        return session.contacts().update(*known);
    }
    if (demo.receiver_made) return Done{};  // somebody has deleted it
    constexpr std::size_t kSecretBytes = 32;
    domain::Contact contact;
    contact.id = contact_id;
    contact.name = "the terminal of winnow dev";
    contact.type = "webhook";
    contact.settings["url"] = place;
    auto secret = sealing.seal(place_of("secret"), "whsec_" + crypto::to_base64(crypto::random_bytes(kSecretBytes)));
    if (!secret) return secret.error();
    contact.settings["secret"].sealed = *std::move(secret);
    contact.updated_at = now();
    if (auto inserted = session.contacts().insert(contact); !inserted) return inserted;
    domain::ContactGroup group;
    group.id = id<ContactGroupId>(demo.group_id);
    group.name = contact.name;
    group.contact_ids = {contact.id};
    group.updated_at = now();
    if (auto inserted = session.contacts().insert_group(group); !inserted) return inserted;
    auto settings = session.settings().load();
    if (!settings) return settings.error();
    if (!settings->default_route.empty()) return Done{};
    settings->default_route = {group.id};
    ++settings->version;
    return session.settings().save(*settings);
}

/// Everything of one tenant in one transaction.
void fill_tenant(const DemoTenant& demo, ports::TenantDatabase& database, const std::string& receiver_url,
                 ports::Sealing& sealing)
{
    std::promise<Result<Done>> finished;
    auto outcome = finished.get_future();
    database.submit(
        id<TenantId>(demo.id),
        [&](ports::TenantSession& session) -> Result<Done> {
            for (const auto& user : demo.users) {
                if (auto added = add_user(user, session.users()); !added) return added;
            }
            auto added = add_integration(demo, session.integrations());
            if (!added || receiver_url.empty()) return added;
            return add_receiver(demo, receiver_url, sealing, session);
        },
        [&finished](Result<Done> result) { finished.set_value(std::move(result)); });
    if (const auto result = outcome.get(); !result) {
        throw std::runtime_error("cannot seed tenant " + demo.name + ": " + result.error().message());
    }
}

}  // namespace

void seed(Demo& demo, const DatabaseConfig& database, const std::string& receiver_url, ports::Sealing& sealing)
{
    const auto provider = pg::make_provider_store(pg::PgOptions{.conninfo = database.provider_url, .connections = 1});
    const auto tenants =
        pg::make_tenant_database({.conninfo = database.api_url, .connections = 1}, database.pipeline_url);
    for (auto& tenant : demo.tenants) {
        make_tenant(tenant, *provider);
        fill_tenant(tenant, *tenants, receiver_url, sealing);
        tenant.receiver_made = tenant.receiver_made || !receiver_url.empty();
    }
}

}  // namespace winnow::app::dev
