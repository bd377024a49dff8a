#include "writer_fixture.hpp"

#include <algorithm>
#include <condition_variable>
#include <set>

namespace winnow::journal {
namespace {

using testing::HasSubstr;

/// A store in which transactions that hold a word do not end until the word is let go.
class Gate {
public:
    explicit Gate(std::set<std::string> words) : words_(std::move(words)) {}

    Fault pass(const std::string& lines)
    {
        std::unique_lock lock(mutex_);
        if (!is_shut(lines)) return Fault::none;
        ++stuck_;
        changed_.notify_all();
        changed_.wait(lock, [&] { return !is_shut(lines); });
        --stuck_;
        return Fault::none;
    }
    [[nodiscard]] bool wait_for_stuck(int count)
    {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, 30s, [&] { return stuck_ >= count; });
    }
    [[nodiscard]] int stuck()
    {
        const std::lock_guard lock(mutex_);
        return stuck_;
    }
    void let_go(const std::string& word)
    {
        {
            const std::lock_guard lock(mutex_);
            words_.erase(word);
        }
        changed_.notify_all();
    }

private:
    bool is_shut(const std::string& lines) const
    {
        return std::ranges::any_of(words_, [&](const std::string& word) { return lines.contains(word); });
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::set<std::string> words_;
    int stuck_ = 0;
};

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
    Gate gate({"loud"});
    const std::string megabyte(1U << 20U, 'd');
    make([&](std::string_view /*call*/, int /*number*/, const std::string& lines) { return gate.pass(lines); }, 3);
    submit("first", "", 2);
    submit("loud 1", "", 1, megabyte);
    EXPECT_TRUE(gate.wait_for_stuck(1));
    submit("loud 2", "", 1, megabyte);
    EXPECT_TRUE(gate.wait_for_stuck(2));
    submit("loud 3", "", 1, megabyte);
    submit("loud 4", "", 1, megabyte);
    submit("quiet", "", 2);
    EXPECT_TRUE(eventually_answered("quiet")) << "while nothing of the other is stored";
    EXPECT_EQ(gate.stuck(), 2);
    gate.let_go("loud");
    expect_the_promise_kept();
}

/// Whatever waits while the writers are busy is taken at once by the first that is free.
TEST_F(WriterTest, WhoWaitsBesideALargeRequestOfAnotherTenantIsStoredWithoutIt)
{
    Gate gate({"busy", "loud"});
    make([&](std::string_view /*call*/, int /*number*/, const std::string& lines) { return gate.pass(lines); }, 2);
    submit("busy 1", "", 3);
    EXPECT_TRUE(gate.wait_for_stuck(1));
    submit("busy 2", "", 4);
    EXPECT_TRUE(gate.wait_for_stuck(2));
    submit("quiet 1", "", 2);
    submit("loud", "", 1, std::string(2U << 20U, 'd'));
    submit("quiet 2", "", 5);
    gate.let_go("busy");
    EXPECT_TRUE(eventually_answered("quiet 1"));
    EXPECT_TRUE(eventually_answered("quiet 2"));
    EXPECT_TRUE(gate.wait_for_stuck(1)) << "nor is the large one forgotten";
    submit("quiet 3", "", 2);
    EXPECT_TRUE(eventually_answered("quiet 3")) << "by the other writer";
    gate.let_go("loud");
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
