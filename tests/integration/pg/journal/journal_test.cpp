#include "integration/pg/fixture.hpp"

#include <atomic>
#include <thread>

namespace winnow::pg {
namespace {

using domain::RowPosition;
using domain::StreamId;
using ports::JournalRow;
using ports::KeyedReceipt;
using ports::ReceiptAnswer;
using testing::ElementsAre;
using testing::IsEmpty;

class JournalTest : public PgTest {
protected:
    void SetUp() override { ASSERT_TRUE(streams_->maintain_partitions()); }

    [[nodiscard]] JournalRow row(std::uint64_t seq, std::string payload = std::string("p\0q", 3)) const
    {
        return {.tenant = tenant_,
                .position = {.received_at = now_, .stream = stream_, .seq = seq},
                .alert_count = 3,
                .payload = std::move(payload)};
    }
    [[nodiscard]] KeyedReceipt receipt(const std::string& key, char body = 'a') const
    {
        return {.tenant = tenant_,
                .scope = Uuid::from_words(1, 2),
                .key = key,
                .body_sha256 = std::string(32, body),
                .status = 202,
                .answer = "{\"receipt\":\"first\"}"};
    }
    std::vector<std::uint64_t> seqs_unapplied(StreamId stream, std::uint64_t after = 0)
    {
        std::vector<std::uint64_t> seqs;
        const auto rows = streams_->unapplied(stream, after, 100);
        EXPECT_TRUE(rows);
        if (!rows) return {};
        for (const auto& unapplied : *rows) seqs.push_back(unapplied.position.seq);
        return seqs;
    }
    /// Claims, asks `rows_for(answers)` which rows there are then, and stores them.
    template <typename RowsFor>
    static Result<std::vector<ReceiptAnswer>> append_once(ports::JournalSession& session,
                                                          const std::vector<KeyedReceipt>& receipts, RowsFor rows_for)
    {
        const auto claim = session.claim(receipts);
        if (!claim) return claim.error();
        auto answers = (*claim)->answers();
        if (const auto stored = (*claim)->commit(rows_for(answers)); !stored) return stored.error();
        return answers;
    }
    /// What a killed node leaves: its sessions end without a word.
    void kill_sessions(const std::string& application)
    {
        sql("select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = '" + application +
            "' and datname = current_database()");
    }
    [[nodiscard]] std::unique_ptr<ports::JournalStreams> node(const std::string& name,
                                                              std::chrono::milliseconds deadline = std::chrono::seconds{
                                                                  15}) const
    {
        auto options = pipeline();
        options.application_name = name;
        options.deadline = deadline;
        return make_journal_streams(options);
    }

