#include "winnow/oidc/claims.hpp"

#include "winnow/crypto/digest.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace winnow::oidc {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr std::int64_t kSecond = 1'800'000'000;  // of the tests' now
const Timestamp kNow{std::chrono::seconds(kSecond)};

Expected expected()
{
    Expected what;
    what.issuer = "https://id.example/realm";
    what.client_id = "winnow";
    what.nonce = "the nonce";
    what.now = kNow;
    what.values_claim = "groups";
    return what;
}

json claims()
{
    return {{"iss", "https://id.example/realm"},
            {"sub", "248289761001"},
            {"aud", "winnow"},
            {"exp", kSecond + 300},
            {"iat", kSecond - 1},
            {"nonce", "the nonce"}};
}

/// "": accepted.
std::string outcome(const std::string& payload, const Expected& what = expected())
{
    const auto judged = judge({.payload = payload, .algorithm = Algorithm::rs256}, what);
    return judged ? "" : std::string(to_string(judged.error()));
}

std::string with(const std::string& name, json value, const Expected& what = expected())
{
    auto all = claims();
    all[name] = std::move(value);
    return outcome(all.dump(), what);
}

std::string without(const std::string& name)
{
    auto all = claims();
    all.erase(name);
    return outcome(all.dump());
}

TEST(Claims, AreTakenWhereTheyAreWhatIsExpected)
{
    EXPECT_EQ(outcome(claims().dump()), "");
    EXPECT_EQ(with("something", "else"), "");
}

TEST(Claims, AreAllAskedFor)
{
    EXPECT_EQ(without("iss"), "issuer");
    EXPECT_EQ(without("aud"), "audience");
    EXPECT_EQ(without("exp"), "expired");
    EXPECT_EQ(without("iat"), "issued_at");
    EXPECT_EQ(without("nonce"), "nonce");
    EXPECT_EQ(without("sub"), "subject");
}

TEST(Claims, AreOneObjectWithEachMemberOnce)
{
    for (const std::string text : {"", "{}x", "[]", "null", "\"{}\"", "{\"iss\":}"}) {
        EXPECT_EQ(outcome(text), "claims") << text;
    }
    const auto text = claims().dump();
    const auto open = text.substr(0, text.size() - 1);
    EXPECT_EQ(outcome(open + R"(,"sub":"248289761001"})"), "claims");
    EXPECT_EQ(outcome(open + R"(,"aud":"winnow"})"), "claims");
    EXPECT_EQ(outcome(open + R"(,"deep":{"a":1,"a":1}})"), "claims");
    EXPECT_EQ(outcome(open + R"(,"n":1e999})"), "claims");
}

TEST(Claims, NameTheIssuerByteForByte)
{
    for (const std::string wrong :
         {"https://id.example/realm/", "https://id.example", "https://ID.example/realm", "http://id.example/realm",
          "https://id.example/realm ", "https://evil.example/realm", ""}) {
        EXPECT_EQ(with("iss", wrong), "issuer") << wrong;
    }
    EXPECT_EQ(with("iss", json::array({"https://id.example/realm"})), "issuer");
    EXPECT_EQ(with("iss", nullptr), "issuer");
}

TEST(Claims, AreForUs)
{
    const std::vector<std::pair<json, std::string>> audiences{
        {"winnow", ""},
        {json::array({"winnow"}), ""},
        {json::array({"winnow", "other"}), "authorized_party"},
        {json::array({"winnow", "winnow"}), "authorized_party"},
        {"other", "audience"},
        {"Winnow", "audience"},
        {"winnow ", "audience"},
        {"", "audience"},
        {json::array(), "audience"},
        {json::array({"other"}), "audience"},
        {json::array({"winnow", 1}), "audience"},
        {json::array({json::array({"winnow"})}), "audience"},
        {json::object({{"winnow", 1}}), "audience"},
        {nullptr, "audience"},
        {json(std::vector<std::string>(kMaxAudiences + 1, "winnow")), "audience"},
    };
    for (const auto& [audience, refusal] : audiences) EXPECT_EQ(with("aud", audience), refusal) << audience.dump();

    const std::vector<std::pair<json, std::string>> parties{
        {"winnow", ""}, {"other", "authorized_party"}, {"", "authorized_party"}, {nullptr, "authorized_party"}};
    for (const auto& [party, refusal] : parties) {
        EXPECT_EQ(with("azp", party), refusal) << party.dump();
        auto several = claims();
        several["aud"] = json::array({"other", "winnow"});
        several["azp"] = party;
        EXPECT_EQ(outcome(several.dump()), refusal) << party.dump();
    }
}

