/// @file
/// What we make beside what Debian's argon2 and oathtool make of the same.

#include "winnow/crypto/argon2.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/crypto/totp.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <string>

namespace winnow::crypto {
namespace {

/// What a command prints, without its last line end. The words in it are our own.
std::string printed(const std::string& command)
{
    FILE* const pipe = popen(command.c_str(), "r");  // NOLINT: a fixed program
    if (pipe == nullptr) throw std::runtime_error("cannot run " + command);
    std::string text;
    std::array<char, 256> buffer{};
    while (const auto count = std::fread(buffer.data(), 1, buffer.size(), pipe)) text.append(buffer.data(), count);
    if (pclose(pipe) != 0) throw std::runtime_error("failed: " + command);
    while (text.ends_with('\n')) text.pop_back();
    return text;
}

/// @param octal  The password as printf takes it.
std::string argon2_says(const std::string& octal, const std::string& salt, const Argon2Cost& cost)
{
    return printed("printf '" + octal + "' | " WINNOW_ARGON2 " '" + salt + "' -id -v 13 -p 1 -l 32 -r -t " +
                   std::to_string(cost.passes) + " -k " + std::to_string(cost.memory_kib));
}

TEST(Argon2Program, AgreesOnWhatIsHashedWithoutAPepper)
{
    struct Case {
        std::string octal;
        std::string password;
    };
    // The program takes 1 to 127 bytes, and its salt as text.
    const std::array cases{Case{"password", "password"}, Case{R"(before\000after)", std::string("before\0after", 12)},
                           Case{R"( \360\237\220\237\377 )", " \360\237\220\237\377 "},
                           Case{std::string(127, 'x'), std::string(127, 'x')}};
    for (const auto& cost : {kStandardCost, kSmallestCost, Argon2Cost{.memory_kib = 65, .passes = 3}}) {
        Argon2Arena arena(cost);
        for (const auto& [octal, password] : cases) {
            const std::string salt = "0123456789abcdef";
            const auto ours = arena.argon2id(password, salt, "", cost);
            ASSERT_TRUE(ours);
            EXPECT_EQ(to_hex(*ours), argon2_says(octal, salt, cost)) << octal << ", " << cost.memory_kib;
        }
    }
}

TEST(Oathtool, AgreesOnCodesOfRandomSeeds)
{
    for (int i = 0; i < 20; ++i) {
        const auto seed = make_totp_seed();
        const auto step = static_cast<std::int64_t>(random_u64() % 200'000'000);
        const auto second = step * kTotpStep.count() + i;
        const auto theirs = printed(WINNOW_OATHTOOL " --totp=sha1 --digits=6 --time-step-size=30s --base32 --now='@" +
                                    std::to_string(second) + "' " + to_base32(seed));
        EXPECT_EQ(totp_code(seed, step), theirs) << to_base32(seed) << " at " << second;
        EXPECT_EQ(match_totp(seed, theirs, Timestamp{std::chrono::seconds{second}}, step - 1), step);
    }
}

}  // namespace
}  // namespace winnow::crypto
