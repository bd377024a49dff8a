#pragma once

/// @file
/// What users prove themselves with, inside one of their tenant's transactions: passwords, one-time codes, recovery
/// codes.

#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/tenants/sealed.hpp"
#include "winnow/signin/second_factor.hpp"
#include "winnow/signin/states.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace winnow::ports {

/// A password as it is stored: what crypto::PasswordHash holds.
struct StoredPassword {
    std::string salt;
    std::string tag;
    std::uint32_t memory_kib = 0;
    std::uint32_t passes = 0;
    std::string pepper_id;
};

/// A seed of one-time codes.
struct TotpFactor {
    FactorId id;
    UserId user;
    signin::FactorState state = signin::FactorState::pending;
    std::string sealed = {};  ///< By ports::Sealing, in its totp_place().
    std::int64_t last_step = -1;
    Timestamp created_at = {};
    std::optional<Timestamp> used_at = {};
};

/// What a seed that is sealed in format 1 is bound to, so that it opens nowhere else.
[[nodiscard]] inline std::string totp_context(TenantId tenant, FactorId factor)
{
    return "totp:" + tenant.str() + ":" + factor.str();
}

/// Where a sealed seed is stored, and what it is for.
[[nodiscard]] inline domain::SealedPlace totp_place(TenantId tenant, FactorId factor)
{
    return {.tenant = tenant,
            .kind = domain::SecretKind::totp,
            .table = "user_factors",
            .column = "sealed",
            .row = factor.str(),
            .before = totp_context(tenant, factor)};
}

/// Not thread-safe: lives and dies with its transaction.
class FactorStore {
public:
    FactorStore() = default;
    FactorStore(const FactorStore&) = delete;
    FactorStore& operator=(const FactorStore&) = delete;
    virtual ~FactorStore() = default;

    /// nullopt: the user has none, or there is no such user.
    [[nodiscard]] virtual Result<std::optional<StoredPassword>> password(UserId user) = 0;
    /// A new one.
    [[nodiscard]] virtual Result<Done> set_password(UserId user, const StoredPassword& password) = 0;
    /// The same one, hashed anew: nothing where `before` is not what is stored any more.
    [[nodiscard]] virtual Result<Done> renew_password(UserId user, const StoredPassword& before,
                                                      const StoredPassword& password) = 0;
    /// The user has signed in, fully, just now.
    [[nodiscard]] virtual Result<Done> note_sign_in(UserId user) = 0;

    /// Pending and active ones, the oldest first.
    [[nodiscard]] virtual Result<std::vector<TotpFactor>> totp(UserId user) = 0;
    /// Takes the place of what is pending.
    [[nodiscard]] virtual Result<Done> add_totp(const TotpFactor& factor) = 0;
    [[nodiscard]] virtual Result<Done> activate(FactorId id) = 0;
    [[nodiscard]] virtual Result<Done> revoke(FactorId id) = 0;
    /// False: that step was taken already, on whichever node.
    [[nodiscard]] virtual Result<bool> take_step(FactorId id, std::int64_t step) = 0;

    /// In place of all that the user has. Each is an id of its own and its SHA-256.
    [[nodiscard]] virtual Result<Done> set_recovery_codes(
        UserId user, const std::vector<std::pair<FactorId, std::string>>& codes) = 0;
    /// False: the user has no such code, or it was used.
    [[nodiscard]] virtual Result<bool> take_recovery_code(UserId user, const std::string& hash) = 0;
    [[nodiscard]] virtual Result<std::size_t> recovery_codes_left(UserId user) = 0;

    /// The user has no second factor any more, nor recovery codes. How many there were of the first.
    [[nodiscard]] virtual Result<std::size_t> revoke_all(UserId user) = 0;
    /// Nor a password.
    [[nodiscard]] virtual Result<Done> forget(UserId user) = 0;
};

}  // namespace winnow::ports
