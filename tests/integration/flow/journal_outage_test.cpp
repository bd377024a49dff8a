#include "integration/pg/fixture.hpp"
#include "support/full_disk.hpp"
#include "winnow/journal/writer.hpp"
#include "winnow/observe/metrics.hpp"

#include <csignal>
#include <map>
#include <mutex>

namespace winnow::pg {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// Continues a process that was stopped, whatever happens.
class Stopped {
public:
    explicit Stopped(pid_t process) : process_(process) { ::kill(process_, SIGSTOP); }
    ~Stopped() { go_on(); }
    Stopped(const Stopped&) = delete;
    Stopped& operator=(const Stopped&) = delete;
    void go_on() { ::kill(process_, SIGCONT); }

private:
    pid_t process_;
};

/// The writer on a real database that goes away under it.
class JournalOutageTest : public PgTest {
protected:
    void SetUp() override { ASSERT_TRUE(streams_->maintain_partitions()); }

    void start()
    {
        journal::WriterOptions options;
        options.transactions_in_flight = 1;
        const auto released = [this](const auto&) {
            blocked_ = gathering_.load();
            gathering_.wait(true);  // until the test has submitted what belongs together
            blocked_ = false;
        };
        writer_.emplace(*streams_, "node-a", options, released, metrics_);
        writer_->start();
    }

    void submit(const std::string& title, const std::string& key)
    {
        journal::Submission submission;
        submission.tenant = tenant_;
        submission.alerts.emplace_back().title = title;
        auto& once = submission.once.emplace();
        once.key = key;
        once.body_sha256 = std::string(32, 'a');
        once.answer = [](const domain::ReceiptId&) {
            return std::string("{}");
        };
        ++submitted_;
        writer_->submit(std::move(submission), [this, title](Result<journal::Committed> answer) {
            const std::lock_guard lock(mutex_);
            answers_.insert_or_assign(title, std::move(answer));
        });
    }

    /// The writer stops behind a request of its own: what is submitted from now on is written together.
    void gather()
    {
        gathering_ = true;
        submit("unblocks", "unblocks");
        ASSERT_TRUE(eventually([this] { return blocked_.load(); }));
    }
    void go()
    {
        gathering_ = false;
        gathering_.notify_all();
    }

    [[nodiscard]] bool all_answered()
    {
        for (int round = 0; round < 6; ++round) {
            if (eventually([this] {
                    const std::lock_guard lock(mutex_);
                    return answers_.size() == submitted_;
                })) {
                return true;
            }
        }
        return false;
    }
    Result<journal::Committed> answer_to(const std::string& title)
    {
        const std::lock_guard lock(mutex_);
        return answers_.at(title);
    }
    [[nodiscard]] std::vector<pid_t> sessions()
    {
        std::vector<pid_t> pids;
        for (const auto& row :
             sql("select pid from pg_stat_activity where application_name = 'outage' and pid in "
                 "(select pid from pg_locks where locktype = 'advisory' and objsubid = 1) order by 1")) {
            pids.push_back(row[0].as<pid_t>());
        }
        return pids;
    }

