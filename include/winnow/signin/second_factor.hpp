#pragma once

/// @file
/// Who must show a second factor, what comes after the password, and when all of it is asked for again.

#include "winnow/access/permission.hpp"
#include "winnow/base/time.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace winnow::signin {

/// A tenant's. Stored by name: never rename one.
enum class MfaPolicy : std::uint8_t {
    all,
    admins,  ///< Only whose role reads the audit log, or changes users, keys or settings.
};
[[nodiscard]] std::string_view to_string(MfaPolicy policy) noexcept;
[[nodiscard]] std::optional<MfaPolicy> parse_mfa_policy(std::string_view word) noexcept;

/// Stored by name (user_factors.kind): never rename one.
enum class FactorKind : std::uint8_t { totp, recovery };
[[nodiscard]] std::string_view to_string(FactorKind kind) noexcept;
[[nodiscard]] std::optional<FactorKind> parse_factor_kind(std::string_view word) noexcept;

inline constexpr std::size_t kRecoveryCodes = 10;
inline constexpr std::size_t kFewRecoveryCodes = 3;  ///< Fewer are left: the user is told by mail.

/// Whether the policy asks it of such a user.
[[nodiscard]] bool must_have_factor(MfaPolicy policy, access::Role role) noexcept;

/// Of a user, as far as it matters here.
struct FactorsOf {
    access::Role role = access::Role::viewer;
    bool required = false;  ///< Of this user, whatever the policy (users.mfa_required).
    bool enrolled = false;  ///< Has an active factor that is no recovery code.
};

/// What comes after the right password.
enum class AfterPassword : std::uint8_t { active, mfa_required, enrolment_required };
[[nodiscard]] std::string_view to_string(AfterPassword after) noexcept;  ///< As the API says it.

/// Who has a factor is asked for it, whatever the policy.
[[nodiscard]] AfterPassword after_password(MfaPolicy policy, const FactorsOf& user) noexcept;

/// How old the proof of who somebody is may be where a permission wants it fresh.
inline constexpr std::chrono::milliseconds kStepUpAge = std::chrono::minutes{5};

/// Whether `who` must show password and factor again before using `permission`: sessions only, as keys have neither. A
/// time of proof in the future, of a clock that was set back, is none.
[[nodiscard]] bool needs_step_up(const access::Principal& who, access::Permission permission, Timestamp now) noexcept;

}  // namespace winnow::signin
