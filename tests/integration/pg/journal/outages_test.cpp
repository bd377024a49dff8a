/// @file
/// Time in which no node served is nobody's: what it does to ends, whoever looks first.

#include "integration/pg/triage/triage_fixture.hpp"
#include "winnow/pg/quiet_store.hpp"

namespace winnow::pg {
namespace {

class OwnOutage : public TriageFixture {
protected:
    /// As if everything had happened so much earlier.
    void move_back(const std::string& time)
    {
        sql("update journal_streams set renewed_at = renewed_at - interval '" + time + "'");
        sql("update alert_instances set ends_at = ends_at - interval '" + time + "'");
        sql("update outages set began_at = began_at - interval '" + time + "', ended_at = ended_at - interval '" +
            time + "'");
    }
    /// That much time, in which a node served.
    void pass(const std::string& time)
    {
        move_back(time);
        sql("update journal_streams set renewed_at = now()");
    }
    /// Also for rows of yesterday: it may be just after midnight.
    void make_partitions()
    {
        sql("select make_day_partitions(((now() - interval '30 minutes') at time zone 'UTC')::date, 2)");
    }
    void instance(const std::string& key, const std::string& ends_in)
    {
        sql("insert into alert_instances (tenant_id, instance_key, ticket_id, starts_at, ends_at, firing) values ('" +
            tenant_.str() + "', '" + key + "', gen_random_uuid(), now(), now() + interval '" + ends_in + "', true)");
    }
    std::vector<std::string> expired()
    {
        auto keys = judged();
        EXPECT_EQ(store_->tenants_with_expired_instances().value().empty(), keys.empty());
        return keys;
    }
    std::vector<std::string> judged()
    {
        std::vector<std::string> keys;
        const auto done = store_->expire(tenant_, 100, [&](auto instances, const auto&, Timestamp) {
            for (const auto& instance : instances) keys.push_back(instance.key);
            return ports::TriageWrites();
        });
        EXPECT_TRUE(done) << done.error().message();
        return keys;
    }
};

TEST_F(OwnOutage, EndsThatPassedMeanwhileAreJudgedOneResolveTimeoutAfterIt)
{
    instance("long gone", "-1 minute");
    instance("in between", "4 minutes");
    ASSERT_TRUE(streams_->renew(stream_, 0, true));
    EXPECT_EQ(number("select count(*) from outages"), 0);
    move_back("1 hour");
    ASSERT_TRUE(streams_->open("another node, or the next start"));
    EXPECT_EQ(number("select count(*) from outages where ended_at - began_at between '59 minutes' and '61 minutes'"),
              1);
    EXPECT_THAT(expired(), testing::ElementsAre("long gone")) << "nobody could refresh the other one";
    pass("4 minutes");
    EXPECT_THAT(expired(), testing::ElementsAre("long gone"));
    pass("2 minutes");
    EXPECT_THAT(expired(), testing::ElementsAre("long gone", "in between"));
}

TEST_F(OwnOutage, WhatTheClockLeftOutIsNobodysEitherAlsoWhereNoHeartbeatShowsIt)
{
    instance("long gone", "-2 hours");
    instance("in between", "-1 minute");
    ASSERT_TRUE(streams_->renew(stream_, 0, true));
    const auto expired = [&](ports::Turn turn) {
        std::vector<std::string> keys;
        const auto locked = store_->real().lock_expired(tenant_, turn);
        EXPECT_TRUE(locked);
        if (!locked) return keys;
        for (const auto& instance : locked->rows.instances) keys.push_back(instance.key);
        return keys;
    };
    using std::chrono::hours;
    using std::chrono::minutes;
    using std::chrono::seconds;
    EXPECT_THAT(expired(100), testing::ElementsAre("long gone", "in between"));
    const std::vector<domain::Outage> jump{{.began = now_ - hours{1}, .ended = now_ - seconds{10}}};
    EXPECT_THAT(expired({100, {}, jump}), testing::ElementsAre("long gone"));
    const std::vector<domain::Outage> before{{.began = now_ - hours{1}, .ended = now_ - minutes{6}}};
    EXPECT_THAT(expired({100, {}, before}), testing::ElementsAre("long gone", "in between")) << "the timeout is five";
}

TEST_F(OwnOutage, NothingEndsBeforeWhatCameInUntilThenIsApplied)
{
    make_partitions();
    instance("long gone", "-20 minutes");
    instance("refreshed", "-1 minute");
    sql("insert into journal (tenant_id, received_at, stream, seq, alert_count, payload) values ('" + tenant_.str() +
        "', now() - interval '5 minutes', " + std::to_string(stream_) + ", 7, 1, '')");
    EXPECT_THAT(judged(), testing::ElementsAre("long gone")) << "what refreshes the other one waits to be applied";
    sql("insert into journal_progress (tenant_id, stream, applied_seq) values ('" + tenant_.str() + "', " +
        std::to_string(stream_) + ", 7)");
    EXPECT_THAT(judged(), testing::ElementsAre("long gone", "refreshed"));
    sql("delete from journal_progress");
    EXPECT_THAT(judged(), testing::ElementsAre("long gone"));
    ASSERT_TRUE(streams_->renew(stream_, 7, true));
    EXPECT_THAT(judged(), testing::ElementsAre("long gone", "refreshed")) << "applied for every tenant";
}

TEST_F(OwnOutage, WhatWaitsOfSomebodyElseHoldsBackNobody)
{
    make_partitions();
    instance("long gone", "-20 minutes");
    instance("refreshed", "-1 minute");
    const auto row = [&](const std::string& tenant, const std::string& age, int seq) {
        sql("insert into journal (tenant_id, received_at, stream, seq, alert_count, payload) values (" + tenant +
            ", now() - interval '" + age + "', " + std::to_string(stream_) + ", " + std::to_string(seq) + ", 1, '')");
    };
    row("gen_random_uuid()", "30 minutes", 5);  // stuck
    EXPECT_THAT(judged(), testing::ElementsAre("long gone", "refreshed"));
    row("gen_random_uuid()", "8 minutes", 6);
    row("'" + tenant_.str() + "'", "5 minutes", 7);
    EXPECT_THAT(judged(), testing::ElementsAre("long gone"));
    sql("insert into journal_progress (tenant_id, stream, applied_seq) values ('" + tenant_.str() + "', " +
        std::to_string(stream_) + ", 7)");
    row("gen_random_uuid()", "4 minutes", 8);
    EXPECT_THAT(judged(), testing::ElementsAre("long gone", "refreshed"));
}

TEST_F(OwnOutage, ANodeWhoseDatabaseWasAwayNotesIt)
{
    instance("in between", "4 minutes");
    move_back("10 minutes");
    ASSERT_TRUE(streams_->renew(stream_, 0, true));
    ASSERT_TRUE(streams_->renew(stream_, 0, true));
    EXPECT_EQ(number("select count(*) from outages"), 1);
    EXPECT_THAT(expired(), testing::IsEmpty());
}

TEST_F(OwnOutage, EndsAreNotJudgedBeforeItIsWrittenDown)
{
    instance("long gone", "-1 minute");
    instance("in between", "4 minutes");
    move_back("10 minutes");
    EXPECT_EQ(number("select count(*) from outages"), 0);
    EXPECT_THAT(expired(), testing::ElementsAre("long gone")) << "whoever is first after it, heartbeat or timer";
    ASSERT_TRUE(streams_->renew(stream_, 0, true));
    EXPECT_THAT(expired(), testing::ElementsAre("long gone"));
}

TEST_F(OwnOutage, TheNextOneBeforeSendersCameAgainProlongsIt)
{
    instance("in between", "4 minutes");
    move_back("10 minutes");
    ASSERT_TRUE(streams_->renew(stream_, 0, true));
    move_back("8 minutes");  // again, three minutes after the first: the timeout is five
    sql("update journal_streams set renewed_at = now() - interval '5 minutes'");
    ASSERT_TRUE(streams_->renew(stream_, 0, true));
    EXPECT_EQ(number("select count(*) from outages"), 2);
    EXPECT_THAT(expired(), testing::IsEmpty());
    pass("6 minutes");
    EXPECT_THAT(expired(), testing::ElementsAre("in between"));
}

TEST_F(OwnOutage, ANodeThatCannotWriteTheJournalDoesNotServe)
{
    instance("in between", "4 minutes");
    ASSERT_TRUE(streams_->renew(stream_, 7, true));
    move_back("10 minutes");
    sql("update journal_streams set settled_at = now() - interval '9 days'");
    ASSERT_TRUE(streams_->renew(stream_, 8, false)) << "its stream is still its own";
    EXPECT_EQ(number("select applied_seq from journal_streams"), 8);
    EXPECT_EQ(number("select count(*) from journal_streams where settled_at > now() - interval '2 days'"), 1);
    EXPECT_THAT(make_journal_streams(pipeline())->claim_orphans().value(), testing::IsEmpty());
    EXPECT_EQ(number("select count(*) from outages"), 0) << "it lasts";
    EXPECT_THAT(expired(), testing::IsEmpty());
    ASSERT_TRUE(streams_->renew(stream_, 8, true));
    EXPECT_EQ(number("select count(*) from outages where ended_at - began_at between '9 minutes' and '11 minutes'"), 1);
    EXPECT_THAT(expired(), testing::IsEmpty()) << "senders have one resolve timeout to come again";
}

TEST_F(OwnOutage, NoSilenceEndsAsQuietBeforeItIsWrittenDown)
{
    sql("insert into silences (tenant_id, silence_id, condition, syntax, starts_at, ends_at, comment, "
        "end_when_quiet_ms, created_by, created_at, updated_by) values ('" +
        tenant_.str() +
        "', gen_random_uuid(), 'true', 'cel', now() - interval '1 hour', now() + interval '1 hour', 'c', 60000, 'u', "
        "now() - interval '1 hour', 'u')");
    const auto quiet = make_quiet_store(pipeline());
    move_back("10 minutes");
    EXPECT_EQ(quiet->end_quiet_silences().value().rows, 0U) << "it came before the heartbeat";
    ASSERT_TRUE(streams_->renew(stream_, 0, true));
    EXPECT_EQ(quiet->end_quiet_silences().value().rows, 0U) << "it counts from the end of the outage";
    pass("2 minutes");
    EXPECT_EQ(quiet->end_quiet_silences().value().rows, 1U);
}

TEST_F(OwnOutage, WhileAnotherNodeServesThereIsNone)
{
    const auto other = streams_->open("other").value();
    move_back("10 minutes");
    sql("update journal_streams set renewed_at = now() where stream = " + std::to_string(other));
    ASSERT_TRUE(streams_->renew(stream_, 0, true));
    EXPECT_EQ(number("select count(*) from outages"), 0);
}

}  // namespace
}  // namespace winnow::pg
