#pragma once

/// @file
/// Who is let in on the word of a tenant's own provider of sign-ins, and as what. Pure. A provider's subject is who it
/// is; an address never makes it somebody who is there already.

#include "winnow/access/permission.hpp"
#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::signin {

inline constexpr std::size_t kMaxProviders = 10;  ///< Of a tenant.
inline constexpr std::size_t kMaxRoleRules = 50;
inline constexpr std::size_t kMaxRoleValue = 256;  ///< Bytes, as of a claim's name.

struct RoleRule {
    std::string value;  ///< One of the claim's, as it is.
    access::Role role = access::Role::viewer;

    friend bool operator==(const RoleRule&, const RoleRule&) = default;
};

/// Which role the values of a claim give. Without rules and default it gives none: roles are the tenant's to set.
struct RoleMapping {
    std::string claim = "groups";
    std::vector<RoleRule> rules = {};  ///< The first one that holds counts.
    std::optional<access::Role> default_role = {};
    bool allow_admin = false;  ///< Else no rule gives `admin`.

    [[nodiscard]] bool decides() const noexcept { return !rules.empty() || default_role.has_value(); }
    friend bool operator==(const RoleMapping&, const RoleMapping&) = default;
};

/// An `invalid_argument` that names the fields below `pointer`.
[[nodiscard]] Result<Done> check(const RoleMapping& mapping, const std::string& pointer);

/// nullopt: none.
[[nodiscard]] std::optional<access::Role> role_of(const RoleMapping& mapping, std::span<const std::string> values);

/// Whether what the provider says of how it was proven is one of the means that the tenant takes for a second factor.
[[nodiscard]] bool is_second_factor(std::span<const std::string> taken, std::span<const std::string> amr,
                                    std::string_view acr);

/// When who comes showed last who it is, as the provider says. Without its word that is too long ago for whatever wants
/// a fresh proof (kStepUpAge): somebody may have been signed in there for weeks.
[[nodiscard]] Timestamp proven_at(std::optional<Timestamp> auth_time, Timestamp now) noexcept;

/// The user whom a subject of a provider is.
struct KnownUser {
    access::Role role = access::Role::viewer;
    bool active = false;      ///< May sign in at all.
    bool managed = false;     ///< The provider's word made this user, and decides on the role.
    bool last_admin = false;  ///< Nobody else could undo what is done to this one.
};

/// What is known of who comes.
struct Newcomer {
    bool has_address = false;
    bool address_verified = false;         ///< Says the provider.
    std::vector<std::string> values = {};  ///< Of the mapping's claim.

    /// nullopt: this subject of this provider was never seen.
    std::optional<KnownUser> known = {};

    /// It was a user whom an admin has deleted: it is for an admin to let it in again, by inviting it.
    bool removed = false;

    /// An invitation of this provider's to this address waits.
    bool invited = false;
    /// Some user has this address, invited or not.
    bool address_taken = false;
};

enum class Arrival : std::uint8_t {
    refused,  ///< 403 `no_account`.
    known,
    invited,  ///< Accepts the invitation.
    created,  ///< A new user, which the provider manages.
};

struct Admission {
    Arrival arrival = Arrival::refused;
    std::optional<access::Role> role = {};  ///< To be; nullopt: as it is, or as the invitation has it.

    friend bool operator==(const Admission&, const Admission&) = default;
};

/// @param jit  Whether the provider may bring users of its own.
[[nodiscard]] Admission admit(const RoleMapping& mapping, bool jit, const Newcomer& who);

}  // namespace winnow::signin
