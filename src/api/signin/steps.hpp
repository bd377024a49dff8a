#pragma once

/// @file
/// What the flows of signing in do inside a transaction.

#include "api/signin/flow.hpp"
#include "winnow/crypto/argon2.hpp"
#include "winnow/ports/signin/factor_store.hpp"
#include "winnow/ports/signin/session_store.hpp"
#include "winnow/ports/user_store.hpp"
#include "winnow/signin/mail_text.hpp"
#include "winnow/signin/password_choice.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::api {

[[nodiscard]] crypto::PasswordHash hash_of(const ports::StoredPassword& stored);
[[nodiscard]] ports::StoredPassword stored_of(const crypto::PasswordHash& hash);

/// Taken out of a document that was read as an object: any text, as it was sent. The Error names the field.
[[nodiscard]] Result<crypto::SecretBytes> password_field(nlohmann::json& document, std::string_view name);

/// Why whoever has shown who it is may not come from there; "" where one may.
[[nodiscard]] Result<std::string> why_elsewhere(const FlowPtr& flow, access::Role role, ports::TenantSession& session);

/// A session of the user's, begun now; what is one too many ends. Under the lock of the configuration.
/// @param proven_at  When the user has shown who it is; nullopt: now.
struct NewSession {
    ports::UserSession session;
    std::string token;
};
[[nodiscard]] Result<NewSession> begin_session(const FlowPtr& flow, ports::TenantSession& tenant,
                                               const ports::User& user, bool fully, Timestamp now,
                                               std::vector<std::string> amr = {"pwd"},
                                               std::optional<Timestamp> proven_at = {});

/// The caller's own session, which nobody else ends or changes until the transaction does: the configuration is locked.
/// `unauthenticated` where it is over by now, or in another state; what the database could not do is its own error.
[[nodiscard]] Result<ports::UserSession> locked_session(ports::TenantSession& tenant, const access::Principal& who,
                                                        signin::SignInState state);

/// Fully signed in, or proven anew, by another token: which. @param proven_at  When password and factor, or a
/// provider's word, were shown last, from which on a proof is fresh (signin::needs_step_up): now, only where both just
/// were.
[[nodiscard]] Result<std::string> rotate_session(ports::TenantSession& tenant, ports::UserSession session,
                                                 const ports::User& user, std::vector<std::string> amr,
                                                 Timestamp proven_at, Timestamp now);

/// The first of a session's amr: a password, or a provider's word.
inline constexpr std::string_view kByPassword = "pwd";
inline constexpr std::string_view kByProvider = "oidc";  // RFC 8176 has no word for it
[[nodiscard]] bool is_by_provider(const ports::UserSession& session);

/// What of half a session stays as it is when a second factor completes it: when its user was proven by a provider's
/// word, which may be long ago. nullopt: the factor proves it now.
[[nodiscard]] std::optional<Timestamp> proven_still(const ports::UserSession& session);

/// By what it was begun, as records say it.
[[nodiscard]] std::string_view means_of(const ports::UserSession& session);

/// Half a session of this user's has become a whole one.
[[nodiscard]] Result<Done> note_sign_in(ports::TenantSession& tenant, const ports::UserSession& half);

/// What a second factor was. nullopt: it was wrong.
enum class FactorShown : std::uint8_t { code, recovery_code };
[[nodiscard]] Result<std::optional<FactorShown>> take_factor(const FlowPtr& flow, ports::TenantSession& tenant,
                                                             UserId user, const std::string& code,
                                                             const std::string& recovery_code, Timestamp now);

/// Ends the user's sessions, and takes back keys and links, as signin::kEndings says. `by`: the session by which it was
/// done. Under the lock of the configuration.
[[nodiscard]] Result<Done> end_access(ports::TenantSession& tenant, UserId user, signin::Ending ending,
                                      std::optional<SessionId> by = {});

/// Owed to the user, at the user's address or another one. @param token  Of the link, where the kind has one. An Error
/// of ports::Sealing where that cannot be sealed.
[[nodiscard]] Result<Done> owe_mail(ports::Sealing& sealing, const Uuid& id, ports::TenantSession& tenant,
                                    const ports::User& user, signin::MailKind kind, const std::string& source,
                                    Timestamp now, const std::string& token = {}, const std::string& to = {},
                                    int number = 0);
[[nodiscard]] Result<Done> owe_mail(const FlowPtr& flow, ports::TenantSession& tenant, const ports::User& user,
                                    signin::MailKind kind, Timestamp now);

/// Why a password may not be chosen; nullopt: it may. Throws where the list of breached ones cannot be read.
[[nodiscard]] std::optional<FieldError> password_refusal(const FlowParts& parts, std::string_view password,
                                                         const signin::PasswordContext& context,
                                                         const std::string& pointer);

}  // namespace winnow::api
