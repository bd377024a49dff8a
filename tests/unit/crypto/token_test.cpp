#include "winnow/crypto/token.hpp"

#include "winnow/crypto/digest.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <stdexcept>
#include <string>

namespace winnow::crypto {
namespace {

using namespace std::chrono_literals;

const Timestamp kNow{std::chrono::days{20'000} + 250ms};
const TenantId kTenant(Uuid::from_words(1, 1));
const UserId kUser(Uuid::from_words(2, 2));
const DeviceCookies kCookies(std::string(32, 'k'));

TEST(Tokens, AreFoundByTheirHash)
{
    const auto token = make_token();
    EXPECT_EQ(token.text.size(), kTokenCharacters);
    EXPECT_EQ(token.hash, sha256(token.text));
    EXPECT_EQ(token_hash(token.text), token.hash);
    EXPECT_NE(make_token().text, token.text);
}

TEST(Tokens, OfAnotherFormAreNotEvenLookedFor)
{
    const auto good = make_token().text;
    EXPECT_EQ(token_hash(""), std::nullopt);
    EXPECT_EQ(token_hash(good.substr(1)), std::nullopt);
    EXPECT_EQ(token_hash(good + "A"), std::nullopt);
    for (const char wrong : {'=', '+', '/', ' ', '.', '\0', '\n', '\x80'}) {
        auto altered = good;
        altered[7] = wrong;
        EXPECT_EQ(token_hash(altered), std::nullopt) << static_cast<int>(wrong);
    }
}

TEST(RecoveryCodes, AreTenDifferentOnesOf130Bits)
{
    std::set<std::string> texts;
    for (const auto& code : make_recovery_codes(10)) {
        EXPECT_EQ(code.text.size(), 26U);
        EXPECT_EQ(code.text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"), std::string::npos) << code.text;
        EXPECT_EQ(recovery_code_hash(code.text), code.hash);
        texts.insert(code.text);
    }
    EXPECT_EQ(texts.size(), 10U);
    EXPECT_TRUE(make_recovery_codes(0).empty());
}

TEST(RecoveryCodes, VaryInEveryCharacter)
{
    const auto codes = make_recovery_codes(200);
    for (std::size_t i = 0; i < kRecoveryCodeCharacters; ++i) {
        std::set<char> seen;
        for (const auto& code : codes) seen.insert(code.text[i]);
        EXPECT_GE(seen.size(), 20U) << i;
    }
}

TEST(RecoveryCodes, AreReadAsPeopleWriteThem)
{
    const auto code = make_recovery_codes(1).front();
    std::string written;
    for (std::size_t i = 0; i < code.text.size(); ++i) {
        if (i > 0 && i % 5 == 0) written += i % 2 == 0 ? " " : " - ";
        const char c = code.text[i];
        written += 'A' <= c && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    EXPECT_EQ(recovery_code_hash(written), code.hash) << written;
    EXPECT_EQ(recovery_code_hash(code.text.substr(1)), std::nullopt);
    EXPECT_EQ(recovery_code_hash(code.text + "A"), std::nullopt);
    EXPECT_EQ(recovery_code_hash("1" + code.text.substr(1)), std::nullopt);
    EXPECT_EQ(recovery_code_hash(code.text + std::string(1'000, ' ')), std::nullopt);
    EXPECT_EQ(recovery_code_hash(""), std::nullopt);
}

TEST(DerivedKeys, AreOnesOfTheirPurpose)
{
    const std::string key(32, 'k');
    EXPECT_EQ(derive_key(key, "device").size(), 32U);
    EXPECT_NE(derive_key(key, "device"), derive_key(key, "throttle"));
    EXPECT_NE(derive_key(key, "device"), derive_key(std::string(32, 'x'), "device"));
}

TEST(DeviceCookies, AreReadForTheirUserAlone)
{
    const auto cookie = kCookies.make(kTenant, kUser, kNow);
    const auto read = kCookies.read(cookie, kTenant, kUser, kNow);
    ASSERT_TRUE(read);
    EXPECT_EQ(cookie.find(*read), cookie.find('.') + 1) << "what is random in it";
    EXPECT_LE(cookie.size(), 128U);
    EXPECT_EQ(kCookies.read(cookie, TenantId(Uuid::from_words(1, 2)), kUser, kNow), std::nullopt);
    EXPECT_EQ(kCookies.read(cookie, kTenant, UserId(Uuid::from_words(2, 3)), kNow), std::nullopt);
    EXPECT_EQ(DeviceCookies(std::string(32, 'x')).read(cookie, kTenant, kUser, kNow), std::nullopt);
    EXPECT_NE(kCookies.make(kTenant, kUser, kNow), cookie);
}

TEST(DeviceCookies, LiveForNinetyDays)
{
    const auto cookie = kCookies.make(kTenant, kUser, kNow);
    const auto made = std::chrono::floor<std::chrono::seconds>(kNow);
    EXPECT_TRUE(kCookies.read(cookie, kTenant, kUser, made + DeviceCookies::kLife - 1ms));
    EXPECT_FALSE(kCookies.read(cookie, kTenant, kUser, made + DeviceCookies::kLife));
    EXPECT_FALSE(kCookies.read(cookie, kTenant, kUser, made - 1ms)) << "made in the future";
}

TEST(DeviceCookies, AlteredInAnyCharacterAreNoneOfOurs)
{
    const auto cookie = kCookies.make(kTenant, kUser, kNow);
    for (std::size_t i = 0; i < cookie.size(); ++i) {
        auto altered = cookie;
        altered[i] = altered[i] == '1' ? '2' : '1';
        EXPECT_EQ(kCookies.read(altered, kTenant, kUser, kNow), std::nullopt) << altered;
        EXPECT_EQ(kCookies.read(cookie.substr(0, i), kTenant, kUser, kNow), std::nullopt) << i;
    }
    for (const auto* const none : {"", ".", "..", "...", "a.b.c", "1.2", "99999999999999999999.a.b", "-1.a.b"}) {
        EXPECT_EQ(kCookies.read(none, kTenant, kUser, kNow), std::nullopt) << none;
    }
    EXPECT_EQ(kCookies.read(cookie + std::string(1'000'000, 'A'), kTenant, kUser, kNow), std::nullopt);
}

TEST(DeviceCookies, WantAKeyOf32Bytes)
{
    EXPECT_THROW(DeviceCookies(std::string(31, 'k')), std::invalid_argument);
}

}  // namespace
}  // namespace winnow::crypto
