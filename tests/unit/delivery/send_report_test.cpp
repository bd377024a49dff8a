#include "delivery/send_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace winnow::delivery {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using Outcome = ports::SendReport::Outcome;

constexpr std::chrono::sys_seconds kNow{seconds{1'792'000'000}};  // Wed, 14 Oct 2026 17:46:40 GMT

TEST(HttpReport, EverySuccessIsDelivered)
{
    for (const int status : {200, 201, 202, 204, 299}) {
        const auto report = judge_http(status, "", kNow);
        EXPECT_EQ(report.outcome, Outcome::delivered) << status;
        EXPECT_EQ(report.status, status);
        EXPECT_EQ(report.error, "");
    }
}

TEST(HttpReport, WhatMayPassIsTriedAgain)
{
    for (const int status : {408, 425, 429, 500, 501, 502, 503, 504, 599}) {
        const auto report = judge_http(status, "", kNow);
        EXPECT_EQ(report.outcome, Outcome::retry) << status;
        EXPECT_EQ(report.status, status);
        EXPECT_EQ(report.error, "The receiver answered " + std::to_string(status) + ".");
        EXPECT_EQ(report.retry_after, std::nullopt);
    }
}

TEST(HttpReport, WhateverStatusCameIsAnAnswer)
{
    for (const int status : {200, 302, 404, 429, 500, 503}) {
        EXPECT_EQ(judge_http(status, "", kNow).heard, ports::SendReport::Heard::answer) << status;
    }
    EXPECT_EQ(judge_smtp(421, SmtpStage::session).heard, ports::SendReport::Heard::answer);
    EXPECT_EQ(judge_smtp(550, SmtpStage::envelope).heard, ports::SendReport::Heard::answer);
}

TEST(HttpReport, AReceiverThatIsBeingDeployedIsTriedAgain)
{
    for (const int status : {401, 403, 404}) EXPECT_EQ(judge_http(status, "", kNow).outcome, Outcome::retry) << status;
    EXPECT_THAT(judge_http(404, "", kNow).error, HasSubstr("check the URL"));
}

TEST(HttpReport, WhatCannotSucceedIsRefused)
{
    for (const int status : {300, 301, 302, 307, 308, 400, 405, 410, 415, 422, 499}) {
        const auto report = judge_http(status, "10", kNow);
        EXPECT_EQ(report.outcome, Outcome::refused) << status;
        EXPECT_THAT(report.error, HasSubstr(std::to_string(status)));
        EXPECT_EQ(report.retry_after, std::nullopt) << "nothing will be tried again";
    }
    EXPECT_THAT(judge_http(302, "", kNow).error, HasSubstr("redirects are not followed"));
    EXPECT_THAT(judge_http(410, "", kNow).error, HasSubstr("check the URL"));
}

TEST(HttpReport, TheReceiverMayAskForPatience)
{
    EXPECT_EQ(judge_http(429, "120", kNow).retry_after, milliseconds{120'000});
    EXPECT_EQ(judge_http(503, "Wed, 14 Oct 2026 17:47:40 GMT", kNow).retry_after, milliseconds{60'000});
}

TEST(RetryAfter, IsCappedAndNeverNegative)
{
    EXPECT_EQ(parse_retry_after("0", kNow), milliseconds{0});
    EXPECT_EQ(parse_retry_after("3599", kNow), seconds{3'599});
    EXPECT_EQ(parse_retry_after("3600", kNow), hours{1});
    EXPECT_EQ(parse_retry_after("3601", kNow), hours{1});
    EXPECT_EQ(parse_retry_after("99999999999999999999999", kNow), hours{1});
    EXPECT_EQ(parse_retry_after("Wed, 14 Oct 2026 17:46:39 GMT", kNow), milliseconds{0});
    EXPECT_EQ(parse_retry_after("Fri, 31 Dec 2099 23:59:59 GMT", kNow), hours{1});
}

TEST(RetryAfter, WhatIsNeitherCountNorDateSaysNothing)
{
    for (const auto* const value : {"", "-1", "1.5", "soon", "10 seconds", "GMT", "tomorrow", "2026-10-14"}) {
        EXPECT_EQ(parse_retry_after(value, kNow), std::nullopt) << value;
    }
}

TEST(SmtpReport, PassingTroubleIsTriedAgain)
{
    for (const auto stage : {SmtpStage::session, SmtpStage::envelope, SmtpStage::message}) {
        EXPECT_EQ(judge_smtp(421, stage).outcome, Outcome::retry);
        EXPECT_EQ(judge_smtp(451, stage).outcome, Outcome::retry);
        EXPECT_EQ(judge_smtp(451, stage).status, 451);
        EXPECT_THAT(judge_smtp(451, stage).error, HasSubstr("451"));
    }
}

TEST(SmtpReport, ARefusedMailIsRefused)
{
    EXPECT_EQ(judge_smtp(550, SmtpStage::envelope).outcome, Outcome::refused);
    EXPECT_EQ(judge_smtp(554, SmtpStage::message).outcome, Outcome::refused);
    EXPECT_THAT(judge_smtp(550, SmtpStage::envelope).error, HasSubstr("refused the mail (550)"));
}

TEST(SmtpReport, TroubleBetweenUsAndTheRelayIsNotTheMailsFault)
{
    EXPECT_EQ(judge_smtp(554, SmtpStage::session).outcome, Outcome::retry);
    for (const int reply : {530, 534, 535, 538}) {
        EXPECT_EQ(judge_smtp(reply, SmtpStage::envelope).outcome, Outcome::retry) << reply;
    }
    EXPECT_EQ(judge_smtp(537, SmtpStage::envelope).outcome, Outcome::refused);
}

}  // namespace
}  // namespace winnow::delivery
