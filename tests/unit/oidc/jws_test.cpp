#include "winnow/oidc/jws.hpp"

#include "signer.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace winnow::oidc {
namespace {

using nlohmann::json;

const std::string kPayload = R"({"sub":"somebody"})";

KeySet keys_of(const std::vector<json>& keys)
{
    auto read = KeySet::read(key_set(keys));
    EXPECT_TRUE(read);
    return read ? *read : KeySet();
}

/// "": it is verified; else the refusal's word.
std::string outcome(const std::string& token, const KeySet& keys,
                    const std::vector<Algorithm>& allowed = {kAlgorithms.begin(), kAlgorithms.end()})
{
    const auto verified = verify(token, keys, allowed);
    return verified ? "" : std::string(to_string(verified.error()));
}

struct Vector {
    std::string name;
    std::string key;
    std::string token;
    std::string begins;  ///< The payload.
};

const std::vector<Vector>& vectors()
{
    static const std::string kJoe =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    static const std::vector<Vector> kVectors{
        {"RFC 7515, A.2",
         R"({"kty":"RSA","e":"AQAB","n":")"
         "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4Ql"
         "L-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUs"
         "LA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoud"
         "F8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"
         R"("})",
         "eyJhbGciOiJSUzI1NiJ9." + kJoe +
             "."
             "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujG"
             "bds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K"
             "0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6"
             "LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
         "{\"iss\":\"joe\""},
        {"RFC 7515, A.3",
         R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
         R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})",
         "eyJhbGciOiJFUzI1NiJ9." + kJoe +
             ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
         "{\"iss\":\"joe\""},
        {"RFC 8037, A.4", R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})",
         "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
         "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
         "Example of Ed25519 signing"},
    };
    return kVectors;
}

TEST(Jws, IsVerifiedAsTheRfcsHaveIt)
{
    for (const auto& [name, key, token, begins] : vectors()) {
        SCOPED_TRACE(name);
        const auto verified = verify(token, keys_of({json::parse(key)}), kAlgorithms);
        ASSERT_TRUE(verified) << to_string(verified.error());
        EXPECT_TRUE(verified->payload.starts_with(begins));
    }
}

TEST(Jws, HoldsForItsTextKeyAndAlgorithmOnly)
{
    for (const auto algorithm : kAlgorithms) {
        SCOPED_TRACE(to_string(algorithm));
        const auto& signer = signer_of(algorithm);
        const auto keys = keys_of({signer.jwk()});
        const auto token = signer.sign(kPayload);
        const auto verified = verify(token, keys, kAlgorithms);
        ASSERT_TRUE(verified);
        EXPECT_EQ(verified->payload, kPayload);
        EXPECT_EQ(verified->algorithm, algorithm);

        const auto other = signer.sign(R"({"sub":"somebody else"})");
        const auto payload = other.substr(other.find('.'), other.rfind('.') - other.find('.'));
        const auto altered = token.substr(0, token.find('.')) + payload + token.substr(token.rfind('.'));
        EXPECT_EQ(outcome(altered, keys), "signature");
        EXPECT_EQ(outcome(token, keys_of({Signer(algorithm).jwk()})), "signature");
        for (const auto allowed : kAlgorithms) {
            EXPECT_EQ(outcome(token, keys, {allowed}), allowed == algorithm ? "" : "algorithm");
        }
        EXPECT_EQ(outcome(token, keys, {}), "algorithm");
    }
}

