#pragma once

/// @file
/// From a credential on the wire to a Principal: hashed, looked up, cached.

#include "winnow/access/permission.hpp"
#include "winnow/access/revoked.hpp"
#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/identity/hearing.hpp"
#include "winnow/identity/request_signature.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace winnow::ports {
class AccessKeyDoor;
class CredentialStore;
class SignInDoor;
}  // namespace winnow::ports

namespace winnow::identity {

/// A fresh secret: `wnk_` (integration), `wnu_` (user) or `wns_` (directory), and 43 base64url characters of 256 random
/// bits.
struct NewKey {
    std::string secret;  ///< Shown once.
    std::string hash;    ///< SHA-256, 32 bytes: what is stored.
    std::string hint;    ///< The first 8 characters.
};
[[nodiscard]] NewKey make_key(access::CredentialKind kind);

/// A fresh access key, and the secret that requests are signed with: both of capitals and digits (RFC 4648 §6).
struct NewAccessKey {
    std::string access_key;  ///< kAccessKeyCharacters, 100 random bits.
    std::string secret;      ///< 40 characters, 200 random bits. Shown once.
};
[[nodiscard]] NewAccessKey make_access_key();

/// Thread-safe. What it knows it believes for long while it is proven that the node hears of revocations (heard()), and
/// for half a second otherwise.
class Authenticator {
public:
    struct Options {
        /// How long a verified key is trusted without asking again; never longer than it lives.
        Hearing::Terms trust = {};
        std::chrono::milliseconds unknown_for{5'000};  ///< How long an unknown key is refused without asking again.
        std::size_t max_entries = 100'000;             ///< Of known keys; those that were not asked for go first.
        std::size_t max_unknown = 20'000;              ///< The oldest go first; they never evict known ones.
        std::function<Instant()> clock = &std::chrono::steady_clock::now;
        ports::SignInDoor* sessions = nullptr;        ///< Outlives it. Null: no session opens anything.
        ports::AccessKeyDoor* access_keys = nullptr;  ///< Outlives it. Null: no signed request is anybody's.
    };

    Authenticator(ports::CredentialStore& store, Options options);
    ~Authenticator();
    Authenticator(const Authenticator&) = delete;
    Authenticator& operator=(const Authenticator&) = delete;

    /// `done` gets the caller, `unauthenticated`, or `unavailable` where the key is not cached and the database is
    /// away, or twice so slow that its answer may be of before a revocation. Called at once where cached, else later
    /// on a database thread. Never blocks.
    ///
    /// `may_ask` is called, at once, where the database would be asked for a key that it has not confirmed before;
    /// false makes that `rate_limited` instead. A key that was good of late is asked for in any case: whoever shares
    /// its sender's address must not be able to shut it out.
    void authenticate(std::string_view key, std::move_only_function<void(Result<access::Principal>)> done,
                      const std::function<bool()>& may_ask = {});

    /// The same of a session, by its token; of one that its user has only begun to sign in with, nothing.
    void authenticate_session(std::string_view token, std::move_only_function<void(Result<access::Principal>)> done,
                              const std::function<bool()>& may_ask = {});

    /// The same of a signed request: of its access key, and whether the signature is by its secret; a wrong one is
    /// answered as an unknown key is. The caller has looked at its time (check_expire()). Secrets are held in memory
    /// for as long as their keys are known.
    void authenticate_signed(SignedRequest request, std::move_only_function<void(Result<access::Principal>)> done,
                             const std::function<bool()>& may_ask = {});

    /// Asks again for what is cached of a tenant (keys, users or integrations changed), and for keys that were unknown.
    void forget(TenantId tenant);

    /// Asks again for what is cached of whom that concerns.
    void revoked(const access::Revoked& what);

    /// Asks again for everything: for as long as nobody listened, anything may have been revoked.
    void forget_all();

    /// All that was revoked before `sent` has been passed to revoked(). `sent` is of the clock of the options.
    void heard(Instant sent);

    /// Nobody listens any more: nothing is proven until heard() is called again.
    void deaf();

    /// Whether a proof would spare questions: something that is cached was used of late.
    [[nodiscard]] bool wants_proof() const;

private:
    class Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace winnow::identity
