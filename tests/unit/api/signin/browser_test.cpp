/// What browsers send of themselves: cookies, and where a request comes from.

#include "api/signin/browser_guard.hpp"
#include "api/signin/cookies.hpp"
#include "api/signin/session_door.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace winnow::api {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

http::RequestHead head_of(std::vector<http::Header> headers, const std::string& path = "/api/v1/me")
{
    http::RequestHead head;
    head.method = "POST";
    head.path = path;
    head.headers = std::move(headers);
    return head;
}

TEST(Cookies, AreFoundByTheirWholeNameAmongOthers)
{
    const auto head = head_of({{"cookie", "a=1; __Host-winnow-device=d.e;__Host-winnow= token ; b=2"}});
    EXPECT_EQ(cookie_of(head, kSessionCookie), "token");
    EXPECT_EQ(cookie_of(head, kDeviceCookie), "d.e");
    EXPECT_EQ(cookie_of(head, "c"), std::nullopt);
    EXPECT_FALSE(is_ambiguous(head, kSessionCookie));
    for (const auto* text : {"", ";", "=", "x__Host-winnow=1", "__Host-winnow", "__host-winnow=1"}) {
        EXPECT_EQ(cookie_of(head_of({{"Cookie", text}}), kSessionCookie), std::nullopt) << text;
    }
    EXPECT_EQ(cookie_of(head_of({{"Cookie", "__Host-winnow="}}), kSessionCookie), "");
}

TEST(Cookies, ThatStandTwiceAreAmbiguousWhereverTheyStand)
{
    EXPECT_TRUE(is_ambiguous(head_of({{"Cookie", "__Host-winnow=1; __Host-winnow=1"}}), kSessionCookie));
    EXPECT_TRUE(is_ambiguous(head_of({{"Cookie", "__Host-winnow=1"}, {"Cookie", "__Host-winnow=2"}}), kSessionCookie));
}

TEST(Cookies, AreSetForThisHostAndTlsAloneAndHiddenFromScripts)
{
    http::Response response(200);
    set_session_cookie(response, "token");
    set_device_cookie(response, "device");
    ASSERT_EQ(response.headers.size(), 2U);
    EXPECT_EQ(response.headers[0].value, "__Host-winnow=token; Path=/; Secure; HttpOnly; SameSite=Strict");
    EXPECT_THAT(response.headers[1].value, AllOf(StartsWith("__Host-winnow-device=device; Max-Age=7776000; "),
                                                 EndsWith("; Path=/; Secure; HttpOnly; SameSite=Strict")));
    http::Response over(204);
    clear_session_cookie(over);
    EXPECT_THAT(over.headers[0].value,
                AllOf(StartsWith("__Host-winnow=; Max-Age=0; Path=/"), Not(HasSubstr("Domain"))));
}

TEST(Cookies, OfALoginByAProviderComeAlongFromItsPageForTenMinutes)
{
    http::Response response(303);
    set_login_cookie(response, "token");
    clear_login_cookie(response);
    ASSERT_EQ(response.headers.size(), 2U);
    EXPECT_EQ(response.headers[0].value,
              "__Host-winnow-oidc=token; Max-Age=600; Path=/; Secure; HttpOnly; SameSite=Lax");
    EXPECT_EQ(response.headers[1].value, "__Host-winnow-oidc=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax");
    EXPECT_EQ(cookie_of(head_of({{"Cookie", "__Host-winnow-oidc=a"}}), kSessionCookie), std::nullopt);
}

TEST(BrowserGuard, KnowsTheOriginOfAUrl)
{
    EXPECT_EQ(origin_of("https://Winnow.example.org/portal/?a#b"), "https://winnow.example.org");
    EXPECT_EQ(origin_of("https://winnow.example.org:8443"), "https://winnow.example.org:8443");
    EXPECT_EQ(origin_of("https://winnow.example.org:443/"), "https://winnow.example.org");
    EXPECT_EQ(origin_of(""), "");
    EXPECT_EQ(origin_of("winnow.example.org"), "");
}

