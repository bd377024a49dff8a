#include "winnow/crypto/certificate.hpp"

#include <gtest/gtest.h>

namespace winnow::crypto {
namespace {

using std::chrono::days;
using std::chrono::hours;

TEST(Certificate, IsPemWithItsKey)
{
    const auto authority = make_authority("authority", days{30});
    const auto server = make_loopback_certificate(authority, "server", days{2});
    for (const auto& made : {authority, server}) {
        EXPECT_TRUE(made.certificate.starts_with("-----BEGIN CERTIFICATE-----"));
        EXPECT_TRUE(made.key.starts_with("-----BEGIN PRIVATE KEY-----"));
    }
    EXPECT_NE(authority.key, server.key);
}

TEST(Certificate, SaysHowLongItIsGood)
{
    const auto authority = make_authority("authority", days{30});
    EXPECT_NEAR(static_cast<double>(time_to_expiry(authority.certificate).count()), 30 * 86'400, 60);
    const auto server = make_loopback_certificate(authority, "server", days{2});
    EXPECT_NEAR(static_cast<double>(time_to_expiry(server.certificate).count()), 2 * 86'400, 60);
}

TEST(Certificate, ThatCannotBeReadHasNoTimeLeft)
{
    EXPECT_EQ(time_to_expiry("").count(), 0);
    EXPECT_EQ(time_to_expiry("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").count(), 0);
}

}  // namespace
}  // namespace winnow::crypto
