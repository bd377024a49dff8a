/// @file
/// Everything that a hostile provider, browser or network may put into a sign-in, a row each: the whole way from the
/// discovery document to the claims, by the functions that the routes call, in their order.

#include "signer.hpp"
#include "winnow/oidc/claims.hpp"
#include "winnow/oidc/login.hpp"
#include "winnow/oidc/provider.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace winnow::oidc {
namespace {

using nlohmann::json;

constexpr std::int64_t kSecond = 1'800'000'000;
const Timestamp kNow{std::chrono::seconds(kSecond)};
const std::string kKey(32, 'k');
const std::string kCookie(43, 'c');
const std::string kIssuer = "https://id.example";

/// One sign-in, honest as it is made.
struct Attempt {
    json metadata{{"issuer", kIssuer},
                  {"authorization_endpoint", kIssuer + "/authorize"},
                  {"token_endpoint", kIssuer + "/token"},
                  {"jwks_uri", kIssuer + "/jwks"},
                  {"authorization_response_iss_parameter_supported", true}};
    std::string raw_metadata;
    std::optional<StoredLogin> login = StoredLogin{.id = Uuid::from_words(3, 3),
                                                   .tenant = TenantId(Uuid::from_words(1, 1)),
                                                   .provider = Uuid::from_words(2, 2),
                                                   .binding = binding_of(kKey, Uuid::from_words(3, 3), kCookie),
                                                   .expires_at = kNow + kLoginLife};
    WayBack back{.tenant = TenantId(Uuid::from_words(1, 1)),
                 .provider = Uuid::from_words(2, 2),
                 .cookie = kCookie,
                 .code = "code",
                 .error = std::nullopt,
                 .issuer = kIssuer};
    std::vector<json> keys{signer_of(Algorithm::rs256).jwk(), signer_of(Algorithm::es256).jwk()};
    std::string raw_keys;
    json header{{"alg", "RS256"}, {"kid", "k1"}, {"typ", "JWT"}};
    std::string raw_header;
    json claims{{"iss", kIssuer},
                {"sub", "somebody"},
                {"aud", "winnow"},
                {"exp", kSecond + 300},
                {"iat", kSecond - 1},
                {"nonce", "the nonce"},
                {"at_hash", access_hash(Algorithm::rs256, "opaque")}};
    std::string raw_payload;
    const Signer* signer = &signer_of(Algorithm::rs256);
    std::optional<std::string> signature;  ///< In place of the signer's.
    std::string raw_token;
    json answer{{"token_type", "Bearer"}, {"access_token", "opaque"}};
    std::string raw_answer;
    std::vector<Algorithm> allowed{kAlgorithms.begin(), kAlgorithms.end()};
    std::optional<Timestamp> proven_since;