TEST(Jws, HasASignatureOfItsKindsLengthInItsKindsForm)
{
    for (const auto algorithm : kAlgorithms) {
        SCOPED_TRACE(to_string(algorithm));
        const auto& signer = signer_of(algorithm);
        const auto keys = keys_of({signer.jwk()});
        const auto token = signer.sign(kPayload);
        const auto text = token.substr(0, token.rfind('.'));
        const auto signature = signer.signature(text);
        EXPECT_EQ(outcome(text + "." + crypto::to_base64url(signature), keys), "");
        for (const auto& wrong : {std::string(), signature.substr(1), signature.substr(0, signature.size() - 1),
                                  signature + '\0', std::string(1, '\0') + signature,
                                  std::string(signature.size(), '\0'), std::string(signature.size(), '\xff')}) {
            EXPECT_EQ(outcome(text + "." + crypto::to_base64url(wrong), keys), "signature") << wrong.size();
        }
    }
    for (const auto algorithm : {Algorithm::es256, Algorithm::es384}) {
        const auto& signer = signer_of(algorithm);
        const auto text = crypto::to_base64url(signer.header().dump()) + "." + crypto::to_base64url(kPayload);
        const auto der = crypto::to_base64url(signer.signature(text, /*der=*/true));
        EXPECT_EQ(outcome(text + "." + der, keys_of({signer.jwk()})), "signature");
    }
}

