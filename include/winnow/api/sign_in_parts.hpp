#pragma once

/// @file
/// What people sign in with, as a node gives it to the customer API.

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace winnow::identity {
class BreachedPasswords;
class PasswordHasher;
class ProviderDocuments;
}  // namespace winnow::identity

namespace winnow::ports {
class Fetcher;
class SignInDoor;
}  // namespace winnow::ports

namespace winnow::api {

/// Everything referred to outlives the API, and every request that it was given.
struct SignInParts {
    ports::SignInDoor& door;
    identity::PasswordHasher& hasher;
    const identity::BreachedPasswords& breached;
    /// Of tenants' own providers of sign-ins. Requests that are under way keep it.
    std::shared_ptr<identity::ProviderDocuments> documents;
    /// By which codes are redeemed there. It outlives door, hasher and database, too, whose threads ask it.
    ports::Fetcher& fetcher;
    /// What stands as host in a URL that the fetcher may be sent to; empty: all. Where a name leads it finds out
    /// itself.
    std::function<bool(std::string_view host)> reaches = {};
    std::string key;  ///< 32 bytes that no database holds: it names buckets, and makes cookies of known browsers.
    std::string public_url;  ///< The service's own; its origin is the one whose pages may use sessions.
};

}  // namespace winnow::api