    [[nodiscard]] std::string token() const
    {
        if (!raw_token.empty()) return raw_token;
        const auto text = crypto::to_base64url(raw_header.empty() ? header.dump() : raw_header) + "." +
                          crypto::to_base64url(raw_payload.empty() ? claims.dump() : raw_payload);
        return text + "." + crypto::to_base64url(signature ? *signature : signer->signature(text));
    }
};

/// "": let in.
std::string outcome(const Attempt& attempt)
{
    const auto word = [](Refusal refusal) {
        return std::string(to_string(refusal));
    };
    const auto metadata =
        read_metadata(attempt.raw_metadata.empty() ? attempt.metadata.dump() : attempt.raw_metadata, kIssuer);
    if (!metadata) return word(metadata.error());
    if (const auto back = judge_return(attempt.login, attempt.back, kKey, kNow); !back) return word(back.error());
    if (const auto code = judge_answer(attempt.back, *metadata); !code) return word(code.error());
    auto told = attempt.answer;
    if (!told.contains("id_token")) told["id_token"] = attempt.token();
    const auto answer = read_token_answer(attempt.raw_answer.empty() ? told.dump() : attempt.raw_answer);
    if (!answer) return word(answer.error());
    const auto keys = KeySet::read(attempt.raw_keys.empty() ? key_set(attempt.keys) : attempt.raw_keys);
    if (!keys) return word(keys.error());
    const auto verified = verify(answer->id_token, *keys, attempt.allowed);
    if (!verified) return word(verified.error());
    const auto person = judge(*verified, {.issuer = kIssuer,
                                          .client_id = "winnow",
                                          .nonce = "the nonce",
                                          .access_token = answer->access_token,
                                          .now = kNow,
                                          .proven_since = attempt.proven_since});
    return person ? "" : word(person.error());
}

struct Variant {
    std::string name;
    void (*lie)(Attempt&);
    std::string refused;  ///< "": it is let in.
};

// What a provider says of itself, and how somebody comes back.
const std::vector<Variant> kOnTheWay{
    {"honest", [](Attempt&) {}, ""},
    {"issuer of another", [](Attempt& a) { a.metadata["issuer"] = "https://evil.example"; }, "other_issuer"},
    {"issuer with a slash", [](Attempt& a) { a.metadata["issuer"] = kIssuer + "/"; }, "other_issuer"},
    {"issuer in capitals", [](Attempt& a) { a.metadata["issuer"] = "https://ID.example"; }, "other_issuer"},
    {"no issuer", [](Attempt& a) { a.metadata.erase("issuer"); }, "other_issuer"},
    {"endpoint without TLS", [](Attempt& a) { a.metadata["token_endpoint"] = "http://id.example/t"; }, "endpoint"},
    {"endpoint with a name", [](Attempt& a) { a.metadata["jwks_uri"] = "https://us@evil.example/"; }, "endpoint"},
    {"no endpoint", [](Attempt& a) { a.metadata.erase("authorization_endpoint"); }, "endpoint"},
    {"metadata twice", [](Attempt& a) { a.raw_metadata = R"({"issuer":"a","issuer":"b"})"; }, "document"},
    {"metadata too large", [](Attempt& a) { a.raw_metadata = std::string(kMaxMetadataBytes, ' ') + "{}"; }, "document"},
    {"unknown state", [](Attempt& a) { a.login.reset(); }, "unknown_state"},
    {"another tenant's", [](Attempt& a) { a.login->tenant = TenantId(Uuid::from_words(9, 9)); }, "other_provider"},
    {"another provider's", [](Attempt& a) { a.login->provider = Uuid::from_words(9, 9); }, "other_provider"},
    {"used before", [](Attempt& a) { a.login->used = true; }, "used"},
    {"just in time", [](Attempt& a) { a.login->expires_at = kNow + std::chrono::milliseconds{1}; }, ""},
    {"too late", [](Attempt& a) { a.login->expires_at = kNow; }, "expired_login"},
    {"no cookie", [](Attempt& a) { a.back.cookie.reset(); }, "binding"},
    {"another browser", [](Attempt& a) { a.back.cookie = std::string(43, 'd'); }, "binding"},
    {"iss of another", [](Attempt& a) { a.back.issuer = "https://evil.example"; }, "issuer_parameter"},
    {"no iss", [](Attempt& a) { a.back.issuer.reset(); }, "issuer_parameter"},
    {"denied", [](Attempt& a) { a.back.code.reset(), a.back.error = "access_denied"; }, "denied"},
    {"code and error", [](Attempt& a) { a.back.error = "access_denied"; }, "parameters"},
    {"neither", [](Attempt& a) { a.back.code.reset(); }, "parameters"},
    {"a code of 5 KiB", [](Attempt& a) { a.back.code = std::string(5'120, 'c'); }, "parameters"},
    {"no JSON", [](Attempt& a) { a.raw_answer = "<html>"; }, "document"},
    {"another token type", [](Attempt& a) { a.answer["token_type"] = "DPoP"; }, "token_type"},
    {"no token type", [](Attempt& a) { a.answer.erase("token_type"); }, "token_type"},
    {"no ID token", [](Attempt& a) { a.answer["id_token"] = nullptr; }, "document"},
    {"an answer twice", [](Attempt& a) { a.raw_answer = R"({"id_token":"a.b.c","id_token":"a.b.c"})"; }, "document"},
};

// Whose signature it is.
const std::vector<Variant> kSignatures{
    {"ES256",
     [](Attempt& a) {
         a.signer = &signer_of(Algorithm::es256);
         a.header["alg"] = "ES256";
         a.claims.erase("at_hash");
     },
     ""},
    {"none", [](Attempt& a) { a.header["alg"] = "none", a.signature = ""; }, "algorithm"},
    {"nOnE", [](Attempt& a) { a.header["alg"] = "nOnE", a.signature = ""; }, "algorithm"},
    {"HS256", [](Attempt& a) { a.header["alg"] = "HS256", a.signature = std::string(32, 's'); }, "algorithm"},
    {"RS384", [](Attempt& a) { a.header["alg"] = "RS384"; }, "algorithm"},
    {"no alg", [](Attempt& a) { a.header.erase("alg"); }, "algorithm"},
    {"one that the tenant leaves out", [](Attempt& a) { a.allowed = {Algorithm::es256}; }, "algorithm"},
    {"a MAC that says RS256", [](Attempt& a) { a.signature = std::string(32, 's'); }, "signature"},
    {"no signature", [](Attempt& a) { a.signature = ""; }, "signature"},
    {"a stranger's", [](Attempt& a) { a.signer = &signer_of(Algorithm::ps256); }, "signature"},
    {"a stranger's, with its key",
     [](Attempt& a) {
         a.signer = &signer_of(Algorithm::ps256);
         a.header["jwk"] = signer_of(Algorithm::ps256).jwk();
     },
     "signature"},
    {"a stranger's, with its place",
     [](Attempt& a) {
         a.signer = &signer_of(Algorithm::ps256);
         a.header["jku"] = "https://evil.example/jwks";
     },
     "signature"},
    {"a key of another curve", [](Attempt& a) { a.header["alg"] = "ES384"; }, "unknown_key"},
    {"an unknown kid", [](Attempt& a) { a.header["kid"] = "k2"; }, "unknown_key"},
    {"no kid", [](Attempt& a) { a.header.erase("kid"); }, ""},
    {"a kid that is no text", [](Attempt& a) { a.header["kid"] = 1; }, "header"},
    {"a key that was removed", [](Attempt& a) { a.keys.erase(a.keys.begin()); }, "unknown_key"},
    {"a key that is there twice", [](Attempt& a) { a.keys.push_back(a.keys.front()); }, "ambiguous_key"},
    {"a key for encrypting", [](Attempt& a) { a.keys.front()["use"] = "enc"; }, "unknown_key"},
    {"a key for signing", [](Attempt& a) { a.keys.front()["key_ops"] = {"sign"}; }, "unknown_key"},
    {"a key of another algorithm", [](Attempt& a) { a.keys.front()["alg"] = "PS256"; }, "unknown_key"},
    {"keys that are no set", [](Attempt& a) { a.raw_keys = "[]"; }, "document"},
    {"too many keys", [](Attempt& a) { a.keys.resize(kMaxKeys + 1); }, "document"},
    {"crit", [](Attempt& a) { a.header["crit"] = {"exp"}; }, "critical"},
    {"another typ", [](Attempt& a) { a.header["typ"] = "at+jwt"; }, "type"},
    {"a header twice", [](Attempt& a) { a.raw_header = R"({"alg":"RS256","alg":"RS256"})"; }, "header"},
    {"a header that is none", [](Attempt& a) { a.raw_header = "[]"; }, "header"},
    {"a header of 2 KiB", [](Attempt& a) { a.header["x"] = std::string(2'048, 'x'); }, "header"},
    {"two parts", [](Attempt& a) { a.raw_token = "e30.e30"; }, "token"},
    {"four parts", [](Attempt& a) { a.raw_token = "e30.e30.e30.e30"; }, "token"},
    {"padding", [](Attempt& a) { a.raw_token = "e30=.e30.e30"; }, "token"},
};

// What it says.
const std::vector<Variant> kClaims{
    {"iss of another", [](Attempt& a) { a.claims["iss"] = "https://evil.example"; }, "issuer"},
    {"iss with a slash", [](Attempt& a) { a.claims["iss"] = kIssuer + "/"; }, "issuer"},
    {"no iss", [](Attempt& a) { a.claims.erase("iss"); }, "issuer"},
    {"aud of another", [](Attempt& a) { a.claims["aud"] = "other"; }, "audience"},
    {"no aud", [](Attempt& a) { a.claims.erase("aud"); }, "audience"},
    {"two aud", [](Attempt& a) { a.claims["aud"] = {"winnow", "other"}; }, "authorized_party"},
    {"two aud for another", [](Attempt& a) { a.claims["aud"] = {"winnow", "x"}, a.claims["azp"] = "x"; },
     "authorized_party"},
    {"two aud for us", [](Attempt& a) { a.claims["aud"] = {"x", "winnow"}, a.claims["azp"] = "winnow"; }, ""},
    {"azp of another", [](Attempt& a) { a.claims["azp"] = "other"; }, "authorized_party"},
    {"exp a minute ago", [](Attempt& a) { a.claims["exp"] = kSecond - 60; }, "expired"},
    {"exp 59 seconds ago", [](Attempt& a) { a.claims["exp"] = kSecond - 59; }, ""},
    {"exp in a fraction", [](Attempt& a) { a.claims["exp"] = static_cast<double>(kSecond) + 60.5; }, "expired"},
    {"exp as text", [](Attempt& a) { a.claims["exp"] = std::to_string(kSecond + 60); }, "expired"},
    {"exp beyond the year 9999", [](Attempt& a) { a.claims["exp"] = 253'402'300'800; }, "expired"},
    {"no exp", [](Attempt& a) { a.claims.erase("exp"); }, "expired"},
    {"iat of ten minutes ago", [](Attempt& a) { a.claims["iat"] = kSecond - 600; }, ""},
    {"iat of a second more", [](Attempt& a) { a.claims["iat"] = kSecond - 601; }, "issued_at"},
    {"iat in a minute", [](Attempt& a) { a.claims["iat"] = kSecond + 60; }, ""},
    {"iat in a second more", [](Attempt& a) { a.claims["iat"] = kSecond + 61; }, "issued_at"},
    {"no iat", [](Attempt& a) { a.claims.erase("iat"); }, "issued_at"},
    {"nbf in a minute", [](Attempt& a) { a.claims["nbf"] = kSecond + 60; }, ""},
    {"nbf in a second more", [](Attempt& a) { a.claims["nbf"] = kSecond + 61; }, "not_before"},
    {"another nonce", [](Attempt& a) { a.claims["nonce"] = "another"; }, "nonce"},
    {"no nonce", [](Attempt& a) { a.claims.erase("nonce"); }, "nonce"},
    {"no sub", [](Attempt& a) { a.claims.erase("sub"); }, "subject"},
    {"a sub of 255", [](Attempt& a) { a.claims["sub"] = std::string(255, 's'); }, ""},
    {"a sub of 256", [](Attempt& a) { a.claims["sub"] = std::string(256, 's'); }, "subject"},
    {"a sub with a line feed", [](Attempt& a) { a.claims["sub"] = "a\nb"; }, "subject"},
    {"another token's at_hash", [](Attempt& a) { a.claims["at_hash"] = std::string(22, 'A'); }, "access_hash"},
    {"an old proof", [](Attempt& a) { a.proven_since = kNow, a.claims["auth_time"] = kSecond - 61; }, "auth_time"},
    {"no proof", [](Attempt& a) { a.proven_since = kNow; }, "auth_time"},
    {"a fresh proof", [](Attempt& a) { a.proven_since = kNow, a.claims["auth_time"] = kSecond - 60; }, ""},
    {"claims twice", [](Attempt& a) { a.raw_payload = R"({"sub":"a","sub":"a"})"; }, "claims"},
    {"claims that are none", [](Attempt& a) { a.raw_payload = "[]"; }, "claims"},
};

TEST(HostileProvider, IsRefusedForWhatItIs)
{
    constexpr std::size_t kLeast = 60;
    std::size_t refused = 0;
    std::set<std::string> words;
    for (const auto* table : {&kOnTheWay, &kSignatures, &kClaims}) {
        for (const auto& [name, lie, word] : *table) {
            Attempt attempt;
            lie(attempt);
            EXPECT_EQ(outcome(attempt), word) << name;
            refused += word.empty() ? 0 : 1;
            words.insert(word);
        }
    }
    EXPECT_GE(refused, kLeast);
    for (const auto& [refusal, word] : kRefusals) {
        EXPECT_TRUE(words.contains(std::string(word))) << word << ": nothing here is refused by it";
    }
}

}  // namespace
}  // namespace winnow::oidc