TEST(Jws, IsRefusedUnlessItsHeaderIsPlain)
{
    const auto& signer = signer_of(Algorithm::es256);
    const auto keys = keys_of({signer.jwk()});
    const std::string good = R"({"alg":"ES256","kid":"k1")";
    const auto jwk = signer_of(Algorithm::es256).jwk().dump();
    const std::vector<std::pair<std::string, std::string>> headers{
        {good + "}", ""},
        {good + R"(,"typ":"JWT"})", ""},
        {R"({"alg":"ES256"})", ""},  // the only key that fits
        {good + R"(,"jku":"https://evil.example/keys","x5u":"https://evil.example/","x5c":["AA"]})", ""},
        {good + R"(,"typ":"at+jwt"})", "type"},
        {good + R"(,"typ":"jwt"})", "type"},
        {good + R"(,"typ":null})", "type"},
        {good + R"(,"crit":["exp"],"exp":1})", "critical"},
        {good + R"(,"crit":[]})", "critical"},
        {good + R"(,"b64":false,"crit":["b64"]})", "critical"},
        {R"({"alg":"none","kid":"k1"})", "algorithm"},
        {R"({"alg":"None"})", "algorithm"},
        {R"({"alg":"","kid":"k1"})", "algorithm"},
        {R"({"alg":null})", "algorithm"},
        {R"({"alg":["ES256"]})", "algorithm"},
        {R"({"alg":"es256"})", "algorithm"},
        {R"({"alg":"HS256","kid":"k1"})", "algorithm"},
        {R"({"alg":"HS512","kid":"k1"})", "algorithm"},
        {R"({"alg":"RS1","kid":"k1"})", "algorithm"},
        {R"({"alg":"ES256K","kid":"k1"})", "algorithm"},
        {R"({"kid":"k1"})", "algorithm"},
        {R"({"alg":"RS256","kid":"k1"})", "unknown_key"},  // under a key of a curve
        {R"({"alg":"ES384","kid":"k1"})", "unknown_key"},
        {R"({"alg":"ES256","kid":"k2"})", "unknown_key"},
        {R"({"alg":"ES256","kid":""})", "unknown_key"},
        {R"({"alg":"ES256","kid":1})", "header"},
        {R"({"alg":"ES256","kid":")" + std::string(257, 'k') + R"("})", "header"},
        {R"({"alg":"ES256","alg":"ES256","kid":"k1"})", "header"},
        {R"({"alg":"ES256","kid":"k1","\u0061lg":"none"})", "header"},
        {good + R"(,"x":)" + std::string(20, '[') + std::string(20, ']') + "}", "header"},
        {good + R"(,"x":")" + std::string(1'000, 'x') + R"("})", "header"},
        {good, "header"},
        {"[]", "header"},
        {"", "header"},
        {good + "} ", ""},
        {good + "}x", "header"},
        {good + ",\"x\":\"\xff\"}", "header"},
    };
    for (const auto& [header, refusal] : headers) {
        EXPECT_EQ(outcome(signer.sign(header, kPayload), keys), refusal) << header;
    }

    // A key that the token brings itself is nobody's.
    const Signer stranger(Algorithm::es256);
    EXPECT_EQ(outcome(stranger.sign(good + R"(,"jwk":)" + stranger.jwk().dump() + "}", kPayload), keys), "signature");
    EXPECT_EQ(outcome(signer.sign(good + R"(,"jwk":)" + jwk + "}", kPayload), keys), "");
}

TEST(Jws, IsNoMacUnderAKeyThatEverybodyKnows)
{
    const auto& signer = signer_of(Algorithm::rs256);
    const auto keys = keys_of({signer.jwk()});
    for (const std::string algorithm : {"HS256", "RS256"}) {
        const auto text =
            crypto::to_base64url(R"({"alg":")" + algorithm + R"(","kid":"k1"})") + "." + crypto::to_base64url(kPayload);
        for (const auto& secret : {signer.jwk().dump(), signer.jwk()["n"].get<std::string>()}) {
            const auto token = text + "." + crypto::to_base64url(crypto::hmac_sha256(secret, text));
            EXPECT_EQ(outcome(token, keys), algorithm == "HS256" ? "algorithm" : "signature");
        }
    }
}

TEST(Jws, HasThreePartsOfStrictBase64url)
{
    const auto& signer = signer_of(Algorithm::eddsa);
    const auto keys = keys_of({signer.jwk()});
    const auto token = signer.sign(kPayload);
    const auto first = token.find('.');
    const auto last = token.rfind('.');
    for (const auto& wrong :
         {std::string(), std::string("."), std::string(".."), std::string("..."), token.substr(0, last), token + ".",
          token + ".AAAA.AAAA", token + "=", token + "\n", " " + token, token.substr(0, last + 1) + "+/+/",
          token.substr(0, first) + "." + token.substr(last), std::string(kMaxTokenBytes + 1, 'A'),
          token.substr(0, first) + "=" + token.substr(first), token.substr(0, last) + "A" + token.substr(last)}) {
        EXPECT_NE(outcome(wrong, keys), "") << wrong.substr(0, 300);
    }
    EXPECT_EQ(outcome(token + "=", keys), "token");
    EXPECT_EQ(outcome(token.substr(0, last), keys), "token");
    EXPECT_EQ(outcome(std::string(kMaxTokenBytes + 1, 'A'), keys), "token");
    // 64 bytes are 86 characters, whose last has four bits that say nothing: they must be zero.
    auto other = token;
    other.back() = other.back() == 'A' ? 'B' : static_cast<char>(other.back() + 1);
    EXPECT_EQ(outcome(other, keys), "token");
}

TEST(KeySets, LeaveOutWhatSignsNothingForUs)
{
    const auto rsa = signer_of(Algorithm::rs256).jwk();
    const auto curve = signer_of(Algorithm::es256).jwk();
    const auto edwards = signer_of(Algorithm::eddsa).jwk();
    const auto with = [](json key, const std::string& name, json value) {
        key[name] = std::move(value);
        return key;
    };
    const std::vector<std::pair<json, std::size_t>> keys{
        {rsa, 1},
        {curve, 1},
        {edwards, 1},
        {signer_of(Algorithm::es384).jwk(), 1},
        {with(rsa, "key_ops", {"verify"}), 1},
        {with(rsa, "x5c", {"AA"}), 1},
        {Signer(Algorithm::rs256, "small", 1'024).jwk(), 0},
        {with(rsa, "use", "enc"), 0},
        {with(rsa, "use", nullptr), 0},
        {with(rsa, "key_ops", {"sign"}), 0},
        {with(rsa, "key_ops", "verify"), 0},
        {with(rsa, "alg", "RSA-OAEP"), 0},
        {with(rsa, "alg", "HS256"), 0},
        {with(rsa, "alg", "ES256"), 0},
        {with(rsa, "kid", 1), 0},
        {with(rsa, "kid", std::string(257, 'k')), 0},
        {with(rsa, "e", "AQ"), 0},  // 1
        {with(rsa, "e", "BA"), 0},  // 4
        {with(rsa, "e", ""), 0},
        {with(rsa, "e", "AQAB="), 0},
        {with(rsa, "n", crypto::to_base64url(std::string(1'025, '\xff'))), 0},
        {with(rsa, "n", 5), 0},
        {with(curve, "x", curve["y"]), 0},  // on no curve
        {with(curve, "x", crypto::to_base64url(std::string(32, '\0'))), 0},
        {with(curve, "x", crypto::to_base64url(std::string(31, 'x'))), 0},
        {with(curve, "crv", "P-384"), 0},
        {with(curve, "crv", "P-521"), 0},
        {with(curve, "crv", "secp256k1"), 0},
        {with(edwards, "crv", "Ed448"), 0},
        {with(edwards, "crv", "X25519"), 0},
        {with(edwards, "x", "AAAA"), 0},
        {json{{"kty", "oct"}, {"k", "AAAA"}, {"kid", "k1"}}, 0},
        {json::object(), 0},
        {json("key"), 0},
        {json(nullptr), 0},
    };
    for (const auto& [key, left] : keys) EXPECT_EQ(keys_of({key}).size(), left) << key.dump();
    EXPECT_EQ(keys_of({json("key"), rsa, json::object()}).size(), 1U);
}

TEST(KeySets, AreDocumentsOfABoundedSize)
{
    const auto refusal = [](const std::string& text) {
        const auto read = KeySet::read(text);
        return read ? "" : std::string(to_string(read.error()));
    };
    EXPECT_EQ(refusal(R"({"keys":[]})"), "");
    for (const std::string text : {"", "{}", "[]", R"({"keys":{}})", R"({"keys":null})", R"({"keys":[],"keys":[]})",
                                   R"({"keys":[{"kty":"RSA","kty":"EC"}]})", R"({"keys":[]}x)"}) {
        EXPECT_EQ(refusal(text), "document") << text;
    }
    EXPECT_EQ(refusal(key_set(std::vector<json>(kMaxKeys, json::object()))), "");
    EXPECT_EQ(refusal(key_set(std::vector<json>(kMaxKeys + 1, json::object()))), "document");
    EXPECT_EQ(refusal(R"({"keys":[]})" + std::string(kMaxKeySetBytes, ' ')), "document");
}

TEST(KeySets, GiveTheOneKeyThatIsMeant)
{
    const auto& signer = signer_of(Algorithm::es256);
    const Signer other(Algorithm::es256, "k2");
    const Signer twin(Algorithm::es256, "k1");
    const auto named = signer.sign(kPayload);
    const auto unnamed = signer.sign(R"({"alg":"ES256"})", kPayload);
    EXPECT_EQ(outcome(named, keys_of({other.jwk(), signer.jwk()})), "");
    EXPECT_EQ(outcome(unnamed, keys_of({signer.jwk(), signer_of(Algorithm::rs256).jwk()})), "");
    EXPECT_EQ(outcome(unnamed, keys_of({other.jwk(), signer.jwk()})), "ambiguous_key");
    EXPECT_EQ(outcome(named, keys_of({signer.jwk(), twin.jwk()})), "ambiguous_key");
    EXPECT_EQ(outcome(named, keys_of({signer.jwk(), signer.jwk()})), "ambiguous_key");
    EXPECT_EQ(outcome(named, keys_of({other.jwk()})), "unknown_key");
    EXPECT_EQ(outcome(named, keys_of({})), "unknown_key");
    auto nameless = signer.jwk();
    nameless.erase("kid");
    EXPECT_EQ(outcome(named, keys_of({nameless})), "unknown_key");
    EXPECT_EQ(outcome(unnamed, keys_of({nameless})), "");
    // A key for PS256 signs no RS256, though both are RSA.
    const Signer pss(Algorithm::ps256);
    EXPECT_EQ(outcome(pss.sign(R"({"alg":"RS256","kid":"k1"})", kPayload), keys_of({pss.jwk()})), "unknown_key");
}

}  // namespace
}  // namespace winnow::oidc
