#pragma once

/// @file
/// What passwords are hashed with and looked for in, as it is configured. Private to app.

#include "app/config/config.hpp"
#include "winnow/crypto/argon2.hpp"
#include "winnow/identity/breached_passwords.hpp"
#include "winnow/identity/password_hasher.hpp"

#include <string>

namespace winnow::app {

inline constexpr auto kPepper = "password pepper";  ///< What its file is called in messages.

/// The one that is configured, those before it, and the one that is made of the encryption key: that stays good when
/// one of its own is configured later. Each is named after itself. Throws std::runtime_error that names the file and
/// the fix.
[[nodiscard]] crypto::Peppers password_peppers(const Config& config);

[[nodiscard]] identity::PasswordHasher::Options password_options(const Config& config);

/// What names buckets of sign-ins and makes cookies of known browsers: made of the encryption key. Throws as above.
[[nodiscard]] std::string sign_in_key(const Config& config);

/// Throws std::runtime_error as above.
[[nodiscard]] identity::BreachedPasswords breached_passwords(const Config& config);

/// What is wrong with such a file, in words that name it; "" if nothing, and where none is configured.
[[nodiscard]] std::string problem_of_breached(const std::string& file);

}  // namespace winnow::app
