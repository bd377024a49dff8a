/// @file
/// Rows that end the process that folds them, with real processes that end.

#include "integration/pg/fixture.hpp"
#include "winnow/journal/codec.hpp"
#include "winnow/pg/suspects.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace winnow::pg {
namespace {

class Poison : public PgTest {
protected:
    void SetUp() override
    {
        ASSERT_TRUE(make_journal_streams(pipeline())->maintain_partitions());
        const auto contact = new_contact(one_, "operator");
        const auto group = new_uuid().str();
        sql("insert into contact_groups (tenant_id, contact_group_id, name) values ('" + one_.str() + "', '" + group +
            "', 'operators'); insert into contact_group_members values ('" + one_.str() + "', '" + group + "', '" +
            contact.str() + "', 1); insert into default_route values ('" + one_.str() + "', '" + group + "', 1)");
    }
    void TearDown() override { std::filesystem::remove(file_); }

    [[nodiscard]] pid_t start(const std::string& what, const std::string& how)
    {
        std::filesystem::remove(file_);
        const auto child = fork();
        if (child == 0) {
            execl(WINNOW_POISONED_NODE, WINNOW_POISONED_NODE, database_.pipeline.c_str(), database_.superuser.c_str(),
                  what.c_str(), how.c_str(), file_.c_str(), one_.str().c_str(), two_.str().c_str(), nullptr);
            _exit(127);
        }
        return child;
    }
    /// How the process ended: its exit code, or the signal's number less than zero.
    static int end_of(pid_t child)
    {
        int status = 0;
        EXPECT_EQ(waitpid(child, &status, 0), child);
        return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
    }
    int run(const std::string& what, const std::string& how) { return end_of(start(what, how)); }
    void await_the_poison()
    {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
        while (!std::filesystem::exists(file_)) {
            ASSERT_LT(std::chrono::steady_clock::now(), deadline);
            std::this_thread::sleep_for(std::chrono::milliseconds{2});  // polls for it
        }
    }

    [[nodiscard]] std::int64_t on_trial() { return number("select coalesce(min(seq), 0) from triage_suspects"); }
    [[nodiscard]] std::string tickets()
    {
        return text("select string_agg(dedup_key || ' ' || occurrences, ', ' order by dedup_key) from tickets");
    }
    [[nodiscard]] std::string measured() const
    {
        std::stringstream text;
        text << std::ifstream(file_).rdbuf();
        return text.str();
    }
    [[nodiscard]] std::vector<std::optional<domain::Verdict>> verdicts(std::uint64_t seq)
    {
        const auto payload = sql("select payload from verdicts where seq = " + std::to_string(seq));
        return payload.empty() ? std::vector<std::optional<domain::Verdict>>()
                               : journal::decode_verdicts(pqxx::binarystring(payload[0][0]).str()).value();
    }
    void expect_the_row_set_aside()
    {
        EXPECT_EQ(tickets(), "after 2, before 2, other 2, winnow:quarantined 1");
        EXPECT_EQ(text("select string_agg(seq || ' ' || alerts, ',') from quarantined_rows"), "2 2");
        EXPECT_TRUE(measured().contains("winnow_quarantined_rows_total 1"));
        EXPECT_EQ(number("select count(*) from triage_suspects"), 0);
        const auto of_row = verdicts(2);
        ASSERT_EQ(of_row.size(), 2U);
        const auto ticket = text("select ticket_id from tickets where dedup_key = 'winnow:quarantined'");
        for (const auto& verdict : of_row) {
            ASSERT_TRUE(verdict);
            EXPECT_EQ(verdict->disposition, domain::Disposition::quarantined);
            EXPECT_EQ(verdict->ticket_id.value().str(), ticket);
        }
        EXPECT_EQ(text("select title from tickets where dedup_key = 'winnow:quarantined'"),
                  "2 alerts could not be processed");
        EXPECT_EQ(number("select count(*) from deliveries where ticket_id = '" + ticket + "'"), 1);
    }

