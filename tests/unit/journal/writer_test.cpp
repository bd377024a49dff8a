#include "writer_fixture.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>

namespace winnow::journal {
namespace {

using testing::HasSubstr;

bool holds(const std::string& lines, const std::string& title)
{
    const auto titles = FakeStreams::titles_of(lines);
    return std::ranges::find(titles, title) != titles.end();
}

TEST_F(WriterTest, IsHealthyAsSoonAsItIsStarted)
{
    make();
    EXPECT_TRUE(writer_->healthy());
    EXPECT_TRUE(writer_->stream());
}

TEST_F(WriterTest, ARequestWithoutAlertsIsRefusedAndEndsNothing)
{
    make();
    std::optional<Answer> answer;
    Submission none;
    none.tenant = tenant(1);
    writer_->submit(std::move(none), [&](Answer given) { answer = std::move(given); });
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->error().code(), ErrorCode::internal);
    submit("the next");
    ASSERT_TRUE(all_answered());
    EXPECT_TRUE(answer_to("the next"));
    expect_the_promise_kept();
}

TEST_F(WriterTest, ARequestThatSpoilsItsTransactionFailsAlone)
{
    make([](std::string_view, int, const std::string& lines) {
        return holds(lines, "poison") ? Fault::refused : Fault::none;
    });
    gather();
    for (int i = 0; i < 9; ++i) submit("good " + std::to_string(i), i % 2 == 0 ? "key " + std::to_string(i) : "");
    submit("poison");
    go();
    ASSERT_TRUE(all_answered());
    EXPECT_EQ(answer_to("poison").error().code(), ErrorCode::internal);
    for (int i = 0; i < 9; ++i) EXPECT_TRUE(answer_to("good " + std::to_string(i)));
    expect_the_promise_kept();
}

TEST_F(WriterTest, TheDatabaseGoesAwayWhileABatchIsTakenApart)
{
    make([this](std::string_view call, int, const std::string& lines) {
        if (away_) return call == "append" || call == "probe" ? Fault::unavailable : Fault::none;
        if (!holds(lines, "poison")) return Fault::none;
        away_ = true;
        return Fault::refused;
    });
    gather();
    for (int i = 0; i < 3; ++i) submit("good " + std::to_string(i));
    submit("poison");
    go();
    ASSERT_TRUE(all_answered()) << "the second half was not written through a session that is gone";
    expect_the_promise_kept();
}

TEST_F(WriterTest, TheStreamIsLostWhileABatchIsTakenApart)
{
    make([this](std::string_view, int, const std::string& lines) {
        if (!holds(lines, "poison") && !holds(lines, "good 0")) return Fault::none;
        if (++struck_ == 1) return Fault::refused;
        if (struck_ == 2) return Fault::taken_over;
        return holds(lines, "poison") ? Fault::refused : Fault::none;
    });
    gather();
    for (int i = 0; i < 3; ++i) submit("good " + std::to_string(i));
    submit("poison");
    go();
    ASSERT_TRUE(all_answered());
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(answer_to("good " + std::to_string(i)));
    EXPECT_EQ(streams_.calls("open"), 2);
    expect_the_promise_kept();
}

/// One fault, at one call.
struct Case {
    std::string_view call;
    int number;
    Fault fault;
};

class WriterFaultTest : public WriterTest, public testing::WithParamInterface<Case> {};

TEST_P(WriterFaultTest, LosesNothingAndAnswersEverybodyOnce)
{
    make(
        [this, at = GetParam()](std::string_view call, int number, const std::string&) {
            // `committed` is asked only after a transaction whose outcome is unknown.
            if (at.call == "committed" && call == "commit" && number == 1) return Fault::lost_after;
            if (call != at.call || number != at.number) return Fault::none;
            ++struck_;
            return at.fault;
        },
        2);
    // Each of the two threads asks for one, perhaps late on a machine that is busy.
    ASSERT_TRUE(eventually([this] { return streams_.calls("session") >= 2; }));
    for (int round = 0; round < 4; ++round) {
        for (int i = 0; i < 5; ++i) {
            const auto name = std::to_string(round) + "." + std::to_string(i);
            submit(name, i % 2 == 0 ? name : "", static_cast<std::uint64_t>(i % 3));
        }
        ASSERT_TRUE(all_answered());
    }
    EXPECT_EQ(struck_, 1) << "the case was never met";
    expect_the_promise_kept();
}

std::vector<Case> cases()
{
    std::vector<Case> all;
    for (int number = 1; number <= 2; ++number) {
        for (const auto fault : {Fault::unavailable, Fault::refused, Fault::taken_over}) {
            all.push_back({"session", number, fault});
            all.push_back({"claim", number, fault});
        }
        for (const auto fault :
             {Fault::unavailable, Fault::lost_before, Fault::lost_after, Fault::refused, Fault::taken_over}) {
            all.push_back({"commit", number, fault});
        }
    }
    all.push_back({"open", 1, Fault::unavailable});
    all.push_back({"open", 1, Fault::refused});
    for (const auto fault : {Fault::unavailable, Fault::refused, Fault::taken_over}) {
        all.push_back({"committed", 1, fault});
    }
    return all;
}

INSTANTIATE_TEST_SUITE_P(EachCall, WriterFaultTest, testing::ValuesIn(cases()));

TEST_F(WriterTest, WhatIsInDoubtWhenStoppingIsLeftForReplay)
{
    make([](std::string_view call, int, const std::string&) {
        if (call == "append") return Fault::lost_after;
        return call == "committed" ? Fault::unavailable : Fault::none;
    });
    submit("perhaps");
    ASSERT_TRUE(all_answered());
    EXPECT_EQ(answer_to("perhaps").error().code(), ErrorCode::timeout);
    writer_->stop();
    EXPECT_EQ(streams_.stored()["perhaps"], 1);
    EXPECT_EQ(writer_->released_seq(), 0U) << "the heartbeat would call it applied, and no restart would look for it";
}

TEST_F(WriterTest, AnAnswerThatCannotBeMadeFailsItsRequestAlone)
{
    make();
    gather();
    submit("good", "a");
    Submission bad;
    bad.tenant = TenantId(Uuid::from_words(7, 1));
    bad.alerts.emplace_back().title = "bad";
    bad.once =
        Once{.scope = {}, .key = "b", .body_sha256 = std::string(32, 'a'), .answer = [](const auto&) -> std::string {
                 throw std::runtime_error("no text");
             }};
    ++submitted_;
    writer_->submit(std::move(bad), [this](Answer answer) {
        const std::lock_guard lock(mutex_);
        ++answered_;
        answers_.insert_or_assign("bad", std::move(answer));
    });
    go();
    ASSERT_TRUE(all_answered());
    EXPECT_TRUE(answer_to("good"));
    EXPECT_EQ(answer_to("bad").error().code(), ErrorCode::internal);
    expect_the_promise_kept();
}

TEST_F(WriterTest, ThreeFailedWritesAreUnhealthyAndTheCauseIsTold)
{
    away_ = true;
    make([this](std::string_view call, int, const std::string&) {
        return away_ && (call == "append" || call == "probe") ? Fault::unavailable : Fault::none;
    });
    ASSERT_TRUE(eventually([&] { return writer_->healthy(); }));
    submit("first");
    ASSERT_TRUE(eventually([&] { return !writer_->healthy(); }));
    EXPECT_GE(streams_.calls("append"), 3);
    ASSERT_TRUE(all_answered());
    EXPECT_EQ(answer_to("first").error().code(), ErrorCode::unavailable);
    EXPECT_THAT(answer_to("first").error().message(), HasSubstr("the disk is full (SQLSTATE 53100)"));
    submit("second");  // at once: it is known
    EXPECT_THAT(answer_to("second").error().message(), HasSubstr("SQLSTATE 53100"));
    EXPECT_FALSE(writer_->healthy()) << "that it can connect says nothing about writing";

    away_ = false;
    ASSERT_TRUE(eventually([&] { return writer_->healthy(); })) << "nobody has to send an alert to find out";
    submit("third");
    ASSERT_TRUE(all_answered());
    EXPECT_TRUE(answer_to("third"));
    expect_the_promise_kept();
}

TEST_F(WriterTest, WhatExpiredWhileTheStreamWasContestedLeavesNobodyRefused)
{
    away_ = true;
    make([this](std::string_view call, int, const std::string&) {
        return away_ && call == "session" ? Fault::taken_over : Fault::none;
    });
    submit("waits too long");
    ASSERT_TRUE(all_answered());
    EXPECT_EQ(answer_to("waits too long").error().code(), ErrorCode::unavailable);
    away_ = false;
    ASSERT_TRUE(eventually([&] { return writer_->healthy(); })) << "no write failed, so none will be found to succeed";
    submit("later");
    ASSERT_TRUE(all_answered());
    EXPECT_TRUE(answer_to("later"));
    expect_the_promise_kept();
}

TEST_F(WriterTest, ARequestLongerThanTheQueueIsTakenWhereNobodyWaits)
{
    make([](std::string_view, int, const std::string&) { return Fault::none; });
    const auto longer = static_cast<int>(WriterOptions{}.max_queued_alerts) + 1;
    submit_many(longer, 1);
    ASSERT_TRUE(all_answered());
    const auto answer = answer_to("many");
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(answer->receipt.count, static_cast<std::size_t>(longer));
    EXPECT_EQ(answer->receipt.first.index, 0U);
}

TEST_F(WriterTest, WhatIsSubmittedAfterTheStopIsRefused)
{
    make();
    writer_->stop();
    submit("late");
    EXPECT_EQ(answer_to("late").error().code(), ErrorCode::unavailable);
    EXPECT_THAT(answer_to("late").error().message(), HasSubstr("shutting down"));
}

}  // namespace
}  // namespace winnow::journal
