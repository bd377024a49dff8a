#include "winnow/crypto/digest.hpp"
#include "winnow/identity/authenticator.hpp"

namespace winnow::identity {

namespace {

constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kHintCharacters = 8;
constexpr std::size_t kAccessKeyBytes = 13;      // of which kAccessKeyCharacters show 100 bits
constexpr std::size_t kSigningSecretBytes = 25;  // 40 characters

}  // namespace

NewKey make_key(access::CredentialKind kind)
{
    NewKey key;
    const std::string_view prefix = kind == access::CredentialKind::integration_key ? "wnk_"
                                    : kind == access::CredentialKind::directory     ? "wns_"
                                                                                    : "wnu_";
    key.secret = std::string(prefix) + crypto::to_base64url(crypto::random_bytes(kSecretBytes));
    key.hash = crypto::sha256(key.secret);
    key.hint = key.secret.substr(0, kHintCharacters);
    return key;
}

NewAccessKey make_access_key()
{
    return {.access_key = crypto::to_base32(crypto::random_bytes(kAccessKeyBytes)).substr(0, kAccessKeyCharacters),
            .secret = crypto::to_base32(crypto::random_bytes(kSigningSecretBytes))};
}

}  // namespace winnow::identity