TEST(Claims, AreInTimeToTheSecond)
{
    EXPECT_EQ(with("exp", kSecond - 60), "expired");
    EXPECT_EQ(with("exp", kSecond - 59), "");
    EXPECT_EQ(with("iat", kSecond - 600), "");
    EXPECT_EQ(with("iat", kSecond - 601), "issued_at");
    EXPECT_EQ(with("iat", kSecond + 60), "");
    EXPECT_EQ(with("iat", kSecond + 61), "issued_at");
    EXPECT_EQ(with("nbf", kSecond + 60), "");
    EXPECT_EQ(with("nbf", kSecond + 61), "not_before");
    EXPECT_EQ(with("nbf", 0), "");
    auto later = expected();
    later.now += 1ms;
    EXPECT_EQ(with("iat", kSecond - 600, later), "issued_at");
    later.now = kNow - 1ms;
    EXPECT_EQ(with("exp", kSecond - 60, later), "");
    EXPECT_EQ(with("iat", kSecond + 60, later), "issued_at");
}

TEST(Claims, SayTimesAsWholeSecondsUpToTheYear9999)
{
    EXPECT_EQ(with("exp", 253'402'300'799), "");
    const std::vector<json> wrong{253'402'300'800, INT64_MAX, UINT64_MAX,          -1,   1.5,           1.8e9 + 300,
                                  "1800000300",    nullptr,   json::array({1, 2}), true, json::object()};
    for (const auto& value : wrong) {
        EXPECT_EQ(with("exp", value), "expired") << value.dump();
        EXPECT_EQ(with("iat", value), "issued_at") << value.dump();
        EXPECT_EQ(with("nbf", value), "not_before") << value.dump();
        EXPECT_EQ(with("auth_time", value), "auth_time") << value.dump();
    }
}

TEST(Claims, AnswerThisLogin)
{
    for (const auto& wrong : std::vector<json>{"another", "", "the nonce ", "The nonce", nullptr, 1}) {
        EXPECT_EQ(with("nonce", wrong), "nonce") << wrong.dump();
    }
    auto none = expected();
    none.nonce.clear();
    EXPECT_EQ(with("nonce", "", none), "nonce");
}

TEST(Claims, NameASubjectOf255VisibleCharacters)
{
    EXPECT_EQ(with("sub", std::string(255, 's')), "");
    const std::vector<json> wrongs{std::string(256, 's'), "", "s\n", std::string("s\0", 2), "s\x7f", "sé", 1, nullptr,
                                   json::array({"s"})};
    for (const auto& wrong : wrongs) {
        EXPECT_EQ(with("sub", wrong), "subject") << wrong.dump();
    }
}

TEST(Claims, ProveAnewWhereThatWasAsked)
{
    auto anew = expected();
    anew.proven_since = kNow;
    const auto at = [&](std::int64_t second) {
        return with("auth_time", second, anew);
    };
    EXPECT_EQ(outcome(claims().dump(), anew), "auth_time");
    EXPECT_EQ(at(kSecond - 61), "auth_time");
    EXPECT_EQ(at(kSecond - 60), "");
    EXPECT_EQ(at(kSecond + 60), "");
    EXPECT_EQ(at(kSecond + 61), "auth_time");
    EXPECT_EQ(with("auth_time", 0), "");  // not asked
}

TEST(Claims, BelongToTheAccessTokenThatCameAlong)
{
    // OpenID Connect Core 1.0, A.3: at_hash of its access token.
    const std::string token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
    EXPECT_EQ(access_hash(Algorithm::rs256, token), "77QmUPtjPfzWtF2AnpK9RQ");
    EXPECT_EQ(access_hash(Algorithm::ps256, token), access_hash(Algorithm::es256, token));
    EXPECT_EQ(access_hash(Algorithm::es384, token).size(), 32U);
    EXPECT_EQ(access_hash(Algorithm::eddsa, token).size(), 43U);

    auto what = expected();
    what.access_token = token;
    EXPECT_EQ(with("at_hash", access_hash(Algorithm::rs256, token), what), "");
    EXPECT_EQ(outcome(claims().dump(), what), "");
    for (const auto& wrong : std::vector<json>{"", "77QmUPtjPfzWtF2AnpK9Rg", "77QmUPtjPfzWtF2AnpK9RQ==", nullptr, 1}) {
        EXPECT_EQ(with("at_hash", wrong, what), "access_hash") << wrong.dump();
    }
    EXPECT_EQ(with("at_hash", access_hash(Algorithm::rs256, "")), "access_hash");  // none came along
}

TEST(Claims, SayWhoItIs)
{
    auto all = claims();
    all.update({{"email", "noc@example.com"},
                {"email_verified", true},
                {"name", "山田"},
                {"amr", {"pwd", "otp"}},
                {"acr", "gold"},
                {"auth_time", kSecond - 5},
                {"groups", {"noc", "dba"}}});
    const auto judged = judge({.payload = all.dump(), .algorithm = Algorithm::rs256}, expected());
    ASSERT_TRUE(judged);
    EXPECT_EQ(judged->subject, "248289761001");
    EXPECT_EQ(judged->email, "noc@example.com");
    EXPECT_TRUE(judged->email_verified);
    EXPECT_EQ(judged->name, "山田");
    EXPECT_EQ(judged->amr, (std::vector<std::string>{"pwd", "otp"}));
    EXPECT_EQ(judged->acr, "gold");
    EXPECT_EQ(judged->auth_time, kNow - 5s);
    EXPECT_EQ(judged->values, (std::vector<std::string>{"noc", "dba"}));
}

TEST(Claims, SayNothingWhereTheySayItWrongly)
{
    auto all = claims();
    all.update({{"email", "noc@example.com\nBcc: x@example.com"},
                {"email_verified", "true"},
                {"name", "a\u202Eb"},
                {"amr", "otp"},
                {"acr", 2},
                {"groups", {"noc", 1}}});
    const auto judged = judge({.payload = all.dump(), .algorithm = Algorithm::rs256}, expected());
    ASSERT_TRUE(judged);
    EXPECT_EQ(judged->email, std::nullopt);
    EXPECT_FALSE(judged->email_verified);
    EXPECT_EQ(judged->name, "");
    EXPECT_TRUE(judged->amr.empty());
    EXPECT_EQ(judged->acr, "");
    EXPECT_TRUE(judged->values.empty());

    all["groups"] = json::array({std::string(kMaxClaimValue, 'v'), std::string(kMaxClaimValue + 1, 'v')});
    EXPECT_EQ(judge({.payload = all.dump(), .algorithm = Algorithm::rs256}, expected())->values.size(), 1U);
    all["groups"] = std::vector<std::string>(kMaxClaimValues + 1, "v");
    EXPECT_TRUE(judge({.payload = all.dump(), .algorithm = Algorithm::rs256}, expected())->values.empty());
    all["groups"] = "noc";
    EXPECT_EQ(judge({.payload = all.dump(), .algorithm = Algorithm::rs256}, expected())->values,
              std::vector<std::string>{"noc"});
}

}  // namespace
}  // namespace winnow::oidc
