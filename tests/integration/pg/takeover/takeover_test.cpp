/// @file
/// Streams that are taken over because rows in them ended processes, or were released.

#include "integration/pg/fixture.hpp"

#include <gmock/gmock.h>

#include <thread>

namespace winnow::pg {
namespace {

class TakeoverTest : public PgTest {
protected:
    void SetUp() override { ASSERT_TRUE(make_journal_streams(pipeline())->maintain_partitions()); }

    /// So that none of it ends because it takes long.
    [[nodiscard]] PgOptions patient() const
    {
        auto options = pipeline();
        options.deadline = options.statement_timeout = std::chrono::minutes{10};
        options.lock_timeout = std::chrono::minutes{1};
        return options;
    }
    /// A row that was set aside, and is to be released.
    void put(TenantId tenant, int seq, bool is_kept = true)
    {
        const auto row = "('" + tenant.str() + "', date_trunc('hour', now()), 77, " + std::to_string(seq);
        if (is_kept) {
            sql("insert into journal (tenant_id, received_at, stream, seq, alert_count, payload) values " + row +
                ", 1, '" + std::to_string(seq) + "')");
        }
        sql("insert into quarantined_rows (tenant_id, received_at, stream, seq, alerts, quarantined_at, release_asked) "
            "values " +
            row + ", 1, now() + interval '1 second' * " + std::to_string(seq) + ", true)");
    }
    /// What was journaled anew: seq and payload.
    [[nodiscard]] std::string released()
    {
        return text(
            "select coalesce(string_agg(seq || ' ' || encode(payload, 'escape'), ', ' order by seq), '') from "
            "journal where stream <> 77");
    }
    [[nodiscard]] std::int64_t takeovers() { return number("select max(takeovers) from journal_streams"); }

    const TenantId one_ = new_tenant();
    const TenantId two_ = new_tenant();
    const std::unique_ptr<ports::JournalStreams> streams_ = make_journal_streams(patient());
};

TEST_F(TakeoverTest, WhatIsReleasedIsJournaledTogetherAndInItsOrderAndTriedFirst)
{
    for (const int seq : {3, 1, 2}) put(one_, seq);
    EXPECT_TRUE(streams_->release_row().value());
    EXPECT_EQ(released(), "1 1, 2 2, 3 3");
    EXPECT_EQ(number("select count(distinct stream) from journal where stream <> 77"), 1);
    EXPECT_EQ(takeovers(), 1) << "who claims it tries it before it folds it";
    EXPECT_EQ(number("select count(*) from quarantined_rows"), 0);
    EXPECT_FALSE(streams_->release_row().value());
    const auto claimed = streams_->claim_orphans().value();
    ASSERT_EQ(claimed.size(), 1U);
    EXPECT_EQ(streams_->unapplied(claimed[0], 0, 10).value().size(), 3U);
}

TEST_F(TakeoverTest, WhatIsMuchIsReleasedInSeveralTurns)
{
    for (const int seq : {1, 2, 3}) put(one_, seq);
    sql("update journal set payload = convert_to(repeat('x', 5 << 20), 'UTF8') where stream = 77");
    EXPECT_TRUE(streams_->release_row().value());
    EXPECT_EQ(number("select count(*) from quarantined_rows"), 1);
    EXPECT_TRUE(streams_->release_row().value());
    EXPECT_EQ(number("select count(*) from quarantined_rows"), 0);
    EXPECT_EQ(number("select count(*) from journal where stream <> 77 and octet_length(payload) = 5 << 20"), 3);
    EXPECT_FALSE(streams_->release_row().value());
}

TEST_F(TakeoverTest, WhatTakesLongIsReleasedInSeveralTurns)
{
    for (const int seq : {1, 2, 3}) put(one_, seq);
    auto hurried = pipeline();
    hurried.deadline = std::chrono::seconds{14};
    sql("create function wait() returns trigger language plpgsql as $$ begin perform pg_sleep(2.1); return new; end "
        "$$");
    sql("create trigger wait before insert on journal for each row execute function wait()");
    EXPECT_TRUE(make_journal_streams(hurried)->release_row().value());
    EXPECT_EQ(number("select count(*) from quarantined_rows"), 2) << "one at least";
}

TEST_F(TakeoverTest, TheHeartbeatDoesNotWaitForWhatIsReleased)
{
    put(one_, 1);
    const auto stream = streams_->open("node").value();
    pqxx::connection other(database_.superuser);
    pqxx::nontransaction holder(other);
    holder.exec("begin; lock table journal in exclusive mode");
    std::jthread releasing([&] { static_cast<void>(streams_->release_row()); });
    const auto waits = [&] {
        return number(
                   "select count(*) from pg_locks where relation = 'journal'::regclass and not granted and "
                   "database = (select oid from pg_database where datname = current_database())") == 1;
    };
    ASSERT_TRUE(eventually(waits));
    EXPECT_TRUE(streams_->renew(stream, 0, true));
    EXPECT_TRUE(waits());
    holder.exec("rollback");
}

TEST_F(TakeoverTest, ARowThatCannotBeJournaledAnewKeepsNoOtherFromIt)
{
    sql("create function refuse() returns trigger language plpgsql as $$ begin "
        "if new.payload = '1' then raise exception using errcode = '54000'; end if; return new; end $$");
    put(one_, 1);
    sql("create trigger refuse before insert on journal for each row execute function refuse()");
    EXPECT_FALSE(streams_->release_row().value());
    for (int seq = 2; seq <= 100; ++seq) put(two_, seq);
    for (int time = 0; time < 3; ++time) streams_->release_row().value();
    EXPECT_EQ(number("select count(*) from journal where stream <> 77"), 99);
    EXPECT_EQ(number("select count(*) from quarantined_rows where release_asked"), 1) << "it is tried again";
    sql("drop trigger refuse on journal");
    EXPECT_TRUE(streams_->release_row().value());
    EXPECT_EQ(number("select count(*) from quarantined_rows"), 0);
}

TEST_F(TakeoverTest, OfWhatTheJournalHasNoMoreNothingIsReleased)
{
    put(one_, 1, false);
    EXPECT_FALSE(streams_->release_row().value()) << "it would be said to be journaled anew";
    EXPECT_EQ(number("select count(*) from quarantined_rows"), 0);
    EXPECT_EQ(number("select count(*) from journal_streams"), 0);
}

TEST_F(TakeoverTest, WhoEndsInOrderTakesItsTakeoversBack)
{
    put(one_, 1);
    put(two_, 2);
    ASSERT_TRUE(streams_->release_row().value());
    {
        const auto node = make_journal_streams(pipeline());
        const auto stream = node->claim_orphans().value().at(0);
        ASSERT_TRUE(node->begin_takeover(stream));
        EXPECT_EQ(takeovers(), 2);
    }
    EXPECT_EQ(takeovers(), 1) << "nobody has died over its rows";
}

TEST_F(TakeoverTest, WhatWasTakenOverToItsEndIsHistory)
{
    put(one_, 1);
    ASSERT_TRUE(streams_->release_row().value());
    {
        const auto node = make_journal_streams(pipeline());
        const auto stream = node->claim_orphans().value().at(0);
        ASSERT_TRUE(node->begin_takeover(stream));
        ASSERT_TRUE(node->end(stream));
    }
    EXPECT_EQ(takeovers(), 2);
}

}  // namespace
}  // namespace winnow::pg