    const TenantId one_ = new_tenant();
    const TenantId two_ = new_tenant();
    const std::string file_ = std::filesystem::temp_directory_path() / ("winnow-poison-" + std::to_string(getpid()));
};

TEST_F(Poison, ARowThatAbortsIsSetAsideTheSecondTimeAndEverythingElseIsFolded)
{
    ASSERT_EQ(run("write", "abort"), -SIGABRT);
    EXPECT_EQ(number("select count(*) from triage_suspects"), 0) << "the live path writes nothing";
    ASSERT_EQ(run("take", "abort"), -SIGABRT);
    EXPECT_EQ(on_trial(), 2);
    EXPECT_EQ(number("select occurrences from tickets where dedup_key = 'before'"), 2);
    EXPECT_EQ(number("select count(*) from tickets where dedup_key = 'after'"), 0) << "it is behind the row on trial";
    ASSERT_EQ(run("take", "abort"), 0);
    expect_the_row_set_aside();
}

TEST_F(Poison, ATurnThatHangsEndsTheProcessAndItsRowIsSetAsideTheSecondTime)
{
    ASSERT_EQ(run("write", "hang"), -SIGABRT);
    ASSERT_EQ(run("take", "hang"), -SIGABRT);
    EXPECT_EQ(on_trial(), 2);
    ASSERT_EQ(run("take", "hang"), 0);
    expect_the_row_set_aside();
}

TEST_F(Poison, ARowAtWhichTheProcessWasKilledTwiceIsSetAside)
{
    for (const auto* const what : {"write", "take"}) {
        const auto child = start(what, "block");
        await_the_poison();
        kill(child, SIGKILL);
        ASSERT_EQ(end_of(child), -SIGKILL);
    }
    ASSERT_EQ(run("take", "block"), 0);
    expect_the_row_set_aside();
}

TEST_F(Poison, AStopAtARowDoesNotCount)
{
    ASSERT_EQ(run("write", "abort"), -SIGABRT);
    const auto child = start("take", "block");
    await_the_poison();
    EXPECT_EQ(on_trial(), 2);
    kill(child, SIGTERM);
    ASSERT_EQ(end_of(child), 0);
    EXPECT_EQ(on_trial(), 0);
    ASSERT_EQ(run("take", "abort"), -SIGABRT) << "it was not set aside";
    ASSERT_EQ(run("take", "abort"), 0);
    expect_the_row_set_aside();
}

TEST_F(Poison, AProcessThatLostItsDatabaseAndComesBackIsNotTakenForDead)
{
    auto one = make_suspects(pipeline());
    const auto two = make_suspects(pipeline());
    EXPECT_EQ(one->open(7, true).value().deaths, 1);
    ASSERT_TRUE(one->begin(7, one_, 3, false));
    EXPECT_TRUE(two->open(7, true).value().undecided);
    sql("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'winnow_pipeline' and pid <> "
        "pg_backend_pid()");
    ASSERT_TRUE(eventually([&] { return one->show().has_value(); }));
    ASSERT_TRUE(eventually([&] { return two->open(7, true).has_value(); }));
    EXPECT_TRUE(two->open(7, true).value().undecided);
    const auto known = two->open(7, false).value();
    EXPECT_FALSE(known.undecided);
    EXPECT_FALSE(known.guilty);
    EXPECT_EQ(on_trial(), 0);
}

TEST_F(Poison, OfAProcessThatIsGoneTheRowOnTrialIsGuiltyAndStaysSoUntilItIsSetAside)
{
    auto one = make_suspects(pipeline());
    EXPECT_EQ(one->open(7, true).value().deaths, 1);
    ASSERT_TRUE(one->begin(7, one_, 3, false));
    one.reset();
    const auto two = make_suspects(pipeline());
    std::optional<ports::Suspicion> known;
    ASSERT_TRUE(eventually([&] {
        known = two->open(7, true).value();
        return !known->undecided;
    }));
    ASSERT_TRUE(known->guilty);
    EXPECT_EQ(known->guilty->seq, 3);
    EXPECT_EQ(known->guilty->tenant, one_);
    EXPECT_FALSE(known->guilty->unreadable);
    ASSERT_TRUE(two->begin(7, one_, 3, true));
    ASSERT_TRUE(two->rest(7));
    EXPECT_EQ(on_trial(), 3) << "a stop acquits nobody";
    ASSERT_TRUE(two->forget(7));
    EXPECT_EQ(number("select count(*) from triage_suspects"), 0);
}

TEST_F(Poison, ARowThatEndsTheProcessWhileItIsSetAsideIsNotReadAgain)
{
    auto one = make_suspects(pipeline());
    EXPECT_EQ(one->open(7, true).value().deaths, 1);
    ASSERT_TRUE(one->begin(7, one_, 3, true));
    one.reset();
    const auto two = make_suspects(pipeline());
    std::optional<ports::Suspicion> known;
    ASSERT_TRUE(eventually([&] {
        known = two->open(7, true).value();
        return !known->undecided;
    }));
    ASSERT_TRUE(known->guilty);
    EXPECT_TRUE(known->guilty->unreadable);
}

}  // namespace
}  // namespace winnow::pg
