#pragma once

/// @file
/// The people of a tenant and their API keys, inside one of its transactions.

#include "winnow/access/groups.hpp"
#include "winnow/access/permission.hpp"
#include "winnow/base/network.hpp"
#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/signin/mail_text.hpp"
#include "winnow/signin/states.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace winnow::ports {

/// What waits for a user who has not come yet.
struct InvitationState {
    Timestamp expires_at;  ///< Of its link.
    std::string mail;      ///< "waiting" to be sent, "given_up", or "sent".
};

struct User {
    UserId id;
    std::string email;  ///< Unique in the tenant, whatever the case.
    std::string name;
    access::Role role = access::Role::viewer;
    bool active = true;
    bool invited = false;                           ///< And has not come yet; not active then, as when
    std::optional<Timestamp> deleted_at = {};       ///< only the id is left.
    bool mfa_required = false;                      ///< Whatever the tenant's policy says.
    signin::Locale locale = signin::Locale::en;     ///< Of mails to the user.
    access::Groups groups = {};                     ///< That the user is narrowed to; null: to none.
    bool has_password = false;                      ///< Read only, as what follows.
    bool has_factor = false;                        ///< An active one that is no recovery code.
    std::optional<Timestamp> last_sign_in = {};     ///< With the password, or by a provider's word.
    std::optional<OidcProviderId> managed_by = {};  ///< The provider of sign-ins that made the user.
    std::optional<InvitationState> invitation = {};
    std::int64_t version = 1;
    Timestamp created_at;
    Timestamp updated_at;

    [[nodiscard]] signin::UserState state() const
    {
        if (deleted_at) return signin::UserState::deleted;
        if (invited) return signin::UserState::invited;
        return active ? signin::UserState::active : signin::UserState::disabled;
    }
};

/// A live key (neither revoked nor expired) as it can be shown: without its secret.
struct ApiKey {
    ApiKeyId id;
    UserId user_id;
    std::string name;
    std::string hint;                                   ///< The secret's first characters.
    std::optional<access::PermissionSet> scopes = {};   ///< nullopt: all that its user may.
    std::optional<std::vector<Network>> networks = {};  ///< Where it may be used; nullopt: everywhere.
    access::Groups groups = {};                         ///< That the key is narrowed to besides; null: to none.
    Timestamp created_at;
    std::string created_by;               ///< access::Principal::actor(); "": the provider, or nobody knows.
    std::optional<Timestamp> expires_at;  ///< nullopt: of one that was made before keys had to expire.
    std::optional<Timestamp> last_used;   ///< To the minute; read only.
};

/// A tenant's active admins of the whole of it, besides one. Who gets in has a password, a key that is good, or is
/// known to an enabled provider of sign-ins: the rest are admins by name alone.
struct OtherAdmins {
    std::size_t all = 0;
    std::size_t who_get_in = 0;
    bool the_one_gets_in = false;

    /// Whether nobody could administer the tenant without the one: there is no other, or none who gets in as this one
    /// does.
    [[nodiscard]] bool need_the_one() const noexcept { return all == 0 || (the_one_gets_in && who_get_in == 0); }
};

/// Lists go by id, which is by age. Not thread-safe: lives and dies with its transaction. Writers hold
/// SettingsStore::lock_configuration().
class UserStore {
public:
    UserStore() = default;
    UserStore(const UserStore&) = delete;
    UserStore& operator=(const UserStore&) = delete;
    virtual ~UserStore() = default;

    /// Without those who were deleted, as they are not counted either.
    [[nodiscard]] virtual Result<std::vector<User>> page(std::optional<UserId> after, std::size_t limit) = 0;
    /// `not_found` where the tenant has no such user.
    [[nodiscard]] virtual Result<User> find(UserId id) = 0;
    /// Whatever the case; nullopt where nobody has the address.
    [[nodiscard]] virtual Result<std::optional<User>> find_by_email(const std::string& email) = 0;
    [[nodiscard]] virtual Result<OtherAdmins> other_admins(UserId besides) = 0;
    /// `conflict` where another user has the address.
    [[nodiscard]] virtual Result<Done> insert(const User& user) = 0;
    [[nodiscard]] virtual Result<Done> update(const User& user) = 0;

    /// Live keys of one user, or of everybody.
    [[nodiscard]] virtual Result<std::vector<ApiKey>> page_keys(std::optional<UserId> user,
                                                                std::optional<ApiKeyId> after, std::size_t limit) = 0;
    /// `not_found` where the tenant has no such live key.
    [[nodiscard]] virtual Result<ApiKey> find_key(ApiKeyId id) = 0;
    [[nodiscard]] virtual Result<std::size_t> count_keys(UserId user) = 0;
    /// Of the user's keys that are over only the newest hundred stay remembered: who makes and revokes keys fills
    /// nothing.
    /// @param secret_hash  SHA-256, 32 bytes.
    [[nodiscard]] virtual Result<Done> add_key(const ApiKey& key, const std::string& secret_hash) = 0;
    [[nodiscard]] virtual Result<Done> revoke_key(ApiKeyId id) = 0;
    /// All of the user's.
    [[nodiscard]] virtual Result<Done> revoke_keys(UserId user) = 0;
};

}  // namespace winnow::ports
