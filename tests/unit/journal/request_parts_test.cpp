#include "request_queue_fixture.hpp"

namespace winnow::journal {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

/// Of each tenant 5 alerts in a transaction and 10 in all of them, as long as there are several.
class RequestParts : public RequestQueueTest {
protected:
    RequestParts() { make(limits_); }

    /// From now on nobody is alone.
    void somebody_else_sends()
    {
        EXPECT_FALSE(push("loud"));
        EXPECT_FALSE(push("other"));
        EXPECT_THAT(take(kAny), SizeIs(2));
        queue_->settle(amounts());
    }
    void push_many(const std::string& name, int count)
    {
        for (int i = 0; i < count; ++i) EXPECT_FALSE(push(name));
    }

    RequestQueue::Limits limits_{
        .tenant_bytes_at_once = 50, .tenant_bytes_in_flight = 100, .company = std::chrono::days(36'500)};
};

TEST_F(RequestParts, WhoIsAloneFillsAsManyTransactionsAsThereAre)
{
    push_many("loud", 200);
    for (int i = 0; i < 4; ++i) EXPECT_THAT(take(50), SizeIs(50));
}

/// Who comes while a transaction is under way waits for it: it must not be long, though its tenant was alone when it
/// was begun.
TEST_F(RequestParts, WhileOthersSendTooATransactionTakesAPartOfEach)
{
    somebody_else_sends();
    push_many("loud", 12);
    push_many("also loud", 7);
    EXPECT_THAT(take(kAny), SizeIs(5 + 5)) << "of each of the two";
    queue_->settle(amounts());
    EXPECT_THAT(take(kAny), SizeIs(5 + 2));
    queue_->settle(amounts());
    EXPECT_THAT(take(kAny), ElementsAre("loud", "loud"));
    EXPECT_EQ(queue_->waiting().requests, 0U);
}

TEST_F(RequestParts, WhatIsLargerThanAPartGoesAlone)
{
    somebody_else_sends();
    EXPECT_FALSE(push("l1", 30));
    EXPECT_FALSE(push("l2", 30));
    EXPECT_FALSE(push("q1"));
    EXPECT_THAT(take(kAny), ElementsAre("l1", "q1"));
    EXPECT_FALSE(push("q2"));
    EXPECT_THAT(take(kAny), ElementsAre("q2")) << "more than its part of all is being written";
    queue_->stored({{of("l1"), 30, 300}});
    EXPECT_THAT(take(kAny), ElementsAre("l2"));
}

TEST_F(RequestParts, ThereIsAlwaysATransactionForWhoHasLittleInWriting)
{
    somebody_else_sends();
    push_many("loud", 20);
    EXPECT_THAT(take(kAny), SizeIs(5));
    const auto first = amounts();
    EXPECT_THAT(take(kAny), SizeIs(5));
    const auto second = amounts();

    std::vector<std::string> third;
    std::jthread writer([&] { third = take(kAny); });  // waits: nothing of the loud one may be taken
    EXPECT_FALSE(push("quiet"));
    writer.join();
    EXPECT_THAT(third, ElementsAre("quiet"));

    writer = std::jthread([&] { third = take(kAny); });
    queue_->stored(first);
    writer.join();
    EXPECT_THAT(third, SizeIs(5)) << "as soon as one of its transactions has landed";
    queue_->settle(second);
    EXPECT_THAT(take(kAny), SizeIs(5));
    EXPECT_EQ(queue_->waiting().requests, 0U);
}

TEST_F(RequestParts, WhatIsPutBackIsInWritingNoMore)
{
    somebody_else_sends();
    push_many("loud", 12);
    auto first = queue_->take({.alerts = kAny});
    EXPECT_THAT(take(kAny), SizeIs(5));
    EXPECT_FALSE(push("quiet"));
    EXPECT_THAT(names(queue_->take({.alerts = kAny})), ElementsAre("quiet"));
    queue_->put_back(std::move(first));
    EXPECT_THAT(take(kAny), SizeIs(5));
}

TEST_F(RequestParts, AtTheEndAllIsTakenWhateverIsInWriting)
{
    somebody_else_sends();
    push_many("loud", 30);
    EXPECT_THAT(take(kAny), SizeIs(5));
    EXPECT_THAT(take(kAny), SizeIs(5));
    EXPECT_FALSE(push("quiet"));
    EXPECT_THAT(take(kAny), Not(Contains("loud")));
    queue_->close();
    EXPECT_THAT(take(kAny), SizeIs(20));
    EXPECT_THAT(take(kAny), IsEmpty());
}

TEST_F(RequestParts, OnceTheOthersHaveGoneItHasItAllAgain)
{
    limits_.company = 0ms;
    make(limits_);
    somebody_else_sends();
    push_many("loud", 40);
    EXPECT_THAT(take(20), SizeIs(20));
    EXPECT_THAT(take(kAny), SizeIs(20));
}

}  // namespace
}  // namespace winnow::journal
