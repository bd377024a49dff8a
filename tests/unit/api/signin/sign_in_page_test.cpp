/// What docs/sign-in.md says in figures, beside what the code goes by.

#include "unit/api/openapi_document.hpp"
#include "winnow/crypto/token.hpp"
#include "winnow/crypto/totp.hpp"
#include "winnow/oidc/claims.hpp"
#include "winnow/oidc/freshness.hpp"
#include "winnow/oidc/jws.hpp"
#include "winnow/oidc/login.hpp"
#include "winnow/oidc/provider.hpp"
#include "winnow/ports/signin/oidc_store.hpp"
#include "winnow/signin/link.hpp"
#include "winnow/signin/password_choice.hpp"
#include "winnow/signin/provided.hpp"
#include "winnow/signin/second_factor.hpp"
#include "winnow/signin/session.hpp"
#include "winnow/signin/throttle.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <sstream>
#include <string>

namespace winnow::api {
namespace {

using std::chrono::days;
using std::chrono::duration_cast;
using std::chrono::hours;
using std::chrono::minutes;

/// In one line, so that it is no matter where lines break.
std::string page()
{
    std::ifstream file(std::filesystem::path(WINNOW_OPENAPI_FILE).parent_path() / "sign-in.md");
    std::stringstream text;
    text << file.rdbuf();
    auto line = text.str();
    std::ranges::replace(line, '\n', ' ');
    return line;
}

template <typename Unit>
std::string in(std::chrono::milliseconds time)
{
    return std::to_string(duration_cast<Unit>(time).count());
}

TEST(SignInPage, SaysWhatTheCodeGoesBy)
{
    using namespace signin;
    const auto account = rule_of(Throttled::account);
    const auto network = rule_of(Throttled::network);
    const auto codes = rule_of(Throttled::code);
    const auto requests = rule_of(Throttled::request);
    ASSERT_EQ(requests.most, 5) << "the page has it in a word";
    ASSERT_EQ(kRecoveryCodes, 10U) << "as this";
    for (const auto& said : std::initializer_list<std::string>{
             "good for " + in<days>(life_of(LinkPurpose::invitation)) + " days and once",
             "half signed in for " + in<minutes>(kPasswordOkFor) + " minutes",
             std::to_string(kMinPassword) + " to " + std::to_string(kMaxPassword) + " characters",
             "the link is good for " + in<minutes>(life_of(LinkPurpose::reset)) + " minutes",
             std::to_string(crypto::kTotpStep.count()) + " seconds; the codes of the step before",
             "fewer than " + std::to_string(kFewRecoveryCodes) + " are told",
             "failures within " + in<minutes>(account.window) + " minutes",
             "| 1 to " + std::to_string(account.free) + " | `401` | `401` |",
             "| " + std::to_string(account.free + 1) + " to " + std::to_string(account.most - 1) + " | `401`, 1, 2, 4",
             "| " + std::to_string(account.most) + " to " + std::to_string(network.most - 1) + " | `429` for " +
                 in<minutes>(account.hold) + " minutes",
             "| " + std::to_string(network.most) + " | | `429` for " + in<minutes>(network.hold) + " minutes |",
             "within " + in<days>(crypto::DeviceCookies::kLife) + " days has a cookie",
             "After the password " + std::to_string(codes.most) + " wrong codes within " + in<minutes>(codes.window) +
                 " minutes",
             "codes for " + in<minutes>(codes.hold) + " minutes",
             "ends after " + in<minutes>(SessionPolicy().idle) + " minutes",
             "PT" + in<minutes>(kShortestIdle) + "M to PT" + in<hours>(kLongestIdle) + "H",
             "up to P" + in<days>(kLongestViewerIdle) + "D",
             "after " + in<hours>(kAbsolute) + " hours in any case",
             "A user has " + std::to_string(kMostSessions) + " at most",
             "no older than " + in<minutes>(kStepUpAge) + " minutes",
             "to within two minutes",
         }) {
        EXPECT_THAT(page(), testing::HasSubstr(said));
    }
    ASSERT_EQ(2 * kSeenEvery, minutes{2}) << "as sign_in_door.cpp counts";
}

TEST(SignInPage, SaysOfProvidersWhatTheCodeGoesBy)
{
    using std::chrono::seconds;
    constexpr std::size_t kKib = 1'024;
    ASSERT_EQ(oidc::kMetadataFor, hours{1}) << "the page has it in a word";
    ASSERT_EQ(oidc::kStaleFor, days{1}) << "as this";
    ASSERT_EQ(oidc::kAskEvery, minutes{1}) << "and this";
    ASSERT_EQ(oidc::kMaxKeySetBytes, oidc::kMaxMetadataBytes);
    for (const auto& said : std::initializer_list<std::string>{
             "There are " + std::to_string(signin::kMaxProviders) + " at most",
             "one browser's, for " + in<minutes>(oidc::kLoginLife) + " minutes and once",
             std::to_string(ports::kMaxWaitingLogins) + " logins of a tenant and " +
                 std::to_string(ports::kMaxWaitingOfSource) + " of a network wait",
             std::to_string(oidc::kMaxMetadataBytes / kKib) + " KiB at most (" +
                 std::to_string(oidc::kMaxTokenAnswerBytes / kKib) + " KiB of the token endpoint)",
             in<minutes>(oidc::kKeysForAtLeast) + " minutes at least",
             "RSA keys have " + std::to_string(oidc::kLeastRsaBits) + " to " + std::to_string(oidc::kMostRsaBits),
             "differ by " + in<seconds>(oidc::kClockSkew) + " seconds",
             "a token is " + in<minutes>(oidc::kOldestIssue) + " minutes old at most",
             "no older than " + in<minutes>(signin::kStepUpAge) + " minutes then answers",
         }) {
        EXPECT_THAT(page(), testing::HasSubstr(said));
    }
}

}  // namespace
}  // namespace winnow::api
