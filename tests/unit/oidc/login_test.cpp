#include "winnow/oidc/login.hpp"

#include "winnow/crypto/digest.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace winnow::oidc {
namespace {

using namespace std::chrono_literals;

const Timestamp kNow{std::chrono::days{20'000}};
const std::string kKey(32, 'k');
const std::string kCookie(43, 'c');
const TenantId kTenant(Uuid::from_words(1, 1));
const Uuid kProvider = Uuid::from_words(2, 2);
const Uuid kLogin = Uuid::from_words(3, 3);

StoredLogin stored()
{
    return {.id = kLogin,
            .tenant = kTenant,
            .provider = kProvider,
            .binding = binding_of(kKey, kLogin, kCookie),
            .expires_at = kNow + kLoginLife};
}

WayBack way_back()
{
    return {.tenant = kTenant, .provider = kProvider, .cookie = kCookie, .code = "code"};
}

std::string returned(const std::optional<StoredLogin>& login, const WayBack& back, Timestamp now = kNow)
{
    const auto judged = judge_return(login, back, kKey, now);
    return judged ? "" : std::string(to_string(judged.error()));
}

std::string answered(const WayBack& back, bool announces)
{
    Metadata metadata;
    metadata.issuer = "https://id.example";
    metadata.announces_issuer = announces;
    const auto judged = judge_answer(back, metadata);
    return judged ? *judged : std::string(to_string(judged.error()));
}

TEST(Logins, ShowTheChallengeThatTheRfcHas)
{
    // RFC 7636, appendix B.
    EXPECT_EQ(challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
              "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}

TEST(Logins, ComeBackToTheBrowserThatBeganThem)
{
    EXPECT_EQ(returned(stored(), way_back()), "");
    auto back = way_back();
    back.cookie = std::nullopt;
    EXPECT_EQ(returned(stored(), back), "binding");
    for (const std::string& wrong : {std::string(), std::string(43, 'd'), kCookie + "c", kCookie.substr(1)}) {
        back.cookie = wrong;
        EXPECT_EQ(returned(stored(), back), "binding") << wrong;
    }
    // The cookie of one login is worth nothing for another one, and neither is a key of something else.
    auto other = stored();
    other.id = Uuid::from_words(3, 4);
    EXPECT_EQ(returned(other, way_back()), "binding");
    EXPECT_FALSE(judge_return(stored(), way_back(), std::string(32, 'x'), kNow));
}

TEST(Logins, ComeBackOnceInTimeToTheirTenantAndProvider)
{
    EXPECT_EQ(returned(std::nullopt, way_back()), "unknown_state");
    EXPECT_EQ(returned(stored(), way_back(), kNow + kLoginLife - 1ms), "");
    EXPECT_EQ(returned(stored(), way_back(), kNow + kLoginLife), "expired_login");
    auto used = stored();
    used.used = true;
    EXPECT_EQ(returned(used, way_back()), "used");
    auto back = way_back();
    back.provider = Uuid::from_words(2, 3);
    EXPECT_EQ(returned(stored(), back), "other_provider");
    back = way_back();
    back.tenant = TenantId(Uuid::from_words(1, 2));
    EXPECT_EQ(returned(stored(), back), "other_provider");
}

TEST(Logins, TakeACodeOfTheIssuerThatTheyWentTo)
{
    EXPECT_EQ(answered(way_back(), false), "code");
    EXPECT_EQ(answered(way_back(), true), "issuer_parameter");
    auto back = way_back();
    back.issuer = "https://id.example";
    EXPECT_EQ(answered(back, true), "code");
    EXPECT_EQ(answered(back, false), "code");
    for (const std::string wrong : {"https://id.example/", "https://evil.example", ""}) {
        back.issuer = wrong;
        EXPECT_EQ(answered(back, true), "issuer_parameter");
        EXPECT_EQ(answered(back, false), "issuer_parameter");
    }
}

TEST(Logins, EndWhereTheProviderSaysNoOrNothing)
{
    auto back = way_back();
    back.code = std::nullopt;
    EXPECT_EQ(answered(back, false), "parameters");
    back.error = "access_denied";
    EXPECT_EQ(answered(back, false), "denied");
    EXPECT_EQ(answered(back, true), "issuer_parameter");  // not even a no is believed from another
    back.code = "code";
    EXPECT_EQ(answered(back, false), "parameters");
    back.error = std::nullopt;
    back.code = "";
    EXPECT_EQ(answered(back, false), "parameters");
    back.code = std::string(4'096, 'c');
    EXPECT_EQ(answered(back, false), *back.code);
    back.code = std::string(4'097, 'c');
    EXPECT_EQ(answered(back, false), "parameters");
}

TEST(Logins, AskAsTheSpecificationHasIt)
{
    Metadata metadata;
    metadata.authorization_endpoint = "https://id.example/authorize";
    Request request{.client_id = "a b&c",
                    .redirect_uri = "https://winnow.example/auth/oidc/1/callback",
                    .scopes = {"email", "profile"},
                    .state = "S",
                    .nonce = "N",
                    .challenge = "C"};
    const std::string query =
        "response_type=code&client_id=a%20b%26c&redirect_uri=https%3A%2F%2Fwinnow.example%2Fauth%2Foidc%2F1%2Fcallback"
        "&scope=openid%20email%20profile&state=S&nonce=N&code_challenge=C&code_challenge_method=S256";
    EXPECT_EQ(authorization_url(metadata, request), "https://id.example/authorize?" + query);
    request.prove_anew = true;
    metadata.authorization_endpoint += "?tenant=a";
    EXPECT_EQ(authorization_url(metadata, request), "https://id.example/authorize?tenant=a&" + query + "&max_age=0");
}

TEST(Logins, RedeemTheCodeWithTheSecretInOnePlace)
{
    TokenCall call{.code = "c/d", .redirect_uri = "https://w.example/", .verifier = "V", .client_id = "me"};
    const std::string body =
        "grant_type=authorization_code&code=c%2Fd&redirect_uri=https%3A%2F%2Fw.example%2F&code_verifier=V";
    EXPECT_EQ(token_body(call), body);
    call.secret = "s&t";
    EXPECT_EQ(token_body(call), body + "&client_id=me&client_secret=s%26t");
    EXPECT_EQ(basic_authorization("me", "s:t"), "Basic bWU6cyUzQXQ=");  // me:s%3At
}

TEST(Logins, LeadBackToPathsOfOurOwn)
{
    for (const std::string good : {"/", "/tickets", "/tickets?state=open#top", "/a//b"}) {
        EXPECT_TRUE(is_return_path(good)) << good;
    }
    for (const std::string wrong :
         {"", "tickets", "//evil.example", "/\\evil.example", "\\\\evil.example", "/a\\b", "https://evil.example",
          "javascript:alert(1)", "/a b", "/a\r\nSet-Cookie: x=1", "/\t/evil.example", "/\x7f", "/é"}) {
        EXPECT_FALSE(is_return_path(wrong)) << wrong;
    }
    EXPECT_TRUE(is_return_path("/" + std::string(kMaxReturnTo - 1, 'x')));
    EXPECT_FALSE(is_return_path("/" + std::string(kMaxReturnTo, 'x')));
}

TEST(Verifiers, AreOfOneLoginInOneBrowserAndNeverWhatTheRowHolds)
{
    const auto verifier = verifier_of(kKey, kLogin, kCookie);
    EXPECT_EQ(verifier.size(), 43U);
    EXPECT_EQ(verifier.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
              std::string::npos);
    EXPECT_EQ(verifier, verifier_of(kKey, kLogin, kCookie));
    EXPECT_NE(verifier, verifier_of(kKey, kProvider, kCookie)) << "another login's";
    EXPECT_NE(verifier, verifier_of(kKey, kLogin, std::string(kCookie) + "x"));
    EXPECT_NE(verifier, verifier_of("another key", kLogin, kCookie));
    EXPECT_NE(verifier, crypto::to_base64url(binding_of(kKey, kLogin, kCookie)));
}

}  // namespace
}  // namespace winnow::oidc