    Timestamp now_ = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    TenantId tenant_ = new_tenant();
    std::unique_ptr<ports::JournalStreams> streams_ = node("node-a");
    StreamId stream_ = streams_->open("node-a").value();
};

TEST_F(JournalTest, StoresRowsToTheByteAndTheMillisecond)
{
    const auto session = streams_->session(stream_).value();
    std::string bytes;
    for (int i = 0; i < 70'000; ++i) bytes += static_cast<char>(i);
    ASSERT_TRUE(session->append({row(1), row(2, bytes), row(3, "")}));

    const auto rows = streams_->unapplied(stream_, 0, 10).value();
    ASSERT_EQ(rows.size(), 3U);
    EXPECT_EQ(rows[0].tenant, tenant_);
    EXPECT_EQ(rows[0].position, (RowPosition{now_, stream_, 1}));
    EXPECT_EQ(rows[0].alert_count, 3U);
    EXPECT_EQ(rows[0].payload, std::string("p\0q", 3));
    EXPECT_EQ(rows[1].payload, bytes);
    EXPECT_EQ(rows[2].payload, "");
}

TEST_F(JournalTest, NothingToStoreIsNoError)
{
    EXPECT_TRUE(streams_->session(stream_).value()->append({}));
}

TEST_F(JournalTest, AStatementStoresAllRowsOrNone)
{
    const auto session = streams_->session(stream_).value();
    ASSERT_TRUE(session->append({row(2)}));
    EXPECT_EQ(session->append({row(1), row(2)}).error().code(), ErrorCode::internal) << "row 2 is there already";
    EXPECT_THAT(seqs_unapplied(stream_), ElementsAre(2));
    EXPECT_TRUE(session->append({row(3)})) << "the session goes on";
}

TEST_F(JournalTest, ADayWithoutAPartitionGetsOne)
{
    const auto session = streams_->session(stream_).value();
    auto later = row(1);
    later.position.received_at += std::chrono::days{20};
    EXPECT_TRUE(session->append({later}));

    later = row(2);
    later.position.received_at += std::chrono::days{21};
    const auto append = [&] {
        return append_once(*session, {receipt("k")}, [&](const auto&) { return std::vector{later}; });
    };
    EXPECT_EQ(append().error().code(), ErrorCode::unavailable);
    EXPECT_TRUE(append()) << "the second try finds the day made";
    EXPECT_THAT(seqs_unapplied(stream_), ElementsAre(1, 2));
}

TEST_F(JournalTest, UnappliedStartsBehindTheTenantsPositionAndTheStreams)
{
    const auto session = streams_->session(stream_).value();
    for (std::uint64_t seq = 1; seq <= 5; ++seq) ASSERT_TRUE(session->append({row(seq)}));
    sql("insert into journal_progress values ('" + tenant_.str() + "', " + std::to_string(stream_) + ", 2)");
    EXPECT_THAT(seqs_unapplied(stream_), ElementsAre(3, 4, 5));
    EXPECT_THAT(seqs_unapplied(stream_, 4), ElementsAre(5));
    ASSERT_TRUE(streams_->renew(stream_, 3, true));
    EXPECT_THAT(seqs_unapplied(stream_), ElementsAre(4, 5));
    EXPECT_EQ(streams_->unapplied(stream_, 0, 1)->size(), 1U);
    ASSERT_TRUE(streams_->renew(stream_, 1, true));
    EXPECT_THAT(seqs_unapplied(stream_), ElementsAre(4, 5)) << "a late heartbeat takes nothing back";
}

TEST_F(JournalTest, AReceiptIsFreshThenReplayedThenMismatched)
{
    const auto session = streams_->session(stream_).value();
    const auto nothing = [](const auto&) {
        return std::vector<JournalRow>();
    };
    auto outcomes = append_once(*session, {receipt("b"), receipt("a")}, [&](const std::vector<ReceiptAnswer>& answers) {
        EXPECT_EQ(answers.at(0).outcome, ReceiptAnswer::Outcome::fresh);
        EXPECT_EQ(answers.at(1).outcome, ReceiptAnswer::Outcome::fresh);
        return std::vector{row(1)};
    });
    ASSERT_TRUE(outcomes) << outcomes.error().message();
    EXPECT_THAT(seqs_unapplied(stream_), ElementsAre(1));

    auto again = receipt("a");
    again.answer = "{\"receipt\":\"second\"}";
    outcomes = append_once(*session, {receipt("c"), again, receipt("b", 'x')}, nothing);
    ASSERT_TRUE(outcomes) << outcomes.error().message();
    EXPECT_EQ(outcomes->at(0).outcome, ReceiptAnswer::Outcome::fresh);
    EXPECT_EQ(outcomes->at(1).outcome, ReceiptAnswer::Outcome::replayed);
    EXPECT_EQ(outcomes->at(1).status, 202);
    EXPECT_EQ(outcomes->at(1).answer, "{\"receipt\":\"first\"}");
    EXPECT_EQ(outcomes->at(2).outcome, ReceiptAnswer::Outcome::mismatched);
}

TEST_F(JournalTest, TheSameKeyOfAnotherTenantOrScopeIsAnotherKey)
{
    const auto session = streams_->session(stream_).value();
    auto scope = receipt("a");
    scope.scope = Uuid::from_words(3, 4);
    auto tenant = receipt("a");
    tenant.tenant = new_tenant();
    const auto outcomes =
        append_once(*session, {receipt("a"), scope, tenant}, [](const auto&) { return std::vector<JournalRow>(); });
    ASSERT_TRUE(outcomes);
    for (const auto& outcome : *outcomes) EXPECT_EQ(outcome.outcome, ReceiptAnswer::Outcome::fresh);
}

TEST_F(JournalTest, AFailedAppendOnceStoresNeitherReceiptNorRow)
{
    const auto session = streams_->session(stream_).value();
    ASSERT_TRUE(session->append({row(1)}));
    EXPECT_FALSE(append_once(*session, {receipt("a")}, [&](const auto&) { return std::vector{row(1)}; }));
    EXPECT_EQ(number("select count(*) from idempotency_receipts"), 0);
    auto nul = receipt(std::string("a\0b", 3));
    EXPECT_EQ(append_once(*session, {nul}, [](const auto&) { return std::vector<JournalRow>(); }).error().code(),
              ErrorCode::invalid_argument);
    EXPECT_TRUE(append_once(*session, {receipt("a")}, [&](const auto&) { return std::vector{row(2)}; }));
}

TEST_F(JournalTest, AClaimIsCommittedOnce)
{
    const auto session = streams_->session(stream_).value();
    const auto claim = session->claim({receipt("a")});
    ASSERT_TRUE(claim);
    ASSERT_TRUE((*claim)->commit({row(1)}));
    EXPECT_EQ((*claim)->commit({row(2)}).error().code(), ErrorCode::internal);
    EXPECT_EQ(number("select count(*) from journal"), 1);
}

TEST_F(JournalTest, AClaimThatIsDroppedLeavesItsKeysAndItsSessionFree)
{
    const auto session = streams_->session(stream_).value();
    ASSERT_TRUE(session->claim({receipt("a")}));
    EXPECT_EQ(number("select count(*) from idempotency_receipts"), 0);
    EXPECT_TRUE(session->append({row(1)}));
    const auto outcomes = append_once(*streams_->session(stream_).value(), {receipt("a")},
                                      [&](const auto&) { return std::vector{row(2)}; });
    ASSERT_TRUE(outcomes) << outcomes.error().message();
    EXPECT_EQ(outcomes->front().outcome, ReceiptAnswer::Outcome::fresh);
    EXPECT_THAT(seqs_unapplied(stream_), ElementsAre(1, 2));
}

TEST_F(JournalTest, OneKeyAtOnceOnTwoSessionsIsFreshOnce)
{
    constexpr int kRounds = 20;
    std::atomic<int> fresh = 0;
    std::atomic<int> replayed = 0;
    const auto send = [&](std::uint64_t base) {
        const auto session = streams_->session(stream_).value();
        for (std::uint64_t i = 0; i < kRounds; ++i) {
            const auto outcomes = append_once(
                *session, {receipt("k" + std::to_string(i))}, [&](const std::vector<ReceiptAnswer>& answers) {
                    return answers[0].outcome == ReceiptAnswer::Outcome::fresh ? std::vector{row(base + i)}
                                                                               : std::vector<JournalRow>();
                });
            ASSERT_TRUE(outcomes) << outcomes.error().message();
            ++(outcomes->front().outcome == ReceiptAnswer::Outcome::fresh ? fresh : replayed);
        }
    };
    {
        const std::jthread one([&] { send(1); });
        const std::jthread two([&] { send(1001); });
    }
    EXPECT_EQ(fresh, kRounds);
    EXPECT_EQ(replayed, kRounds);
    EXPECT_EQ(seqs_unapplied(stream_).size(), kRounds);
}

TEST_F(JournalTest, CommittedTellsWhatIsThere)
{
    const auto session = streams_->session(stream_).value();
    ASSERT_TRUE(session->append({row(1)}));
    EXPECT_TRUE(session->committed(tenant_, row(1).position).value());
    EXPECT_FALSE(session->committed(tenant_, row(2).position).value());
}

TEST_F(JournalTest, ASessionKilledWhileIdleIsReplacedAndNothingIsInDoubt)
{
    const auto session = streams_->session(stream_).value();
    kill_sessions("node-a");
    EXPECT_TRUE(session->append({row(1)}));
    EXPECT_THAT(seqs_unapplied(stream_), ElementsAre(1)) << "and the owner's session is replaced too";
}

// The commit has happened, its answer never arrives: a trigger holds the backend long enough to be killed around it.
TEST_F(JournalTest, AKillInTheMiddleOfAnAppendIsResolvedByAsking)
{
    for (int round = 0; round < 10; ++round) {
        const auto seq = static_cast<std::uint64_t>(round) + 1;
        const auto session = streams_->session(stream_).value();
        Result<Done> outcome = Done{};
        std::jthread writer([&] { outcome = session->append({row(seq, std::string(4'000'000, 'x'))}); });
        kill_sessions("node-a");
        writer.join();
        if (!outcome) ASSERT_EQ(outcome.error().code(), ErrorCode::timeout) << outcome.error().message();
        bool there = false;
        ASSERT_TRUE(eventually([&] {
            const auto answer = session->committed(tenant_, row(seq).position);
            there = answer.value_or(false);
            return answer.has_value();
        }));
        EXPECT_EQ(there, number("select count(*) from journal where seq = " + std::to_string(seq)) == 1);
        if (outcome) EXPECT_TRUE(there);
    }
}

// Holds a session's statement up until it is let go.
class TableLock {
public:
    explicit TableLock(const std::string& conninfo) : connection_(conninfo), tx_(connection_)
    {
        tx_.exec("begin; lock table journal in access exclusive mode");
    }
    void release() { tx_.exec("rollback"); }

private:
    pqxx::connection connection_;
    pqxx::nontransaction tx_;
};

TEST_F(JournalTest, TheWatchdogEndsAWaitAndTheOldBackendIsGoneBeforeTheAnswer)
{
    const auto impatient = node("impatient", std::chrono::milliseconds{300});
    const auto stream = impatient->open("impatient").value();
    const auto session = impatient->session(stream).value();
    auto mine = row(1);
    mine.position.stream = stream;
    {
        TableLock lock(database_.superuser);
        const auto started = std::chrono::steady_clock::now();
        EXPECT_EQ(session->append({mine}).error().code(), ErrorCode::timeout);
        EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds{3});
        lock.release();
    }
    bool there = true;
    ASSERT_TRUE(eventually([&] {
        const auto answer = session->committed(tenant_, mine.position);
        there = answer.value_or(true);
        return answer.has_value();
    }));
    EXPECT_EQ(there, number("select count(*) from journal") == 1);
    EXPECT_EQ(
        number("select count(*) from pg_stat_activity where application_name = 'impatient' and query like '%insert "
               "into journal %' and state = 'active'"),
        0);
}

TEST_F(JournalTest, AStreamIsAnOrphanOnlyWhenEverySessionThatCouldWriteIsGone)
{
    const auto other = node("node-b");
    auto session = streams_->session(stream_).value();
    ASSERT_TRUE(session->append({row(1)}));
    EXPECT_THAT(other->claim_orphans().value(), IsEmpty());

    streams_.reset();
    EXPECT_THAT(other->claim_orphans().value(), IsEmpty()) << "one writer could still commit";
    session.reset();
    ASSERT_TRUE(eventually([&] { return !other->claim_orphans().value().empty(); }));
    EXPECT_EQ(other->unapplied(stream_, 0, 10)->size(), 1U);

    const auto third = node("node-c");
    EXPECT_THAT(third->claim_orphans().value(), IsEmpty()) << "it has an owner";
    ASSERT_TRUE(other->end(stream_));
    EXPECT_THAT(third->claim_orphans().value(), IsEmpty()) << "it is history";
}

TEST_F(JournalTest, AWriterWhoseStreamWasTakenOverWritesNeverAgain)
{
    const auto other = node("node-b");
    const auto session = streams_->session(stream_).value();
    ASSERT_TRUE(session->append({row(1)}));
    kill_sessions("node-a");
    EXPECT_THAT(other->claim_orphans().value(), ElementsAre(stream_));
    EXPECT_EQ(session->append({row(2)}).error().code(), ErrorCode::unavailable) << "not decided yet";
    EXPECT_FALSE(session->committed(tenant_, row(2).position).value()) << "asking is still possible";
    ASSERT_TRUE(other->end(stream_));
    EXPECT_EQ(session->append({row(2)}).error().code(), ErrorCode::conflict);
    EXPECT_EQ(streams_->renew(stream_, 1, true).error().code(), ErrorCode::conflict);
    EXPECT_EQ(streams_->session(stream_).error().code(), ErrorCode::conflict);
    EXPECT_EQ(streams_->end(stream_).error().code(), ErrorCode::conflict);
}

TEST_F(JournalTest, AClaimedStreamIsNamedAgainUntilItIsEnded)
{
    const auto other = node("node-b");
    kill_sessions("node-a");
    ASSERT_TRUE(eventually([&] { return !other->claim_orphans().value().empty(); }));
    EXPECT_THAT(other->claim_orphans().value(), ElementsAre(stream_)) << "its replay may not have begun";
    ASSERT_TRUE(other->open("node-b"));
    EXPECT_THAT(other->claim_orphans().value(), ElementsAre(stream_)) << "its own is no orphan";
    ASSERT_TRUE(other->end(stream_));
    EXPECT_THAT(other->claim_orphans().value(), IsEmpty());
}

TEST_F(JournalTest, OnlyOneOfManyNodesClaimsAnOrphan)
{
    streams_.reset();
    std::vector<std::unique_ptr<ports::JournalStreams>> nodes;
    for (int i = 0; i < 4; ++i) nodes.push_back(node("node-" + std::to_string(i)));
    std::atomic<std::size_t> claims = 0;
    ASSERT_TRUE(eventually([&] {
        std::vector<std::jthread> threads;
        for (auto& each : nodes) threads.emplace_back([&] { claims += each->claim_orphans().value().size(); });
        threads.clear();
        return claims > 0;
    }));
    EXPECT_EQ(claims, 1U);
}

TEST_F(JournalTest, WithoutADatabaseEverythingIsUnavailable)
{
    const auto nowhere = make_journal_streams({.conninfo = "host=/nowhere"});
    EXPECT_EQ(nowhere->open("n").error().code(), ErrorCode::unavailable);
    EXPECT_EQ(nowhere->session(1).error().code(), ErrorCode::unavailable);
    EXPECT_EQ(nowhere->claim_orphans().error().code(), ErrorCode::unavailable);
}

}  // namespace
}  // namespace winnow::pg
