/// @file
/// Day partitions come and go beside a reader that never ends, and no writer waits.

#include "integration/pg/fixture.hpp"

#include <pqxx/transaction>

#include <atomic>
#include <cstdio>
#include <memory>
#include <set>
#include <thread>

namespace winnow::pg {
namespace {

using namespace std::chrono_literals;

/// A real pg_dump that nobody reads from: it has locked every table, and waits for its pipe.
class RunningDump {
public:
    explicit RunningDump(const std::string& conninfo)
        : pipe_(popen((WINNOW_PG_BINDIR "/pg_dump --dbname='" + conninfo + "' 2>/dev/null").c_str(), "r"))
    {
    }
    ~RunningDump() { end(); }
    RunningDump(const RunningDump&) = delete;
    RunningDump& operator=(const RunningDump&) = delete;

    void end()
    {
        if (pipe_ == nullptr) return;
        std::string buffer(1U << 20U, '\0');
        while (fread(buffer.data(), 1, buffer.size(), pipe_) > 0) {
        }
        pclose(pipe_);
        pipe_ = nullptr;
    }

private:
    FILE* pipe_;
};

class PartitionsTest : public PgTest {
protected:
    [[nodiscard]] std::int64_t partitions(const std::string& parent)
    {
        return number("select count(*) from pg_inherits where inhparent = '" + parent + "'::regclass");
    }
    [[nodiscard]] bool exists(const std::string& parent, int days_from_now)
    {
        return number("select count(*) from pg_inherits where inhparent = '" + parent +
                      "'::regclass and inhrelid = to_regclass('" + parent +
                      "' || to_char((now() at time zone 'UTC')::date + " + std::to_string(days_from_now) +
                      ", '_YYYYMMDD'))") == 1;
    }
    void make(int first, int days)
    {
        sql("select make_day_partitions((now() at time zone 'UTC')::date + " + std::to_string(first) + ", " +
            std::to_string(days) + ")");
    }
    /// A dump that has begun and will not end before somebody reads it: there is more to read than a pipe holds.
    std::unique_ptr<RunningDump> dump()
    {
        sql("insert into journal select '" + tenant_.str() +
            "', now(), 99, n, 1, string_agg(sha256((n * 1000 + m)::text::bytea), '') from generate_series(1, 64) n, "
            "generate_series(1, 1000) m group by n");
        auto running = std::make_unique<RunningDump>(database_.superuser);
        EXPECT_TRUE(eventually([&] {
            return number(
                       "select count(*) from pg_locks l join pg_stat_activity a using (pid) where "
                       "a.application_name = 'pg_dump' and l.relation = 'verdicts'::regclass and l.granted") > 0;
        }));
        return running;
    }

