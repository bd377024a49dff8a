#pragma once

/// @file
/// The provider's staff: who may sign in on the management listener, and who has.

#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/ports/credential_store.hpp"
#include "winnow/ports/signin/factor_store.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace winnow::ports {

inline constexpr std::chrono::milliseconds kStaffEnrolmentLife = std::chrono::hours{24};
inline constexpr std::chrono::milliseconds kStaffSessionLife = std::chrono::hours{12};
inline constexpr std::chrono::milliseconds kStaffSessionIdle = std::chrono::minutes{30};
/// So many failures within kStaffWindow, and nothing is right for as long.
inline constexpr int kStaffFailures = 10;
inline constexpr std::chrono::milliseconds kStaffWindow = std::chrono::minutes{15};

struct StaffMember {
    StaffId id;
    std::string email;
    std::string name;
    std::string role;   ///< "support", "admin".
    std::string state;  ///< "invited", "active", "disabled".
    Timestamp created_at;
    std::optional<Timestamp> signed_in_at = {};
};

/// What signing in and enrolling look at.
struct StaffSecrets {
    StaffMember member;
    std::optional<StoredPassword> password;  ///< nullopt: none was chosen.
    std::string sealed_seed;                 ///< With staff_seed_context(); "" with it.
    std::int64_t last_step = -1;
    bool blocked = false;
    Timestamp now;  ///< By the database's clock.
};

struct StaffSession {
    SessionId id;
    StaffMember member;
};

/// What a seed is sealed with, so that it opens nowhere else.
[[nodiscard]] inline std::string staff_seed_context(StaffId id)
{
    return "provider_user:" + id.str();
}

/// Under the provider role; each act stands in the provider's audit chain. Thread-safe, blocking. Tokens are told by
/// their SHA-256 alone.
class ProviderStaff {
public:
    ProviderStaff() = default;
    ProviderStaff(const ProviderStaff&) = delete;
    ProviderStaff& operator=(const ProviderStaff&) = delete;
    virtual ~ProviderStaff() = default;

    /// Invited, with what enrols for kStaffEnrolmentLife. `conflict`: another one has the address.
    [[nodiscard]] virtual Result<StaffMember> create(const StaffMember& member, const std::string& enrolment_hash,
                                                     const ProviderRequest& by) = 0;
    /// In the order of their ids, those behind `after`.
    [[nodiscard]] virtual Result<std::vector<StaffMember>> page(std::optional<StaffId> after, std::size_t limit) = 0;
    /// Invited anew, without password and sessions.
    [[nodiscard]] virtual Result<StaffMember> reset(StaffId id, const std::string& enrolment_hash,
                                                    const ProviderRequest& by) = 0;
    /// Sessions end with it. `conflict`: is so already.
    [[nodiscard]] virtual Result<StaffMember> disable(StaffId id, const ProviderRequest& by) = 0;

    /// nullopt: the token enrols nobody.
    [[nodiscard]] virtual Result<std::optional<StaffSecrets>> by_enrolment(const std::string& hash) = 0;
    /// False: the token enrols nobody any more.
    [[nodiscard]] virtual Result<bool> choose(const std::string& hash, const StoredPassword& password,
                                              const std::string& sealed_seed, const ProviderRequest& by) = 0;
    /// The first code was right: active, and the token is good no longer. False as above, or the step was taken.
    [[nodiscard]] virtual Result<bool> activate(const std::string& hash, std::int64_t step,
                                                const ProviderRequest& by) = 0;

    [[nodiscard]] virtual Result<std::optional<StaffSecrets>> by_email(const std::string& email) = 0;
    [[nodiscard]] virtual Result<Done> failed(StaffId id, const ProviderRequest& by) = 0;
    /// A session, if the step was not taken, the password is that one still, and nothing blocks; false: there is none.
    [[nodiscard]] virtual Result<bool> sign_in(StaffId id, const std::string& tag, std::int64_t step, SessionId session,
                                               const std::string& token_hash, const ProviderRequest& by) = 0;
    /// Used from now on for kStaffSessionIdle at least. nullopt: the token opens nothing.
    [[nodiscard]] virtual Result<std::optional<StaffSession>> find_session(const std::string& token_hash) = 0;
    [[nodiscard]] virtual Result<Done> sign_out(SessionId session, const ProviderRequest& by) = 0;
};

}  // namespace winnow::ports
