#pragma once

/// @file
/// What the provider's staff sign in with.

#include "winnow/crypto/sealer.hpp"
#include "winnow/ports/staff/provider_staff.hpp"

namespace winnow::identity {
class BreachedPasswords;
class PasswordHasher;
}  // namespace winnow::identity

namespace winnow::api {

struct StaffParts {
    ports::ProviderStaff& store;
    identity::PasswordHasher& hasher;
    const identity::BreachedPasswords& breached;
    const crypto::Sealer& sealer;  ///< Of seeds of one-time codes.
};

}  // namespace winnow::api
