#include "delivery/channels/webhook/message.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace winnow::delivery {
namespace {

using testing::ElementsAre;

constexpr std::string_view kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr std::string_view kId = "msg_p5jXN8AQM9LWM0D4loKWxJek";
constexpr std::chrono::sys_seconds kNow{std::chrono::seconds{1'614'265'330}};
constexpr std::string_view kBody = R"({"test": 2432232314})";

TEST(WebhookMessage, SignsAsStandardWebhooksDoes)
{
    const auto key = signing_key(kSecret);
    ASSERT_TRUE(key);
    EXPECT_EQ(signature(*key, kId, kNow, kBody), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(WebhookMessage, TheSignatureCoversIdTimeBodyAndKey)
{
    const auto key = *signing_key(kSecret);
    const auto signed_text = signature(key, kId, kNow, kBody);
    EXPECT_NE(signature(key, "msg_other", kNow, kBody), signed_text);
    EXPECT_NE(signature(key, kId, kNow + std::chrono::seconds{1}, kBody), signed_text);
    EXPECT_NE(signature(key, kId, kNow, std::string(kBody) + " "), signed_text);
    EXPECT_NE(signature("another key", kId, kNow, kBody), signed_text);
}

TEST(WebhookMessage, CarriesIdTimestampAndSignature)
{
    EXPECT_THAT(webhook_headers(*signing_key(kSecret), kId, kNow, kBody),
                ElementsAre("Content-Type: application/json", "webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek",
                            "webhook-timestamp: 1614265330",
                            "webhook-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
}

TEST(WebhookMessage, ASecretThatIsNoneGivesNoKey)
{
    for (const auto* const secret : {"", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_not base64",
                                     "WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}) {
        EXPECT_FALSE(signing_key(secret)) << secret;
    }
}

}  // namespace
}  // namespace winnow::delivery
