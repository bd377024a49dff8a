#pragma once

/// @file
/// A tenant's own providers of sign-ins, logins on their way to one, and who their subjects are: inside one of the
/// tenant's transactions.

#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/tenant.hpp"
#include "winnow/domain/tenants/sealed.hpp"
#include "winnow/ports/signin/link_store.hpp"
#include "winnow/signin/provided.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::ports {

/// How we show the provider who we are. Stored by name (oidc_providers.client_auth): never rename one.
enum class ClientAuth : std::uint8_t {
    basic,  ///< client_secret_basic
    post,   ///< client_secret_post
};
[[nodiscard]] constexpr std::string_view to_string(ClientAuth auth) noexcept
{
    return auth == ClientAuth::basic ? "basic" : "post";
}
[[nodiscard]] constexpr std::optional<ClientAuth> parse_client_auth(std::string_view word) noexcept
{
    if (word == "basic") return ClientAuth::basic;
    if (word == "post") return ClientAuth::post;
    return std::nullopt;
}

struct OidcProvider {
    OidcProviderId id;
    std::string name;  ///< The tenant's own for it, unique.
    std::string issuer;
    std::string client_id;
    std::string sealed_secret;  ///< By ports::Sealing, in its oidc_secret_place().
    ClientAuth auth = ClientAuth::basic;
    std::vector<std::string> scopes;      ///< Besides `openid`.
    std::vector<std::string> algorithms;  ///< That its tokens may be signed by: RFC 7518's words.
    signin::RoleMapping roles;
    bool jit = false;                         ///< It may bring users of its own.
    std::vector<std::string> second_factors;  ///< Values of amr and acr that count as one.
    bool enabled = true;
    std::int64_t version = 1;
    Timestamp created_at;
    Timestamp updated_at;
};

/// One that was begun.
struct OidcLogin {
    Uuid id;
    OidcProviderId provider;
    std::string nonce;
    std::string binding;      ///< Of its browser, 32 bytes.
    std::string source;       ///< Of the network that began it, 32 bytes.
    std::string return_to;    ///< A path of our own.
    bool prove_anew = false;  ///< The provider was asked to have it proven again who it is.
    Timestamp expires_at;
    bool used = false;
};

/// Of so many a tenant that wait at once, the next one is refused; and of so many that one network began.
inline constexpr std::size_t kMaxWaitingLogins = 1'000;
inline constexpr std::size_t kMaxWaitingOfSource = 100;

/// Who a subject of a provider is.
struct OidcIdentity {
    UserId user;
    bool managed = false;  ///< The provider's word made the user.
};

/// Where a client's sealed secret is stored, and what it is for.
[[nodiscard]] inline domain::SealedPlace oidc_secret_place(TenantId tenant, OidcProviderId provider)
{
    return {.tenant = tenant,
            .kind = domain::SecretKind::oidc,
            .table = "oidc_providers",
            .column = "sealed_secret",
            .row = provider.str(),
            .before = "oidc_secret:" + tenant.str() + ":" + provider.str()};
}

/// Not thread-safe: lives and dies with its transaction. Writers of providers hold
/// SettingsStore::lock_configuration().
class OidcStore {
public:
    OidcStore() = default;
    OidcStore(const OidcStore&) = delete;
    OidcStore& operator=(const OidcStore&) = delete;
    virtual ~OidcStore() = default;

    /// By id.
    [[nodiscard]] virtual Result<std::vector<OidcProvider>> page(std::optional<OidcProviderId> after,
                                                                 std::size_t limit) = 0;
    /// `not_found` where the tenant has no such provider.
    [[nodiscard]] virtual Result<OidcProvider> find(OidcProviderId id) = 0;
    [[nodiscard]] virtual Result<std::size_t> count() = 0;
    /// `conflict` where another one has the name.
    [[nodiscard]] virtual Result<Done> insert(const OidcProvider& provider) = 0;
    [[nodiscard]] virtual Result<Done> update(const OidcProvider& provider) = 0;
    /// With its logins and identities: whoever has no password cannot sign in any more.
    [[nodiscard]] virtual Result<Done> remove(OidcProviderId id) = 0;

    /// @param state_hash  SHA-256, 32 bytes. `rate_limited` where kMaxWaitingLogins wait, or kMaxWaitingOfSource.
    [[nodiscard]] virtual Result<Done> begin_login(const OidcLogin& login, const std::string& state_hash) = 0;
    /// nullopt: no login of the tenant has it. Nobody else uses it until the transaction ends.
    [[nodiscard]] virtual Result<std::optional<OidcLogin>> lock_login(const std::string& state_hash) = 0;
    [[nodiscard]] virtual Result<Done> use_login(const Uuid& id) = 0;

    /// Of the tenant: nobody joins one that is not active.
    [[nodiscard]] virtual Result<domain::TenantState> tenant_state() = 0;

    /// nullopt: it was never seen.
    [[nodiscard]] virtual Result<std::optional<OidcIdentity>> identity(OidcProviderId provider,
                                                                       const std::string& subject) = 0;
    /// The user has signed in by a provider, now.
    [[nodiscard]] virtual Result<Done> note_sign_in(UserId user) = 0;
    /// Nobody is the user any more, who is being deleted: of whoever was, was_removed() is true from now on.
    [[nodiscard]] virtual Result<Done> unlink(UserId user) = 0;
    /// Whether the subject was a user who was deleted, and nobody has let it in since.
    [[nodiscard]] virtual Result<bool> was_removed(OidcProviderId provider, const std::string& subject) = 0;
    /// `conflict` where the subject is somebody. It is no removed one any more.
    [[nodiscard]] virtual Result<Done> link(OidcProviderId provider, const std::string& subject,
                                            const OidcIdentity& identity) = 0;

    /// The user's pending invitation may be accepted by the provider's word, too.
    [[nodiscard]] virtual Result<Done> let_accept(UserId user, OidcProviderId provider) = 0;
    /// nullopt: none waits that it may accept. Nobody else uses it until the transaction ends.
    [[nodiscard]] virtual Result<std::optional<MailedLink>> invitation(UserId user, OidcProviderId provider) = 0;
};

}  // namespace winnow::ports
