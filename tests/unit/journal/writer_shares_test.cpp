#include "writer_fixture.hpp"

#include <condition_variable>

namespace winnow::journal {
namespace {

using testing::HasSubstr;

TEST_F(WriterTest, WhoFillsItsShareIsToldSoAndOthersAreTaken)
{
    options_.max_queued_alerts = 1'000;
    make([](std::string_view, int, const std::string&) { return Fault::none; });
    gather();
    for (int i = 0; i < 500; ++i) submit("loud " + std::to_string(i));
    EXPECT_TRUE(writer_->refusal(tenant(1)));
    submit("too much");
    submit("quiet", "", 2);
    EXPECT_EQ(answer_to("too much").error().code(), ErrorCode::rate_limited);
    EXPECT_EQ(answer_to("too much").error().message(),
              "too many alerts of your tenant wait on this node to be stored: the limit is now 500 alerts, your "
              "tenant's share of journal.max_queued_alerts; nothing of this request was stored. Send it again later");
    go();
    ASSERT_TRUE(all_answered());
    EXPECT_TRUE(answer_to("quiet"));
    EXPECT_TRUE(metrics_.exposition().contains("winnow_queue_refused_total{queue=\"journal\"} 2\n"));
    submit("later");
    ASSERT_TRUE(all_answered());
    EXPECT_TRUE(answer_to("later"));
    EXPECT_FALSE(writer_->refusal(tenant(1)));
    expect_the_promise_kept();
}

TEST_F(WriterTest, SoIsWhoseBacklogFillsItsShare)
{
    options_.max_unapplied_bytes = 1'000'000;
    options_.unapplied = [](TenantId asked) {
        return fair::Held{.all = 600'000, .own = asked == tenant(1) ? std::size_t{600'000} : 0};
    };
    make([](std::string_view, int, const std::string&) { return Fault::none; });
    EXPECT_TRUE(writer_->refusal(tenant(1)));
    EXPECT_FALSE(writer_->refusal(tenant(2)));
    submit("loud");
    submit("quiet", "", 2);
    ASSERT_TRUE(all_answered());
    EXPECT_EQ(answer_to("loud").error().code(), ErrorCode::rate_limited);
    EXPECT_THAT(answer_to("loud").error().message(),
                HasSubstr("wait for triage on this node: the limit is now 400000 bytes, your tenant's share of "
                          "triage.max_backlog_bytes"));
    EXPECT_TRUE(answer_to("quiet"));
    EXPECT_TRUE(metrics_.exposition().contains("winnow_queue_refused_total{queue=\"triage\"} 2\n"));
}

/// Those who come while three large transactions are under way would wait for one of them to end.
TEST_F(WriterTest, OneTenantsLargeRequestsDoNotFillAllTransactions)
{
    std::mutex mutex;
    std::condition_variable changed;
    bool open = false;
    int stuck = 0;
    const auto slow_for_the_loud = [&](std::string_view /*call*/, int /*number*/, const std::string& lines) {
        std::unique_lock lock(mutex);
        if (!lines.contains("loud")) return Fault::none;
        ++stuck;
        changed.notify_all();
        changed.wait(lock, [&] { return open; });
        return Fault::none;
    };
    const auto wait_for_stuck = [&](int count) {
        std::unique_lock lock(mutex);
        return changed.wait_for(lock, 30s, [&] { return stuck >= count; });
    };
    const std::string megabyte(1U << 20U, 'd');
    make(slow_for_the_loud, 3);
    submit("first", "", 2);
    submit("loud 1", "", 1, megabyte);
    EXPECT_TRUE(wait_for_stuck(1));
    submit("loud 2", "", 1, megabyte);
    EXPECT_TRUE(wait_for_stuck(2));
    submit("loud 3", "", 1, megabyte);
    submit("loud 4", "", 1, megabyte);
    submit("quiet", "", 2);
    EXPECT_TRUE(eventually([&] {
        const std::lock_guard lock(mutex_);
        return answers_.contains("quiet");
    })) << "while nothing of the other is stored";
    {
        const std::lock_guard lock(mutex);
        EXPECT_EQ(stuck, 2);
        open = true;
    }
    changed.notify_all();
    expect_the_promise_kept();
}

TEST_F(WriterTest, WhereTheNodeIsFullItSaysSo)
{
    options_.max_queued_alerts = 1'000;
    make([](std::string_view, int, const std::string&) { return Fault::none; });
    gather();
    submit_many(1'100, 1);
    submit("one more", "", 2);
    EXPECT_EQ(answer_to("one more").error().code(), ErrorCode::unavailable);
    EXPECT_THAT(answer_to("one more").error().message(), HasSubstr("too much is waiting"));
    go();
    ASSERT_TRUE(all_answered());
}

}  // namespace
}  // namespace winnow::journal
