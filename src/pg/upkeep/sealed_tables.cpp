#include "pg/upkeep/sealed_tables.hpp"

#include "pg/notify/contact_settings.hpp"
#include "pg/rows/values.hpp"
#include "winnow/crypto/secret_bytes.hpp"
#include "winnow/crypto/tenant_key.hpp"
#include "winnow/domain/contact.hpp"
#include "winnow/ports/access/access_key_store.hpp"
#include "winnow/ports/mail/server_mail_store.hpp"
#include "winnow/ports/signin/factor_store.hpp"
#include "winnow/ports/signin/oidc_store.hpp"

#include <array>
#include <optional>
#include <string>
#include <utility>

namespace winnow::pg {

namespace {

using ports::Sealing;
using ports::TenantVersion;

// The contacts' columns follow their settings (migration 0032).
constexpr std::array<std::string_view, 6> kSealedColumns{"access_keys.sealed_secret", "contacts.sealed_secret",
                                                         "contacts.sealed_url",       "oidc_providers.sealed_secret",
                                                         "server_mails.sealed_token", "user_factors.sealed"};

constexpr auto kOlderContacts = R"sql(
select contact_id, settings from contacts
 where tenant_id = $1 and oldest_key_version(settings) < $2 and contact_id > $3
 order by contact_id limit $4 for no key update skip locked
)sql";
constexpr auto kStoreContact = "update contacts set settings = $3::jsonb where tenant_id = $1 and contact_id = $2";

constexpr auto kOlderMails = R"sql(
select mail_id, sealed_token from server_mails
 where tenant_id = $1 and sealed_key_version(sealed_token) < $2 and mail_id > $3
 order by mail_id limit $4 for no key update skip locked
)sql";
constexpr auto kStoreMail = "update server_mails set sealed_token = $3 where tenant_id = $1 and mail_id = $2";

constexpr auto kOlderFactors = R"sql(
select factor_id, sealed from user_factors
 where tenant_id = $1 and sealed_key_version(sealed) < $2 and factor_id > $3
 order by factor_id limit $4 for no key update skip locked
)sql";
constexpr auto kStoreFactor = "update user_factors set sealed = $3 where tenant_id = $1 and factor_id = $2";

constexpr auto kOlderProviders = R"sql(
select provider_id, sealed_secret from oidc_providers
 where tenant_id = $1 and sealed_key_version(sealed_secret) < $2 and provider_id > $3
 order by provider_id limit $4 for no key update skip locked
)sql";
constexpr auto kStoreProvider =
    "update oidc_providers set sealed_secret = $3 where tenant_id = $1 and provider_id = $2";

constexpr auto kOlderAccessKeys = R"sql(
select access_key_id, sealed_secret from access_keys
 where tenant_id = $1 and sealed_key_version(sealed_secret) < $2 and access_key_id > $3
 order by access_key_id limit $4 for no key update skip locked
)sql";
constexpr auto kStoreAccessKey =
    "update access_keys set sealed_secret = $3 where tenant_id = $1 and access_key_id = $2";

/// nullopt: it does not open, or nothing of its tenant's can be sealed ever again. An Error: nothing can be sealed now.
Result<std::optional<std::string>> sealed_anew(Sealing& sealing, const domain::SealedPlace& place,
                                               std::string_view sealed)
{
    using Anew = std::optional<std::string>;
    auto secret = sealing.open(place, sealed);
    if (!secret && secret.error().code() == ErrorCode::unavailable) return secret.error();
    if (!secret) return Anew();
    auto anew = sealing.seal(place, *secret);
    crypto::cleanse(*secret);
    if (!anew && anew.error().code() == ErrorCode::conflict) return Anew();  // its keys were destroyed
    if (!anew) return anew.error();
    return Anew(*std::move(anew));
}

Result<std::size_t> reseal_contact(pqxx::transaction_base& tx, Sealing& sealing, const TenantVersion& below,
                                   const pqxx::row& row)
{
    const auto contact = id_of<ContactId>(row[0]);
    auto settings = read_settings(text_of(row[1]));
    bool changed = false;
    bool failed = false;
    for (auto& [name, setting] : settings) {
        if (setting.sealed.empty() || crypto::key_version_of(setting.sealed).value_or(0) >= below.version) continue;
        const auto anew =
            sealed_anew(sealing, domain::sealed_setting_place(below.tenant, contact, name), setting.sealed);
        if (!anew) return anew.error();
        failed = failed || !*anew;
        if (!*anew) continue;
        changed = changed || **anew != setting.sealed;
        setting.sealed = **anew;
    }
    if (changed) query(tx, kStoreContact, below.tenant, contact, settings_json(settings, UrlsAre::sealed));
    return std::size_t{failed ? 1U : 0U};
}

