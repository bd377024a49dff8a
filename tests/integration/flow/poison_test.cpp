/// @file
/// Rows that end the process that folds them, and processes that are ended at rows that do no harm.

#include "integration/pg/fixture.hpp"
#include "winnow/journal/codec.hpp"

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
    void TearDown() override { forget_files(); }
    void forget_files() const
    {
        std::filesystem::remove(file_);
        std::filesystem::remove(trial_file_);
    }

    [[nodiscard]] pid_t start(const std::string& what, const std::string& how)
    {
        forget_files();
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
    static void await(const std::string& file)
    {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
        while (!std::filesystem::exists(file)) {
            ASSERT_LT(std::chrono::steady_clock::now(), deadline);
            std::this_thread::sleep_for(std::chrono::milliseconds{2});  // polls for it
        }
    }

    /// Of the process of a trial that is at the poison: not of the one of before.
    [[nodiscard]] pid_t trial_at_the_poison(pid_t before)
    {
        pid_t met = 0;
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
        while (met == 0 || met == before) {
            if (std::chrono::steady_clock::now() > deadline) return 0;
            std::this_thread::sleep_for(std::chrono::milliseconds{2});  // polls for it
            std::ifstream(trial_file_) >> met;
        }
        return met;
    }
    void set_the_poison_aside()
    {
        ASSERT_EQ(run("write", "abort"), -SIGABRT);
        ASSERT_EQ(run("take", "abort"), -SIGABRT);
        ASSERT_EQ(run("take", "abort"), 0);
    }
    void release_it()
    {
        ASSERT_EQ(make_provider_store(as(database_.provider))->release(one_, {}).value(), 1U);
        ASSERT_TRUE(make_journal_streams(pipeline())->release_row().value());
    }

    void kill_at_the_poison(const std::string& what, const std::string& file)
    {
        const auto child = start(what, "block");
        await(file);
        kill(child, SIGKILL);
        ASSERT_EQ(end_of(child), -SIGKILL);
        ASSERT_TRUE(eventually([&] {
            return number("select count(*) from pg_stat_activity where usename = 'winnow_pipeline'") == 0;
        })) << "a trial's process ends with its owner";
    }

    [[nodiscard]] std::int64_t takeovers() { return number("select max(takeovers) from journal_streams"); }
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
    void expect_all_of_it_folded()
    {
        EXPECT_EQ(tickets(), "after 2, before 2, other 2, poison 2");
        EXPECT_EQ(number("select count(*) from quarantined_rows"), 0);
        EXPECT_TRUE(measured().contains("winnow_quarantined_rows_total 0\n"));
    }
    void expect_the_row_set_aside()
    {
        EXPECT_EQ(tickets(), "after 2, before 2, other 2, winnow:quarantined 1");
        EXPECT_EQ(text("select string_agg(seq || ' ' || alerts, ',') from quarantined_rows"), "2 2");
        EXPECT_TRUE(measured().contains("winnow_quarantined_rows_total 1\n"));
        expect_its_alerts_to_say_so();
    }
    void expect_its_alerts_to_say_so()
    {
        EXPECT_EQ(text("select string_agg(distinct public_url, ' ') from notices"), "https://winnow.example")
            << "whoever folded it, a trial or a node";
        const auto of_row = verdicts(2);
        ASSERT_GE(of_row.size(), 2U);
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
    const std::string trial_file_ = file_ + ".trial";
};

TEST_F(Poison, ARowThatEndedTwoNodesIsSetAsideByTheThirdAndEverythingElseIsFolded)
{
    ASSERT_EQ(run("write", "abort"), -SIGABRT);
    EXPECT_EQ(takeovers(), 0) << "the live path writes nothing";
    ASSERT_EQ(run("take", "abort"), -SIGABRT);
    EXPECT_EQ(takeovers(), 1);
    EXPECT_FALSE(std::filesystem::exists(trial_file_));
    ASSERT_EQ(run("take", "abort"), 0);
    EXPECT_TRUE(std::filesystem::exists(trial_file_));
    expect_the_row_set_aside();
}

TEST_F(Poison, ATurnThatHangsEndsTheProcessAndItsRowIsSetAside)
{
    ASSERT_EQ(run("write", "hang"), -SIGABRT);
    ASSERT_EQ(run("take", "hang"), -SIGABRT);
    ASSERT_EQ(run("take", "hang"), 0);
    expect_the_row_set_aside();
}

TEST_F(Poison, HoweverOftenANodeIsKilledAtARowTheRowIsNotBlamed)
{
    kill_at_the_poison("write", file_);
    kill_at_the_poison("take", file_);
    for (int time = 0; time < 4; ++time) kill_at_the_poison("take", trial_file_);
    EXPECT_EQ(takeovers(), 1) << "a trial is none";
    EXPECT_EQ(number("select occurrences from tickets where dedup_key = 'before'"), 2) << "what was tried is folded";
    ASSERT_EQ(run("take", "none"), 0);
    expect_all_of_it_folded();
}

TEST_F(Poison, AStopAtARowDoesNotCount)
{
    ASSERT_EQ(run("write", "abort"), -SIGABRT);
    ASSERT_EQ(run("take", "abort"), -SIGABRT);
    for (int time = 0; time < 3; ++time) {
        const auto child = start("take", "block");
        await(trial_file_);
        kill(child, SIGTERM);
        ASSERT_EQ(end_of(child), 0);
    }
    ASSERT_EQ(run("take", "none"), 0);
    expect_all_of_it_folded();
}

TEST_F(Poison, WhoStopsTheProcessesOfATrialBlamesNoRow)
{
    ASSERT_EQ(run("write", "abort"), -SIGABRT);
    ASSERT_EQ(run("take", "abort"), -SIGABRT);
    const auto owner = start("take", "block");
    pid_t trial = 0;
    for (int time = 0; time < 2; ++time) {
        trial = trial_at_the_poison(trial);
        ASSERT_NE(trial, 0);
        kill(trial, SIGTERM);
    }
    ASSERT_NE(trial_at_the_poison(trial), 0) << "it is tried again, and not set aside";
    kill(owner, SIGTERM);
    ASSERT_EQ(end_of(owner), 0);
    ASSERT_EQ(run("take", "none"), 0);
    expect_all_of_it_folded();
}

TEST_F(Poison, WhatTheKernelKillsTwiceForWantOfMemoryIsSetAside)
{
    ASSERT_EQ(run("write", "abort"), -SIGABRT);
    ASSERT_EQ(run("take", "abort"), -SIGABRT);
    const auto owner = start("take", "block");
    pid_t trial = 0;
    for (int time = 0; time < 2; ++time) {
        trial = trial_at_the_poison(trial);
        ASSERT_NE(trial, 0);
        if (time == 1) {
            EXPECT_EQ(number("select count(*) from tickets where dedup_key = 'other'"), 1)
                << "after the first death the others' rows go first";
        }
        kill(trial, SIGKILL);  // as the kernel does
    }
    ASSERT_EQ(end_of(owner), 0);
    expect_the_row_set_aside();
}

TEST_F(Poison, ARowThatIsNotStoredKeepsNoOtherTenantsRowsWaiting)
{
    kill_at_the_poison("write", file_);
    kill_at_the_poison("take", file_);
    const auto owner = start("take", "wait");
    await(file_);  // the trial is over, and the node itself is at the row, with the only worker that it has
    EXPECT_EQ(number("select count(*) from tickets where dedup_key = 'other'"), 1);
    kill(owner, SIGKILL);
    ASSERT_EQ(end_of(owner), -SIGKILL);
    ASSERT_EQ(run("take", "none"), 0);
    expect_all_of_it_folded();
}

TEST_F(Poison, WhatIsReleasedAndStillEndsProcessesEndsNoNodeAndIsSetAsideAgain)
{
    set_the_poison_aside();
    release_it();
    ASSERT_EQ(run("take", "abort"), 0) << "two nodes have died by it: no third does";
    EXPECT_EQ(number("select count(*) from quarantined_rows"), 1);
    EXPECT_EQ(tickets(), "after 2, before 2, other 2, winnow:quarantined 2");
}

TEST_F(Poison, WhatWasSetAsideIsJudgedAgainWhenTheProviderReleasesIt)
{
    set_the_poison_aside();
    const auto provider = make_provider_store(as(database_.provider));
    const auto set_aside = provider->set_aside_rows(one_, 10).value();
    ASSERT_EQ(set_aside.size(), 1U);
    EXPECT_EQ(set_aside[0].position.seq, 2);
    EXPECT_EQ(set_aside[0].alerts, 2);
    EXPECT_FALSE(set_aside[0].release_asked);
    EXPECT_EQ(provider->release(two_, {}).value(), 0U);
    EXPECT_EQ(provider->release(TenantId(new_uuid()), {}).error().code(), ErrorCode::not_found);
    EXPECT_EQ(provider->release(one_, {}).value(), 1U);
    EXPECT_TRUE(provider->set_aside_rows(one_, 10).value().at(0).release_asked);
    const auto streams = make_journal_streams(pipeline());
    EXPECT_TRUE(streams->release_row().value());
    EXPECT_FALSE(streams->release_row().value()) << "once";
    EXPECT_TRUE(provider->set_aside_rows(one_, 10).value().empty());
    ASSERT_EQ(run("take", "none"), 0);
    EXPECT_EQ(tickets(), "after 2, before 2, other 2, poison 2, winnow:quarantined 1");
    EXPECT_EQ(verdicts(2).at(0)->disposition, domain::Disposition::quarantined) << "what was is told as it was";
}

TEST_F(Poison, ARowThatMustNotEvenBeReadIsSetAsideWithoutItsAlerts)
{
    ASSERT_EQ(run("write", "abort"), -SIGABRT);
    ASSERT_EQ(run("unread", "abort"), 0);
    EXPECT_EQ(tickets(), "after 2, before 2, other 2, winnow:quarantined 1");
    EXPECT_EQ(text("select string_agg(seq || ' ' || alerts, ',') from quarantined_rows"), "2 2");
    expect_its_alerts_to_say_so();
}

}  // namespace
}  // namespace winnow::pg
