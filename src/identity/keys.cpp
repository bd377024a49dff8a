#include "winnow/crypto/digest.hpp"
#include "winnow/identity/authenticator.hpp"

namespace winnow::identity {

namespace {

constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kHintCharacters = 8;

}  // namespace

NewKey make_key(access::CredentialKind kind)
{
    NewKey key;
    const std::string_view prefix = kind == access::CredentialKind::integration_key ? "wnk_" : "wnu_";
    key.secret = std::string(prefix) + crypto::to_base64url(crypto::random_bytes(kSecretBytes));
    key.hash = crypto::sha256(key.secret);
    key.hint = key.secret.substr(0, kHintCharacters);
    return key;
}

}  // namespace winnow::identity