/// Of a row with one value, which stands in a column of its own.
Result<std::size_t> reseal_value(pqxx::transaction_base& tx, Sealing& sealing, const domain::SealedPlace& place,
                                 const pqxx::row& row, const char* store)
{
    const auto anew = sealed_anew(sealing, place, bytes_of(row[1]));
    if (!anew) return anew.error();
    if (!*anew) return std::size_t{1};
    query(tx, store, place.tenant, uuid_of(row[0]), Bytes{**anew});
    return std::size_t{0};
}

Result<std::size_t> reseal_mail(pqxx::transaction_base& tx, Sealing& sealing, const TenantVersion& below,
                                const pqxx::row& row)
{
    return reseal_value(tx, sealing, ports::mail_token_place(below.tenant, id_of<ServerMailId>(row[0])), row,
                        kStoreMail);
}

Result<std::size_t> reseal_factor(pqxx::transaction_base& tx, Sealing& sealing, const TenantVersion& below,
                                  const pqxx::row& row)
{
    return reseal_value(tx, sealing, ports::totp_place(below.tenant, id_of<FactorId>(row[0])), row, kStoreFactor);
}

Result<std::size_t> reseal_provider(pqxx::transaction_base& tx, Sealing& sealing, const TenantVersion& below,
                                    const pqxx::row& row)
{
    return reseal_value(tx, sealing, ports::oidc_secret_place(below.tenant, id_of<OidcProviderId>(row[0])), row,
                        kStoreProvider);
}

Result<std::size_t> reseal_access_key(pqxx::transaction_base& tx, Sealing& sealing, const TenantVersion& below,
                                      const pqxx::row& row)
{
    return reseal_value(tx, sealing, ports::access_key_place(below.tenant, id_of<ports::AccessKeyId>(row[0])), row,
                        kStoreAccessKey);
}

constexpr std::array kSealedTables{SealedTable{.older = kOlderContacts, .reseal = &reseal_contact},
                                   SealedTable{.older = kOlderMails, .reseal = &reseal_mail},
                                   SealedTable{.older = kOlderFactors, .reseal = &reseal_factor},
                                   SealedTable{.older = kOlderProviders, .reseal = &reseal_provider},
                                   SealedTable{.older = kOlderAccessKeys, .reseal = &reseal_access_key}};

}  // namespace

std::span<const std::string_view> sealed_columns() noexcept
{
    return kSealedColumns;
}

std::span<const SealedTable> sealed_tables() noexcept
{
    return kSealedTables;
}

const char* const kTenantsWithoutKey = R"sql(
select tenant_id
  from ((select distinct tenant_id from contacts
          where oldest_key_version(settings) = 0 and tenant_id > $1 order by tenant_id limit $2)
        union
        (select distinct tenant_id from server_mails
          where sealed_key_version(sealed_token) = 0 and tenant_id > $1 order by tenant_id limit $2)
        union
        (select distinct tenant_id from user_factors
          where sealed_key_version(sealed) = 0 and tenant_id > $1 order by tenant_id limit $2)
        union
        (select distinct tenant_id from oidc_providers
          where sealed_key_version(sealed_secret) = 0 and tenant_id > $1 order by tenant_id limit $2)
        union
        (select distinct tenant_id from access_keys
          where sealed_key_version(sealed_secret) = 0 and tenant_id > $1 order by tenant_id limit $2)) as sealed
 where tenant_keys_seal()
 order by tenant_id limit $2
)sql";

const char* const kSealedUnderOlder = R"sql(
select exists (select from contacts where tenant_id = $1 and oldest_key_version(settings) < $2)
    or exists (select from server_mails where tenant_id = $1 and sealed_key_version(sealed_token) < $2)
    or exists (select from user_factors where tenant_id = $1 and sealed_key_version(sealed) < $2)
    or exists (select from oidc_providers where tenant_id = $1 and sealed_key_version(sealed_secret) < $2)
    or exists (select from access_keys where tenant_id = $1 and sealed_key_version(sealed_secret) < $2)
)sql";

}  // namespace winnow::pg
