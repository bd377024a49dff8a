#include "request_queue_fixture.hpp"

namespace winnow::journal {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::UnorderedElementsAre;

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
    ASSERT_THAT(take(kAny), ElementsAre("q1"));
    EXPECT_FALSE(push("q2"));
    ASSERT_THAT(take(kAny), ElementsAre("l1"));
    ASSERT_THAT(take(kAny), ElementsAre("q2"));
    EXPECT_FALSE(push("q3"));
    ASSERT_THAT(take(kAny), ElementsAre("q3")) << "more than its part of all is being written";
    queue_->stored({{of("l1"), 30, 300}});
    ASSERT_THAT(take(kAny), ElementsAre("l2"));
}

/// Whoever shares a transaction with one that is large waits as long as that takes.
TEST_F(RequestParts, NobodySharesATransactionWithALargeRequestWhoeverCameFirst)
{
    somebody_else_sends();
    for (const auto* name : {"a1", "b1"}) EXPECT_FALSE(push(name));
    EXPECT_FALSE(push("h1", 30));
    for (const auto* name : {"h2", "c1", "a2"}) EXPECT_FALSE(push(name));
    ASSERT_THAT(take(kAny), UnorderedElementsAre("a1", "a2", "b1", "c1"));
    ASSERT_THAT(take(kAny), ElementsAre("h1"));
    queue_->stored(amounts());
    ASSERT_THAT(take(kAny), ElementsAre("h2")) << "the order of its own requests stays";
}

TEST_F(RequestParts, LargeRequestsTakeTurnsWithAllOthersHoweverManyOfThoseCome)
{
    somebody_else_sends();
    for (const auto* name : {"h", "k", "m"}) EXPECT_FALSE(push(name, 30));
    const auto others_send = [&] {
        for (const auto* small : {"a", "b", "c"}) EXPECT_FALSE(push(small));
    };
    others_send();
    for (const auto* large : {"h", "k", "m"}) {
        ASSERT_THAT(take(kAny), UnorderedElementsAre("a", "b", "c"));
        others_send();
        ASSERT_THAT(take(kAny), ElementsAre(large));
    }
    ASSERT_THAT(take(kAny), UnorderedElementsAre("a", "b", "c"));
    EXPECT_EQ(queue_->waiting().requests, 0U);
}

TEST_F(RequestParts, ALargeRequestWhoseTurnHasComeMayHaveBeenGivenUp)
{
    somebody_else_sends();
    EXPECT_FALSE(push("a1"));
    EXPECT_FALSE(push("h1", 30));
    ASSERT_THAT(take(kAny), ElementsAre("a1"));
    ASSERT_THAT(names(queue_->take_older(RequestQueue::TimePoint::max())), ElementsAre("h1"));
    EXPECT_FALSE(push("h2"));
    EXPECT_FALSE(push("a2"));
    ASSERT_THAT(take(kAny), UnorderedElementsAre("a2", "h2"));
}

TEST_F(RequestParts, WhoIsAloneHasItsLargeAndItsSmallRequestsInOneTransaction)
{
    EXPECT_FALSE(push("l1"));
    EXPECT_FALSE(push("l2", 30));
    EXPECT_FALSE(push("l3"));
    ASSERT_THAT(take(kAny), ElementsAre("l1", "l2", "l3"));
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
