#include "winnow/oidc/provider.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <utility>
#include <vector>

namespace winnow::oidc {
namespace {

using nlohmann::json;

const std::string kIssuer = "https://id.example/realm";

json metadata()
{
    return {{"issuer", kIssuer},
            {"authorization_endpoint", "https://id.example/authorize?tenant=a"},
            {"token_endpoint", "https://id.example:8443/token"},
            {"jwks_uri", "https://keys.example/jwks"}};
}

std::string outcome(const std::string& text, const std::string& issuer = kIssuer)
{
    const auto read = read_metadata(text, issuer);
    return read ? "" : std::string(to_string(read.error()));
}

TEST(Refusals, HaveAWordEach)
{
    for (std::size_t i = 0; i < kRefusals.size(); ++i) {
        EXPECT_EQ(static_cast<std::size_t>(kRefusals[i].first), i);
        for (std::size_t j = 0; j < i; ++j) EXPECT_NE(kRefusals[i].second, kRefusals[j].second);
    }
}

TEST(Issuers, AreHttpsUrlsWithoutQueryAndFragment)
{
    for (const std::string good : {"https://id.example", "https://id.example/", "https://id.example:8443/realms/a",
                                   "https://[2001:db8::1]/x", "https://127.0.0.1:9/"}) {
        EXPECT_EQ(problem_of_issuer(good), "") << good;
    }
    for (const std::string wrong : {"",
                                    "https://",
                                    "https:///x",
                                    "https://:443/",
                                    "http://id.example",
                                    "HTTPS://id.example",
                                    "id.example",
                                    "ftp://id.example",
                                    "https://id.example?x=1",
                                    "https://id.example/#x",
                                    "https://a@id.example",
                                    "https://a:b@id.example/",
                                    "https://id.example/ x",
                                    "https://id.example/\t",
                                    "https://id.example\\@evil.example",
                                    "https://идентификация.example",
                                    "https://127.1:9",
                                    "https://0x7f000001",
                                    "https://2130706433/",
                                    "https://127.0.0.1./",
                                    "https://10.0.0.0x1"}) {
        EXPECT_NE(problem_of_issuer(wrong), "") << wrong;
    }
    EXPECT_EQ(problem_of_issuer("https://id.example/" + std::string(kMaxUrl - 19, 'x')), "");
    EXPECT_NE(problem_of_issuer("https://id.example/" + std::string(kMaxUrl - 18, 'x')), "");
}

TEST(Metadata, LieBelowTheIssuer)
{
    EXPECT_EQ(metadata_url("https://id.example"), "https://id.example/.well-known/openid-configuration");
    EXPECT_EQ(metadata_url("https://id.example/a/"), "https://id.example/a/.well-known/openid-configuration");
}

TEST(Metadata, AreRead)
{
    auto text = metadata();
    auto read = read_metadata(text.dump(), kIssuer);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->issuer, kIssuer);
    EXPECT_EQ(read->authorization_endpoint, "https://id.example/authorize?tenant=a");
    EXPECT_EQ(read->token_endpoint, "https://id.example:8443/token");
    EXPECT_EQ(read->jwks_uri, "https://keys.example/jwks");
    EXPECT_FALSE(read->announces_issuer);
    text["authorization_response_iss_parameter_supported"] = true;
    EXPECT_TRUE(read_metadata(text.dump(), kIssuer)->announces_issuer);
}

TEST(Metadata, AreRefusedWhereTheyAreAnothers)
{
    EXPECT_EQ(outcome(metadata().dump()), "");
    EXPECT_EQ(outcome(metadata().dump(), kIssuer + "/"), "other_issuer");
    EXPECT_EQ(outcome(metadata().dump(), "https://id.example"), "other_issuer");
    for (const auto& wrong : std::vector<json>{kIssuer + "/", "https://evil.example", "", nullptr, 1}) {
        auto text = metadata();
        text["issuer"] = wrong;
        EXPECT_EQ(outcome(text.dump()), "other_issuer") << wrong.dump();
    }
    EXPECT_EQ(outcome(R"({"issuer":""})", ""), "other_issuer");
    for (const std::string name : {"authorization_endpoint", "token_endpoint", "jwks_uri"}) {
        for (const auto& wrong : std::vector<json>{"http://id.example/", "https://a@id.example/", "", nullptr, "/token",
                                                   "javascript:alert(1)", "https://id.example/#"}) {
            auto text = metadata();
            text[name] = wrong;
            EXPECT_EQ(outcome(text.dump()), "endpoint") << name << wrong.dump();
        }
        auto text = metadata();
        text.erase(name);
        EXPECT_EQ(outcome(text.dump()), "endpoint") << name;
    }
    for (const std::string text : {"", "[]", "{}x", "<html>"}) EXPECT_EQ(outcome(text), "document") << text;
    EXPECT_EQ(outcome(metadata().dump() + std::string(kMaxMetadataBytes, ' ')), "document");
    const auto text = metadata().dump();
    EXPECT_EQ(outcome(text.substr(0, text.size() - 1) + R"(,"issuer":"https://id.example/realm"})"), "document");
}

TEST(TokenAnswers, AreBearerTokensBesideAnIdToken)
{
    const auto refusal = [](const std::string& text) {
        const auto read = read_token_answer(text);
        return read ? "" : std::string(to_string(read.error()));
    };
    const auto read =
        read_token_answer(R"({"token_type":"Bearer","id_token":"a.b.c","access_token":"x","expires_in":9})");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->id_token, "a.b.c");
    EXPECT_EQ(read->access_token, "x");
    EXPECT_EQ(refusal(R"({"token_type":"bearer","id_token":"a.b.c"})"), "");
    EXPECT_EQ(refusal(R"({"token_type":"DPoP","id_token":"a.b.c"})"), "token_type");
    EXPECT_EQ(refusal(R"({"token_type":"bearer ","id_token":"a.b.c"})"), "token_type");
    EXPECT_EQ(refusal(R"({"id_token":"a.b.c"})"), "token_type");
    EXPECT_EQ(refusal(R"({"token_type":"bearer"})"), "document");
    EXPECT_EQ(refusal(R"({"token_type":"bearer","id_token":1})"), "document");
    EXPECT_EQ(refusal(R"({"token_type":"bearer","id_token":"a","id_token":"b"})"), "document");
    EXPECT_EQ(refusal("id_token=a.b.c&token_type=bearer"), "document");
    const std::string padding(kMaxTokenAnswerBytes, ' ');
    EXPECT_EQ(refusal(R"({"token_type":"bearer","id_token":"a"})" + padding), "document");
}

}  // namespace
}  // namespace winnow::oidc
