#pragma once

/// @file
/// Who is signed in, inside one of a tenant's transactions.

#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/signin/endings.hpp"
#include "winnow/signin/second_factor.hpp"
#include "winnow/signin/session.hpp"
#include "winnow/signin/states.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace winnow::ports {

/// A session that was not ended, as it can be shown: without its token.
struct UserSession {
    SessionId id;
    UserId user;
    signin::SignInState state = signin::SignInState::active;  ///< password_ok or active.
    std::vector<std::string> amr;  ///< How its user proved who it is (RFC 8176): "pwd", "otp", "mfa".
    Timestamp authenticated_at;
    Timestamp created_at;
    Timestamp last_seen_at;
    Timestamp expires_at;
    std::string source;      ///< The address that it was begun from.
    std::string user_agent;  ///< At most 256 bytes.

    [[nodiscard]] signin::SessionTimes times() const
    {
        return {.created_at = created_at, .last_seen_at = last_seen_at, .expires_at = expires_at};
    }
};

/// What a tenant has set for all of its users.
struct SignInPolicy {
    signin::SessionPolicy sessions;
    signin::MfaPolicy mfa = signin::MfaPolicy::all;

    friend bool operator==(const SignInPolicy&, const SignInPolicy&) = default;
};

/// Not thread-safe: lives and dies with its transaction. Writers hold SettingsStore::lock_configuration().
class SessionStore {
public:
    SessionStore() = default;
    SessionStore(const SessionStore&) = delete;
    SessionStore& operator=(const SessionStore&) = delete;
    virtual ~SessionStore() = default;

    [[nodiscard]] virtual Result<SignInPolicy> policy() = 0;
    /// Of a tenant that has settings. In force for whoever signs in next, and for those who have within half a minute.
    [[nodiscard]] virtual Result<Done> set_policy(const SignInPolicy& policy) = 0;

    /// @param token_hash  SHA-256, 32 bytes.
    [[nodiscard]] virtual Result<Done> begin(const UserSession& session, const std::string& token_hash) = 0;

    /// `not_found` where there is none, or it was ended. That it may be over by its time is the caller's to see.
    [[nodiscard]] virtual Result<UserSession> find(SessionId id) = 0;

    /// Those that were not ended and have not expired, the oldest first.
    [[nodiscard]] virtual Result<std::vector<UserSession>> of_user(UserId user) = 0;

    /// It goes on with another token, and as `session` says: state, amr, authenticated_at, last_seen_at, expires_at.
    [[nodiscard]] virtual Result<Done> rotate(const UserSession& session, const std::string& token_hash) = 0;

    /// At once, on every node. What was ended stays as it is.
    [[nodiscard]] virtual Result<Done> end(SessionId id, signin::Ending by) = 0;

    /// Of one user; without one, everybody's. `but` goes on. How many were ended.
    [[nodiscard]] virtual Result<std::size_t> end_all(std::optional<UserId> user, std::optional<SessionId> but,
                                                      signin::Ending by) = 0;

    /// Those of one user, or of everybody, that were signed in without a second factor. How many were ended.
    [[nodiscard]] virtual Result<std::size_t> end_without_factor(std::optional<UserId> user, signin::Ending by) = 0;
};

}  // namespace winnow::ports
