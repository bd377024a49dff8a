#pragma once

/// @file
/// A login on its way to the provider and back: what is asked, and whether what comes back belongs to it. Pure: time
/// and randomness are arguments.

#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/oidc/provider.hpp"
#include "winnow/oidc/refusal.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::oidc {

inline constexpr std::chrono::milliseconds kLoginLife = std::chrono::minutes{10};
inline constexpr std::size_t kMaxReturnTo = 1'024;

/// PKCE's S256 (RFC 7636): what is shown of the verifier.
[[nodiscard]] std::string challenge_of(std::string_view verifier);

/// What a login's row holds of its browser's cookie: HMAC-SHA-256, 32 bytes, which is worth nothing for another login.
[[nodiscard]] std::string binding_of(std::string_view key, const Uuid& login, std::string_view cookie);

/// PKCE's verifier, 43 characters: made from the browser's cookie, so that no database has it. @param key  As above.
[[nodiscard]] std::string verifier_of(std::string_view key, const Uuid& login, std::string_view cookie);

/// Whether a browser may be sent there afterwards: a path of our own, and nothing that a browser takes for a host.
[[nodiscard]] bool is_return_path(std::string_view path) noexcept;

/// What the provider is asked for.
struct Request {
    std::string client_id;
    std::string redirect_uri;
    std::vector<std::string> scopes;  ///< Besides `openid`.
    std::string state;
    std::string nonce;
    std::string challenge;
    bool prove_anew = false;  ///< max_age=0: whoever is signed in there must show it again.
};
[[nodiscard]] std::string authorization_url(const Metadata& metadata, const Request& request);

/// The body of the token call. The client's secret is in it only where the provider wants it there.
struct TokenCall {
    std::string code;
    std::string redirect_uri;
    std::string verifier;
    std::string client_id;
    std::optional<std::string> secret = {};  ///< client_secret_post; nullopt: it goes into a header.
};
[[nodiscard]] std::string token_body(const TokenCall& call);

/// The name and password of client_secret_basic, joined and encoded as RFC 6749, 2.3.1 has it: "Basic …".
[[nodiscard]] std::string basic_authorization(std::string_view client_id, std::string_view secret);

/// A row of logins, as far as it decides.
struct StoredLogin {
    Uuid id;
    TenantId tenant;
    Uuid provider;
    std::string binding;  ///< binding_of().
    Timestamp expires_at;
    bool used = false;
};

/// What a browser brings back. Each parameter that is there more than once counts as not there.
struct WayBack {
    TenantId tenant;  ///< Of the provider that the URL names.
    Uuid provider;
    std::optional<std::string> cookie = {};
    std::optional<std::string> code = {};
    std::optional<std::string> error = {};
    std::optional<std::string> issuer = {};  ///< RFC 9207's `iss`.
};

/// What of it belongs to the row, whatever the provider says: before the row is marked as used.
/// @param key  Of binding_of(). @param login  By the state; nullopt: there is none.
[[nodiscard]] Judged<void> judge_return(const std::optional<StoredLogin>& login, const WayBack& back,
                                        std::string_view key, Timestamp now);

/// After the row was marked as used: the code to be redeemed.
[[nodiscard]] Judged<std::string> judge_answer(const WayBack& back, const Metadata& metadata);

}  // namespace winnow::oidc