    PgOptions options_ = [this] {
        auto options = pipeline();
        options.application_name = "outage";
        options.connect_timeout = 2s;
        return options;
    }();
    TenantId tenant_ = new_tenant();
    std::unique_ptr<ports::JournalStreams> streams_ = make_journal_streams(options_);
    observe::Metrics metrics_;
    std::atomic<bool> gathering_ = false;
    std::atomic<bool> blocked_ = false;  ///< Behind what was written last.
    std::mutex mutex_;                   // guards answers_
    std::map<std::string, Result<journal::Committed>> answers_;
    std::size_t submitted_ = 0;
    std::optional<journal::Writer> writer_;  // last: it ends before what its threads tell
};

TEST_F(JournalOutageTest, ARequestThatTheDatabaseRefusesFailsAloneAndCostsNoSession)
{
    start();
    submit("first", "first");
    ASSERT_TRUE(all_answered());
    const auto before = sessions();
    ASSERT_EQ(before.size(), 1U);

    gather();
    for (int i = 0; i < 7; ++i) submit("good " + std::to_string(i), "good " + std::to_string(i));
    submit("bad", "\xff\xfe");  // the doors refuse it: here it stands for whatever they do not know yet
    submit("nul", std::string("a\0b", 3));
    submit("long", std::string(256, 'k'));
    go();
    ASSERT_TRUE(all_answered());
    for (int i = 0; i < 7; ++i) EXPECT_TRUE(answer_to("good " + std::to_string(i)));
    for (const auto* title : {"bad", "nul", "long"}) EXPECT_FALSE(answer_to(title)) << title;
    EXPECT_EQ(sessions(), before) << "rolled back, not reconnected";
    EXPECT_TRUE(writer_->healthy());
    EXPECT_EQ(number("select sum(alert_count) from journal"), 9);
    writer_->stop();
}

TEST_F(JournalOutageTest, TheDatabaseHangsWhileABatchIsTakenApart)
{
    start();
    submit("first", "first");
    ASSERT_TRUE(all_answered());
    const auto before = sessions();
    ASSERT_EQ(before.size(), 1U);

    gather();
    // Holds the first claim until the postmaster is stopped and the session's end is on its way.
    pqxx::connection holder(database_.superuser);
    pqxx::nontransaction locked(holder);
    locked.exec("begin; lock table idempotency_receipts in access exclusive mode");
    submit("good 0", "good 0");
    submit("good 1", "good 1");
    submit("good 2", "good 2");
    submit("bad", "\xff\xfe");
    go();
    ASSERT_TRUE(eventually([this] { return number("select count(*) from pg_locks where not granted") == 1; }));
    Stopped postmaster(test::PostgresCluster::instance().postmaster());
    ASSERT_EQ(::kill(before.front(), SIGTERM), 0);
    locked.exec("rollback");
    ASSERT_TRUE(all_answered()) << "and the process lives";
    postmaster.go_on();

    ASSERT_TRUE(eventually([this] { return writer_->healthy(); }));
    submit("after", "after");
    ASSERT_TRUE(all_answered());
    EXPECT_TRUE(answer_to("after")) << answer_to("after").error().message();
    std::int64_t acknowledged = 0;
    for (const auto& [title, answer] : answers_) acknowledged += answer ? 1 : 0;
    EXPECT_EQ(number("select sum(alert_count) from journal"), acknowledged);
    writer_->stop();
}

TEST_F(JournalOutageTest, AFullDiskIsNamedAndEndsByItself)
{
    const test::FullDisk disk(database_.superuser, "journal");
    start();
    submit("first", "first");
    ASSERT_TRUE(all_answered());
    ASSERT_TRUE(answer_to("first"));
    disk.fill();
    submit("second", "second");
    ASSERT_TRUE(all_answered());
    ASSERT_FALSE(answer_to("second"));
    EXPECT_EQ(answer_to("second").error().code(), ErrorCode::unavailable);
    EXPECT_THAT(answer_to("second").error().message(), HasSubstr("the database's disk is full (SQLSTATE 53100)"));
    EXPECT_FALSE(writer_->healthy());
    disk.make_room();
    EXPECT_TRUE(eventually([this] { return writer_->healthy(); })) << "without a request";
    submit("third", "third");
    ASSERT_TRUE(all_answered());
    EXPECT_TRUE(answer_to("third"));
    EXPECT_EQ(number("select sum(alert_count) from journal"), 2);
    EXPECT_EQ(number("select count(*) from journal where seq = 0"), 0) << "trials leave nothing";
    writer_->stop();
}

TEST_F(JournalOutageTest, ALockThatIsNotFreeInTimeIsNoLostStream)
{
    options_.lock_timeout = 200ms;
    streams_ = make_journal_streams(options_);
    start();
    submit("first", "first");
    ASSERT_TRUE(all_answered());
    const auto stream = writer_->stream();
    {
        pqxx::connection holder(database_.superuser);
        pqxx::nontransaction locked(holder);
        locked.exec("begin; lock table journal_streams, journal in access exclusive mode");
        ASSERT_EQ(::kill(sessions().front(), SIGTERM), 0);  // so that it has to prepare a new session
        submit("second", "second");
        ASSERT_TRUE(all_answered());
        EXPECT_EQ(answer_to("second").error().code(), ErrorCode::unavailable);
        EXPECT_THAT(answer_to("second").error().message(), HasSubstr("55P03"));
        locked.exec("rollback");
    }
    ASSERT_TRUE(eventually([this] { return writer_->healthy(); }));
    EXPECT_EQ(writer_->stream(), stream);
    submit("third", "third");
    ASSERT_TRUE(all_answered());
    EXPECT_TRUE(answer_to("third"));
    writer_->stop();
}

}  // namespace
}  // namespace winnow::pg
