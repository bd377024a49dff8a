/// @file
/// Streams that are taken over because rows in them ended processes, or were released.

#include "fixture.hpp"

#include <gmock/gmock.h>

namespace winnow::pg {
namespace {

class TakeoverTest : public PgTest {
protected:
    void SetUp() override { ASSERT_TRUE(make_journal_streams(pipeline())->maintain_partitions()); }

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
    const std::unique_ptr<ports::JournalStreams> streams_ = make_journal_streams(pipeline());
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
