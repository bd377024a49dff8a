#include "winnow/dispatch/server_mails.hpp"

#include "fakes.hpp"

#include <functional>
#include <string>

namespace winnow::dispatch {
namespace {

using State = ports::MailResult::State;

const Timestamp kNow{std::chrono::days{20'000}};

/// The table in memory. What is claimed is due again where the test says so.
class FakeQueue final : public ports::ServerMailQueue {
public:
    struct Row {
        State state = State::pending;
        bool due = true;
        std::int32_t attempts = 0;
    };

    Result<ports::MailClaim> claim(std::size_t limit, std::chrono::milliseconds /*lease*/) override
    {
        const std::lock_guard lock(mutex_);
        ++claims_;
        if (claim_errors_ > 0) {
            --claim_errors_;
            return Error(ErrorCode::unavailable, "away");
        }
        ports::MailClaim claim;
        claim.expired = std::exchange(expired_, 0);
        for (auto& [number, row] : rows_) {
            if (claim.mails.size() == limit) break;
            if (row.state != State::pending || !row.due) continue;
            row.due = false;
            ++row.attempts;
            ports::OwedMail owed;
            owed.mail.id = ServerMailId(Uuid::from_words(3, number));
            owed.attempts = row.attempts;
            owed.owed_at = kNow;
            owed.claimed_at = kNow + 1s;
            owed.expires_at = kNow + 1h;
            claim.mails.push_back(std::move(owed));
        }
        most_ = std::max(most_, claim.mails.size());
        return claim;
    }

    Result<Done> record(const std::vector<ports::MailResult>& results) override
    {
        const std::lock_guard lock(mutex_);
        if (record_errors_ > 0) {
            --record_errors_;
            return Error(ErrorCode::unavailable, "away");
        }
        for (const auto& result : results) {
            auto& row = rows_.at(result.id.value().low());
            if (row.attempts != result.attempts) continue;
            row.state = result.state;
            ++recorded_;
        }
        return Done{};
    }

    template <typename Read>
    auto with(Read read)
    {
        const std::lock_guard lock(mutex_);
        return read(*this);
    }

    std::map<std::uint64_t, Row> rows_;
    int claims_ = 0;
    int claim_errors_ = 0;
    int record_errors_ = 0;
    int recorded_ = 0;
    std::size_t expired_ = 0;
    std::size_t most_ = 0;

private:
    std::mutex mutex_;
};

/// Answers when the test says so, or at once.
class FakeMailChannel final : public ports::ServerMailChannel {
public:
    void send(const ports::OwedMail& /*mail*/, std::function<void(ports::SendReport)> done) override
    {
        {
            const std::lock_guard lock(mutex_);
            ++sent_;
            if (holds_) {
                held_.push_back(std::move(done));
                return;
            }
        }
        answer(done);
    }

    void let_go()
    {
        std::vector<std::function<void(ports::SendReport)>> held;
        {
            const std::lock_guard lock(mutex_);
            holds_ = false;
            held.swap(held_);
        }
        for (const auto& done : held) answer(done);
    }

    [[nodiscard]] int sent()
    {
        const std::lock_guard lock(mutex_);
        return sent_;
    }

    bool holds_ = false;  // set before start, as the next
    Outcome outcome_ = Outcome::delivered;

private:
    void answer(const std::function<void(ports::SendReport)>& done) const
    {
        ports::SendReport report;
        report.outcome = outcome_;
        done(std::move(report));
    }

    std::mutex mutex_;
    int sent_ = 0;
    std::vector<std::function<void(ports::SendReport)>> held_;
};

class ServerMailsTest : public testing::Test {
protected:
    void owe(std::uint64_t count)
    {
        queue_.with([&](auto& queue) {
            for (std::uint64_t i = 0; i < count; ++i) queue.rows_[i] = {};
        });
    }
    void start() { mails_.start(); }
    [[nodiscard]] std::size_t in_state(State state)
    {
        return queue_.with([&](auto& queue) {
            return static_cast<std::size_t>(
                std::ranges::count_if(queue.rows_, [&](const auto& item) { return item.second.state == state; }));
        });
    }

    FakeQueue queue_;
    FakeMailChannel channel_;
    observe::Metrics metrics_;
    // It looks by itself only after an hour: whatever else happens was reminded of, or reported.
    ServerMails mails_{queue_, channel_, {.at_once = 4, .poll = 1h, .again = 5ms}, metrics_};
};

TEST_F(ServerMailsTest, SendsWhatIsOwedAFewAtATime)
{
    owe(30);
    start();
    ASSERT_TRUE(eventually([&] { return in_state(State::sent) == 30; }));
    EXPECT_EQ(channel_.sent(), 30);
    EXPECT_LE(queue_.with([](auto& queue) { return queue.most_; }), 4U);
    EXPECT_THAT(metrics_.exposition(), testing::HasSubstr("winnow_server_mails_total{outcome=\"sent\"} 30\n"));
}

TEST_F(ServerMailsTest, LooksWhenItIsReminded)
{
    start();
    ASSERT_TRUE(eventually([&] { return queue_.with([](auto& queue) { return queue.claims_; }) == 1; }));
    owe(1);
    mails_.remind();
    ASSERT_TRUE(eventually([&] { return in_state(State::sent) == 1; }));
}

TEST_F(ServerMailsTest, HasNoMoreUnderWayThanItMay)
{
    owe(10);
    channel_.holds_ = true;
    start();
    ASSERT_TRUE(eventually([&] { return channel_.sent() == 4; }));
    for (int i = 0; i < 10; ++i) mails_.remind();
    EXPECT_EQ(channel_.sent(), 4);
    channel_.let_go();
    ASSERT_TRUE(eventually([&] { return in_state(State::sent) == 10; }));
}

TEST_F(ServerMailsTest, GivesUpWhatIsRefused)
{
    owe(2);
    channel_.outcome_ = Outcome::refused;
    start();
    ASSERT_TRUE(eventually([&] { return in_state(State::dead) == 2; }));
    EXPECT_THAT(metrics_.exposition(), testing::HasSubstr("winnow_server_mails_total{outcome=\"dead\"} 2\n"));
}

TEST_F(ServerMailsTest, CountsWhatIsTriedAgainAndWhatCameTooLate)
{
    owe(1);
    queue_.expired_ = 3;
    channel_.outcome_ = Outcome::retry;
    start();
    ASSERT_TRUE(eventually([&] { return queue_.with([](auto& queue) { return queue.recorded_; }) == 1; }));
    EXPECT_THAT(metrics_.exposition(), testing::HasSubstr("winnow_server_mails_total{outcome=\"retry\"} 1\n"));
    EXPECT_THAT(metrics_.exposition(), testing::HasSubstr("winnow_server_mails_total{outcome=\"expired\"} 3\n"));
}

TEST_F(ServerMailsTest, GoesOnWhenTheDatabaseIsBack)
{
    owe(3);
    queue_.claim_errors_ = 2;
    queue_.record_errors_ = 2;
    start();
    ASSERT_TRUE(eventually([&] { return in_state(State::sent) == 3; }));
    EXPECT_EQ(channel_.sent(), 3) << "what could not be stored is not sent again";
}

TEST_F(ServerMailsTest, WaitsAtItsEndForWhatIsUnderWay)
{
    owe(1);
    channel_.holds_ = true;
    start();
    ASSERT_TRUE(eventually([&] { return channel_.sent() == 1; }));
    std::jthread answer([&] { channel_.let_go(); });
    mails_.stop(30s);
    EXPECT_EQ(in_state(State::sent), 1U);
}

TEST_F(ServerMailsTest, LeavesAtItsEndWhatDoesNotAnswer)
{
    owe(1);
    channel_.holds_ = true;
    start();
    ASSERT_TRUE(eventually([&] { return channel_.sent() == 1; }));
    mails_.stop(0ms);
    EXPECT_EQ(in_state(State::pending), 1U) << "due again after its lease";
    channel_.let_go();  // nobody hears it
}

}  // namespace
}  // namespace winnow::dispatch
