#pragma once

/// @file
/// Which passwords may be chosen. Bytes are taken as they were sent: nothing is trimmed, folded or cut.

#include "winnow/base/error.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace winnow::signin {

inline constexpr std::size_t kMinPassword = 12;   ///< Code points.
inline constexpr std::size_t kMaxPassword = 128;  ///< Code points.

/// Below this many guesses, as libzxcvbn estimates them, it is too easy: its score 3 begins here.
inline constexpr double kMinGuesses = 1e8;

/// What an attacker knows of the user, and tries first.
struct PasswordContext {
    std::string service_code;
    std::string tenant_name;
    std::string address;
    std::string user_name;
};

enum class PasswordProblem : std::uint8_t {
    not_text,  ///< No well-formed UTF-8.
    too_short,
    too_long,
    guessable,
    breached,  ///< Found by who asked identity::BreachedPasswords; not by password_problem().
};
[[nodiscard]] std::string_view to_string(PasswordProblem problem) noexcept;  ///< "too_short", "guessable", …

/// nullopt: nothing is wrong with it. Takes some milliseconds for the longest.
[[nodiscard]] std::optional<PasswordProblem> password_problem(std::string_view password,
                                                              const PasswordContext& context);

/// As an answer says it, of the field at `pointer`. Never holds the password or a part of it.
[[nodiscard]] FieldError field_error(PasswordProblem problem, std::string pointer = "/password");

/// Whether it can be anybody's at all: what fails here is wrong without being hashed, whoever it is for.
[[nodiscard]] bool can_be_a_password(std::string_view password) noexcept;

}  // namespace winnow::signin
