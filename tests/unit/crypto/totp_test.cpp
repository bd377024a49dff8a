#include "winnow/crypto/totp.hpp"

#include "winnow/crypto/digest.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace winnow::crypto {
namespace {

using namespace std::chrono_literals;

const std::string kSeed = "12345678901234567890";  // of the RFCs

Timestamp at_second(std::int64_t second)
{
    return Timestamp{std::chrono::seconds{second}};
}

TEST(Totp, IsThatOfRfc6238)
{
    // Appendix B, SHA-1; of its eight digits six.
    const std::pair<std::int64_t, const char*> vectors[] = {{59, "287082"},
                                                            {1'111'111'109, "081804"},
                                                            {1'111'111'111, "050471"},
                                                            {1'234'567'890, "005924"},
                                                            {2'000'000'000, "279037"},
                                                            {20'000'000'000, "353130"}};
    for (const auto& [second, code] : vectors) {
        EXPECT_EQ(totp_code(kSeed, totp_step(at_second(second))), code) << second;
        EXPECT_EQ(match_totp(kSeed, code, at_second(second), -1), second / 30) << second;
    }
}

TEST(Totp, IsThatOfRfc4226)
{
    const char* const codes[] = {"755224", "287082", "359152", "969429", "338314",
                                 "254676", "287922", "162583", "399871", "520489"};
    for (std::int64_t step = 0; step < 10; ++step) EXPECT_EQ(totp_code(kSeed, step), codes[step]) << step;
}

TEST(Totp, HmacIsThatOfRfc2202)
{
    EXPECT_EQ(to_hex(hmac_sha1("Jefe", "what do ya want for nothing?")), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    EXPECT_EQ(to_hex(sha1("abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
}

TEST(Totp, TakesTheStepBeforeAndTheStepAfterAndNoOther)
{
    const auto now = at_second(1'800'000'000);
    const auto current = totp_step(now);
    for (std::int64_t away = -5; away <= 5; ++away) {
        const auto matched = match_totp(kSeed, totp_code(kSeed, current + away), now, -1);
        if (-1 <= away && away <= 1) {
            EXPECT_EQ(matched, current + away);
        } else {
            EXPECT_EQ(matched, std::nullopt) << away;
        }
    }
}

TEST(Totp, StepsBeginAtTheirVerySecond)
{
    EXPECT_EQ(totp_step(at_second(0)), 0);
    EXPECT_EQ(totp_step(at_second(30) - 1ms), 0);
    EXPECT_EQ(totp_step(at_second(30)), 1);
    EXPECT_EQ(totp_step(at_second(-31)), 0);
    EXPECT_EQ(match_totp(kSeed, totp_code(kSeed, 0), at_second(0), -1), 0) << "no step before the first";
}

/// Whoever comes with whichever code when: no step is taken twice, and none that is older than one that was taken.
TEST(Totp, TakesEachStepOnce)
{
    std::set<std::int64_t> taken;
    std::int64_t last = -1;
    const auto begin = at_second(1'800'000'000);
    for (int second = 0; second < 600; second += 7) {
        const auto now = begin + std::chrono::seconds{second};
        for (std::int64_t away = -2; away <= 2; ++away) {
            const auto code = totp_code(kSeed, totp_step(now) + away);
            for (int again = 0; again < 2; ++again) {
                const auto matched = match_totp(kSeed, code, now, last);
                if (!matched) continue;
                EXPECT_TRUE(taken.insert(*matched).second) << *matched;
                EXPECT_GT(*matched, last);
                last = *matched;
            }
        }
    }
    EXPECT_GE(taken.size(), 20U) << "and most steps were taken";
}

TEST(Totp, RefusesWhatIsNoCode)
{
    const auto now = at_second(59);
    for (const auto* const none :
         {"", "28708", "2870822", "28708a", " 87082", "287082\n", "+87082", "-87082", "２87082"}) {
        EXPECT_EQ(match_totp(kSeed, none, now, -1), std::nullopt) << none;
    }
    EXPECT_EQ(match_totp(kSeed, std::string("287082\0", 7), now, -1), std::nullopt);
    EXPECT_EQ(match_totp(kSeed + "x", "287082", now, -1), std::nullopt);
}

TEST(Totp, SeedsAreOf160Bits)
{
    EXPECT_EQ(make_totp_seed().size(), 20U);
    EXPECT_NE(make_totp_seed(), make_totp_seed());
}

TEST(Totp, UriHoldsTheAddressWholeAndTheSeedInBase32)
{
    EXPECT_EQ(otpauth_uri("ops@example.com", kSeed),
              "otpauth://totp/Winnow:ops%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Winnow"
              "&algorithm=SHA1&digits=6&period=30");
    EXPECT_TRUE(otpauth_uri("a+b?c&d#e/f%g@example.com", kSeed)
                    .starts_with("otpauth://totp/Winnow:a%2Bb%3Fc%26d%23e%2Ff%25g%40example.com?"));
}

TEST(Base32, IsThatOfRfc4648WithoutPadding)
{
    const std::pair<std::string, std::string> vectors[] = {{"", ""},
                                                           {"f", "MY"},
                                                           {"fo", "MZXQ"},
                                                           {"foo", "MZXW6"},
                                                           {"foob", "MZXW6YQ"},
                                                           {"fooba", "MZXW6YTB"},
                                                           {"foobar", "MZXW6YTBOI"},
                                                           {"\xFF\xFF", "777Q"}};
    for (const auto& [plain, encoded] : vectors) EXPECT_EQ(to_base32(plain), encoded);
}

}  // namespace
}  // namespace winnow::crypto
