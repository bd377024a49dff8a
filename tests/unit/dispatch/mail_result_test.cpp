#include "dispatch/mail_result.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>

namespace winnow::dispatch {
namespace {

using namespace std::chrono_literals;
using Outcome = ports::SendReport::Outcome;
using State = ports::MailResult::State;

constexpr routing::BackoffPolicy kBackoff{.initial = 5s, .maximum = 120s};
const Timestamp kNow{std::chrono::days{20'000}};

ports::OwedMail owed(std::int32_t attempts = 1, std::chrono::milliseconds left = 15min)
{
    ports::OwedMail mail;
    mail.tenant = TenantId(Uuid::from_words(1, 1));
    mail.mail.id = ServerMailId(Uuid::from_words(2, 2));
    mail.attempts = attempts;
    mail.owed_at = kNow - 1min;
    mail.claimed_at = kNow;
    mail.expires_at = kNow + left;
    return mail;
}

ports::SendReport report(Outcome outcome)
{
    ports::SendReport made;
    made.outcome = outcome;
    made.error = outcome == Outcome::delivered ? "" : "said so";
    return made;
}

TEST(MailResults, NameWhatWasClaimed)
{
    const auto result = result_of(owed(3), report(Outcome::delivered), kBackoff, 0.5);
    EXPECT_EQ(result.tenant, owed().tenant);
    EXPECT_EQ(result.id, owed().mail.id);
    EXPECT_EQ(result.attempts, 3);
    EXPECT_EQ(result.state, State::sent);
}

TEST(MailResults, AreTriedLaterAndLaterButNotAtLongIntervals)
{
    EXPECT_EQ(result_of(owed(1), report(Outcome::retry), kBackoff, 0).retry_after, 2'500ms);
    EXPECT_EQ(result_of(owed(2), report(Outcome::retry), kBackoff, 0).retry_after, 5s);
    EXPECT_EQ(result_of(owed(30), report(Outcome::retry), kBackoff, 0).retry_after, 60s);
    const auto result = result_of(owed(1), report(Outcome::retry), kBackoff, 0);
    EXPECT_EQ(result.state, State::pending);
    EXPECT_EQ(result.error, "said so");
}

TEST(MailResults, AServerMayAskForPatienceWithinReason)
{
    auto busy = report(Outcome::retry);
    busy.retry_after = 90s;
    EXPECT_EQ(result_of(owed(1), busy, kBackoff, 0).retry_after, 90s);
    busy.retry_after = 1h;
    EXPECT_EQ(result_of(owed(1), busy, kBackoff, 0).retry_after, 120s);
    busy.retry_after = 0s;
    EXPECT_EQ(result_of(owed(1), busy, kBackoff, 0).retry_after, 2'500ms);
}

TEST(MailResults, AreGivenUpWhereTheyAreRefusedOrWouldComeTooLate)
{
    EXPECT_EQ(result_of(owed(), report(Outcome::refused), kBackoff, 0).state, State::dead);
    EXPECT_EQ(result_of(owed(1, 2'501ms), report(Outcome::retry), kBackoff, 0).state, State::pending);
    const auto late = result_of(owed(1, 2'500ms), report(Outcome::retry), kBackoff, 0);
    EXPECT_EQ(late.state, State::dead);
    EXPECT_EQ(late.error, "said so") << "why is known still";
    EXPECT_EQ(result_of(owed(1, -1min), report(Outcome::delivered), kBackoff, 0).state, State::sent)
        << "what was sent was sent";
}

}  // namespace
}  // namespace winnow::dispatch
