#pragma once

/// @file
/// What people sign in with, as a node gives it to the customer API.

#include <string>

namespace winnow::identity {
class BreachedPasswords;
class PasswordHasher;
}  // namespace winnow::identity

namespace winnow::ports {
class SignInDoor;
}

namespace winnow::api {

/// Everything referred to outlives the API, and every request that it was given.
struct SignInParts {
    ports::SignInDoor& door;
    identity::PasswordHasher& hasher;
    const identity::BreachedPasswords& breached;
    std::string key;  ///< 32 bytes that no database holds: it names buckets, and makes cookies of known browsers.
    std::string public_url;  ///< The service's own; its origin is the one whose pages may use sessions.
};

}  // namespace winnow::api