    TenantId tenant_ = new_tenant();
    std::unique_ptr<ports::JournalStreams> streams_ = make_journal_streams(pipeline());
};

TEST_F(PartitionsTest, AreMadeThreeDaysAheadAndDroppedAtTheLongestRetention)
{
    const auto other = new_tenant();
    make(-40, 20);
    sql("update tenant_settings set journal_retention_days = case tenant_id when '" + other.str() +
        "' then 30 else 20 end");
    EXPECT_EQ(do_chore("make_partitions"), 0U);
    EXPECT_EQ(do_chore("drop_partitions"), 20U);
    EXPECT_EQ(partitions("journal"), 30 - 20 + 1 - 1 + 4) << "days -30 to -21, today and three more";
    EXPECT_EQ(partitions("verdicts"), 14);
    EXPECT_TRUE(exists("journal", 3) && exists("verdicts", 3) && exists("journal", -30));
    EXPECT_FALSE(exists("journal", -31));
}

TEST_F(PartitionsTest, ATenantThatHasSavedNoSettingsKeepsTheDefault)
{
    make(-80, 20);
    sql("delete from tenant_settings");
    const auto other = new_tenant();
    sql("update tenant_settings set journal_retention_days = 1 where tenant_id = '" + other.str() + "'");
    EXPECT_EQ(do_chore("drop_partitions"), 0U);
}

TEST_F(PartitionsTest, OneThatWasAttachedIsLikeTheOthers)
{
    make(0, 1);
    EXPECT_EQ(
        number("select count(*) from pg_index i join pg_inherits p on p.inhrelid = i.indexrelid join pg_inherits t "
               "on t.inhrelid = i.indrelid where t.inhparent = 'journal'::regclass"),
        2)
        << "the primary key and the index by stream";
    EXPECT_EQ(number("select count(*) from pg_attribute a join pg_inherits t on t.inhrelid = a.attrelid where "
                     "a.attname = 'payload' and a.attstorage = 'e'"),
              2);
    EXPECT_EQ(number("select count(*) from pg_class c join pg_inherits t on t.inhrelid = c.oid where t.inhparent in "
                     "('journal'::regclass, 'verdicts'::regclass) and c.relrowsecurity and c.relforcerowsecurity and "
                     "c.relowner = 'winnow_owner'::regrole"),
              2);
}

TEST_F(PartitionsTest, WhereTodaysAndTomorrowsExistAStartLocksNothing)
{
    ASSERT_TRUE(streams_->maintain_partitions());
    EXPECT_TRUE(exists("journal", 0) && exists("journal", 1) && exists("verdicts", 0) && exists("verdicts", 1));
    pqxx::connection connection(database_.superuser);
    pqxx::work somebody(connection);
    somebody.exec("lock table journal, verdicts in access exclusive mode");
    EXPECT_TRUE(streams_->maintain_partitions());
}

TEST_F(PartitionsTest, ANodeStartsAndMakesWhatIsMissingWhileABackupRuns)
{
    make(0, 1);
    const auto running = dump();
    EXPECT_TRUE(streams_->maintain_partitions());
    EXPECT_TRUE(exists("journal", 1) && exists("verdicts", 1));
    EXPECT_EQ(do_chore("make_partitions"), 0U);
    EXPECT_TRUE(exists("journal", 3) && exists("verdicts", 3));
}

TEST_F(PartitionsTest, IngestionBesideADumpWaitsForNoLockWhilePartitionsComeAndGo)
{
    make(-100, 5);
    make(0, 1);
    const auto stream = streams_->open("n").value();
    auto options = pipeline();
    options.lock_timeout = 100ms;  // an insert that would wait longer for a lock fails
    const auto writers = make_journal_streams(options);
    auto running = dump();

    std::atomic<int> stored = 0;
    std::atomic<int> refused = 0;
    {
        const std::jthread writer([&](const std::stop_token& stop) {
            const auto session = writers->session(stream).value();
            const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
            for (std::uint64_t seq = 1; !stop.stop_requested(); ++seq) {
                const auto done = session->append(
                    {{.tenant = tenant_, .position = {now, stream, seq}, .alert_count = 1, .payload = "x"}});
                ++(done ? stored : refused);
            }
        });
        const auto chores = make_chores(pipeline());
        ASSERT_TRUE(eventually([&] { return stored > 10; }));
        for (int i = 0; i < 10; ++i) {
            ASSERT_TRUE(chores->step(0)) << "make_partitions";
            EXPECT_EQ(chores->step(1).error().code(), ErrorCode::conflict) << "what a dump reads is not dropped";
            const int before = stored;
            ASSERT_TRUE(eventually([&] { return stored > before + 10; }));
        }
        EXPECT_TRUE(exists("journal", 3) && exists("verdicts", 3));
        EXPECT_TRUE(exists("journal", -100));
        running->end();
        EXPECT_TRUE(eventually([&] { return static_cast<void>(chores->step(1)), partitions("verdicts") == 4; }));
    }
    EXPECT_EQ(refused, 0);
    EXPECT_EQ(partitions("journal"), 4);
    EXPECT_EQ(number("select count(*) from journal where stream = " + std::to_string(stream)), stored);
}

TEST_F(PartitionsTest, OneNodeAtATimeKeepsThem)
{
    make(-100, 5);
    pqxx::connection connection(database_.superuser);
    pqxx::work other(connection);
    other.exec("select pg_advisory_xact_lock(x'574E4348'::int, hashtext('drop_partitions'))");
    EXPECT_EQ(do_chore("drop_partitions"), 0U);
    other.abort();
    EXPECT_EQ(do_chore("drop_partitions"), 10U);
}

TEST_F(PartitionsTest, ManyNodesThatMissTheSameDayMakeItOnce)
{
    std::atomic<int> failures = 0;
    {
        std::vector<std::jthread> nodes;
        for (int i = 0; i < 6; ++i) {
            nodes.emplace_back([&] {
                if (!make_journal_streams(pipeline())->maintain_partitions()) ++failures;
            });
        }
    }
    EXPECT_EQ(failures, 0);
    EXPECT_EQ(partitions("journal"), 2);
}

}  // namespace
}  // namespace winnow::pg
