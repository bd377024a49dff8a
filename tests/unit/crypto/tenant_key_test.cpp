#include "winnow/crypto/tenant_key.hpp"

#include "winnow/crypto/digest.hpp"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>
#include <string>

namespace winnow::crypto {
namespace {

const TenantId kOurs(Uuid::from_words(1, 2));
const TenantId kTheirs(Uuid::from_words(1, 3));

RootKey root(char byte)
{
    return RootKey(std::string(32, byte));
}

/// RFC 5869, A.3, the first 32 of its 42 bytes: the extract step and the first block of the expand step.
TEST(DeriveKey, IsHkdfWithSha256AndNoSalt)
{
    EXPECT_EQ(to_hex(derive_key(std::string(22, '\x0b'), "").view()),
              "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
    EXPECT_NE(derive_key("key", "webhook").view(), derive_key("key", "totp").view());
}

TEST(TenantKey, OpensWhatItSealed)
{
    const auto key = TenantKey::make(7);
    for (const auto& secret : {std::string(), std::string("s"), std::string(5'000, 's'), std::string(1, '\0')}) {
        const auto sealed = key.seal(secret, "webhook", "here");
        EXPECT_EQ(sealed.substr(0, 5), std::string("\x02\0\0\0\x07", 5));
        EXPECT_EQ(sealed.size(), 1 + 4 + 12 + secret.size() + 16);
        const auto opened = key.open(sealed, "webhook", "here");
        ASSERT_TRUE(opened);
        EXPECT_EQ(*opened, secret);
    }
}

TEST(TenantKey, RefusesAnotherPlaceKindKeyVersionAndEveryAlteredByte)
{
    const auto key = TenantKey::make(7);
    const auto sealed = key.seal("secret", "webhook", "here");
    EXPECT_FALSE(key.open(sealed, "webhook", "there"));
    EXPECT_FALSE(key.open(sealed, "totp", "here"));
    EXPECT_FALSE(TenantKey::make(7).open(sealed, "webhook", "here"));
    const auto same_under_another_version = root('r').unwrap(root('r').wrap(key, kOurs), kOurs, 8);
    EXPECT_FALSE(same_under_another_version);
    for (std::size_t i = 0; i < sealed.size(); ++i) {
        auto altered = sealed;
        altered[i] = static_cast<char>(altered[i] ^ 1);
        EXPECT_FALSE(key.open(altered, "webhook", "here")) << i;
        EXPECT_FALSE(key.open(sealed.substr(0, i), "webhook", "here")) << i;
    }
}

TEST(TenantKey, SaysItsVersionInWhatItSealed)
{
    EXPECT_EQ(key_version_of(TenantKey::make(1).seal("", "webhook", "")), 1U);
    EXPECT_EQ(key_version_of(TenantKey::make(0x80000001).seal("s", "webhook", "")), 0x80000001U);
    EXPECT_EQ(key_version_of(""), std::nullopt);
    EXPECT_EQ(key_version_of("\x02"), std::nullopt);
    EXPECT_EQ(key_version_of('\x01' + std::string(50, 'x')), std::nullopt);
}

/// Ten million are tried by `./dev bench vault`.
TEST(TenantKey, NeverTakesANonceTwice)
{
    const auto key = TenantKey::make(1);
    std::set<std::string> nonces;
    for (int i = 0; i < 10'000; ++i) {
        EXPECT_TRUE(nonces.insert(key.seal("", "webhook", "").substr(5, 12)).second);
    }
}

TEST(RootKey, UnwrapsWhatItWrapped)
{
    const auto key = TenantKey::make(3);
    const auto wrapped = root('r').wrap(key, kOurs);
    EXPECT_EQ(wrapped.size(), 60U);
    EXPECT_NE(wrapped, root('r').wrap(key, kOurs));
    const auto unwrapped = root('r').unwrap(wrapped, kOurs, 3);
    ASSERT_TRUE(unwrapped);
    EXPECT_EQ(unwrapped->version(), 3U);
    const auto opened = unwrapped->open(key.seal("secret", "totp", "here"), "totp", "here");
    ASSERT_TRUE(opened);
    EXPECT_EQ(*opened, "secret");
}

TEST(RootKey, RefusesAnotherRootTenantVersionAndEveryAlteredByte)
{
    const auto wrapped = root('r').wrap(TenantKey::make(3), kOurs);
    EXPECT_FALSE(root('s').unwrap(wrapped, kOurs, 3));
    EXPECT_FALSE(root('r').unwrap(wrapped, kTheirs, 3));
    EXPECT_FALSE(root('r').unwrap(wrapped, kOurs, 4));
    for (std::size_t i = 0; i < wrapped.size(); ++i) {
        auto altered = wrapped;
        altered[i] = static_cast<char>(altered[i] ^ 1);
        EXPECT_FALSE(root('r').unwrap(altered, kOurs, 3)) << i;
        EXPECT_FALSE(root('r').unwrap(wrapped.substr(0, i), kOurs, 3)) << i;
    }
}

TEST(RootKey, HasAnIdOfItsOwnThatIsNoPartOfIt)
{
    EXPECT_EQ(root('r').id(), root('r').id());
    EXPECT_NE(root('r').id(), root('s').id());
    EXPECT_EQ(root('r').id().size(), 16U);
    EXPECT_FALSE(to_hex(std::string(32, 'r')).contains(root('r').id()));
}

TEST(RootKey, WantsThirtyTwoBytes)
{
    EXPECT_THROW(RootKey(std::string(31, 'r')), std::invalid_argument);
    EXPECT_THROW(RootKey(std::string(33, 'r')), std::invalid_argument);
}

TEST(SecretBytes, LeaveNothingWhereTheyCameFrom)
{
    std::string brief = "brief";
    SecretBytes taken(std::move(brief));
    EXPECT_EQ(taken.view(), "brief");
    EXPECT_EQ(brief, "");  // NOLINT(bugprone-use-after-move): what is told here
    SecretBytes moved(std::move(taken));
    EXPECT_EQ(moved.view(), "brief");
    EXPECT_EQ(taken.view(), "");  // NOLINT(bugprone-use-after-move)
    SecretBytes assigned(std::string("another"));
    assigned = std::move(moved);
    EXPECT_EQ(assigned.view(), "brief");
    EXPECT_EQ(moved.view(), "");  // NOLINT(bugprone-use-after-move)
}

}  // namespace
}  // namespace winnow::crypto