TEST(BrowserGuard, LetsThroughWhatOurOwnPagesSend)
{
    const std::string ours = "https://winnow.example.org";
    const http::Header marked{"Winnow-CSRF", "1"};
    EXPECT_EQ(cross_site(head_of({{"Sec-Fetch-Site", "same-origin"}, marked}), ours), std::nullopt);
    EXPECT_EQ(cross_site(head_of({{"Origin", ours}, marked}), ours), std::nullopt);
    EXPECT_EQ(cross_site(head_of({{"Origin", ours},
                                  marked,
                                  {"Content-Type", "application/json; charset=utf-8"},
                                  {"Content-Length", "2"}}),
                         ours),
              std::nullopt);
}

TEST(BrowserGuard, RefusesWhatAnotherSiteCouldSend)
{
    const std::string ours = "https://winnow.example.org";
    const http::Header marked{"Winnow-CSRF", "1"};
    const http::Header same{"Sec-Fetch-Site", "same-origin"};
    for (const auto& headers : std::vector<std::vector<http::Header>>{
             {},
             {marked},
             {same},
             {same, {"Winnow-CSRF", "true"}},
             {{"Sec-Fetch-Site", "same-site"}, marked},
             {{"Sec-Fetch-Site", "none"}, marked},
             {same, {"sec-fetch-site", "cross-site"}, marked},
             {same, same, marked},
             {{"Sec-Fetch-Site", "cross-site"}, {"Origin", ours}, marked},
             {{"Origin", "https://winnow.example.org.evil.example"}, marked},
             {{"Origin", "http://winnow.example.org"}, marked},
             {{"Origin", "null"}, marked},
             {same, marked, {"Content-Type", "text/plain"}},
             {same, marked, {"Content-Length", "2"}},
             {same, marked, {"Transfer-Encoding", "chunked"}},
             {same, marked, {"Content-Type", "application/x-www-form-urlencoded"}}}) {
        EXPECT_NE(cross_site(head_of(headers), ours), std::nullopt) << testing::PrintToString(headers.size());
    }
    EXPECT_NE(cross_site(head_of({{"Origin", ""}, marked}), ""), std::nullopt) << "no origin is ours, where none is";
}

TEST(StepUp, IsAskedOfSessionsWhoseProofIsOldAndOfNothingElse)
{
    using access::Permission;
    access::Principal who;
    who.kind = access::CredentialKind::session;
    const Timestamp now{std::chrono::hours{500'000}};
    const auto asked = [&](std::chrono::milliseconds ago, Permission permission = Permission::write_users) {
        who.authenticated_at = now - ago;
        return step_up_refusal(who, permission, now, "id").has_value();
    };
    EXPECT_FALSE(asked(std::chrono::minutes{5} - std::chrono::milliseconds{1}));
    EXPECT_TRUE(asked(std::chrono::minutes{5}));
    EXPECT_FALSE(asked(std::chrono::hours{5}, Permission::read_users));
    EXPECT_FALSE(asked(-std::chrono::seconds{4})) << "the database's clock is a little ahead";
    EXPECT_TRUE(asked(-std::chrono::seconds{5})) << "a proof of the future is none";
    who.kind = access::CredentialKind::user_key;
    EXPECT_FALSE(asked(std::chrono::hours{5}));
    who.kind = access::CredentialKind::session;
    who.authenticated_at = now - std::chrono::hours{5};
    const auto refusal = step_up_refusal(who, Permission::write_users, now, "id");
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->status, 403);
    EXPECT_THAT(std::string(refusal->body.text()),
                AllOf(HasSubstr(R"("code":"step_up_required")"), HasSubstr(R"("methods":["password","totp"])")));
    who.by_provider = true;
    const auto elsewhere = step_up_refusal(who, Permission::write_users, now, "id");
    ASSERT_TRUE(elsewhere);
    EXPECT_THAT(std::string(elsewhere->body.text()), HasSubstr(R"("methods":["oidc"])"));
}

}  // namespace
}  // namespace winnow::api
