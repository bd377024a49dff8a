#include "winnow/triage/release.hpp"

#include "unit/triage/store_model.hpp"

#include <gmock/gmock.h>

namespace winnow::triage {
namespace {

using namespace std::chrono_literals;
using domain::Disposition;
using testing::ElementsAre;
using testing::IsEmpty;
using enum domain::TicketEventKind;

Evaluated covered(Evaluated evaluated, domain::QuietKind kind = domain::QuietKind::silence)
{
    evaluated = suppressed(std::move(evaluated), "silence: upgrade");
    evaluated.cover = domain::Cover{.cause = {.kind = kind, .id = Uuid::from_words(3, 4)},
                                    .reason = "silence: upgrade",
                                    .until = at(1h),
                                    .source_key = {}};
    return evaluated;
}

struct Release : testing::Test {
    AlertSource alerts;
    StoreModel store;

    domain::Verdict take(const Evaluated& evaluated) { return store.apply({evaluated}).verdicts.front(); }
    Outcome let_go(Timestamp now = at(1h)) { return store.release_all(now); }
};

TEST_F(Release, ACoveredAlertKeepsItsTicketUntoldAndItsVerdictNamesTheCause)
{
    const auto verdict = take(covered(alerts.firing("k")));
    EXPECT_EQ(verdict.disposition, Disposition::silenced);
    EXPECT_EQ(verdict.quieted_by, (domain::QuietCause{domain::QuietKind::silence, Uuid::from_words(3, 4)}));
    EXPECT_EQ(verdict.effect, domain::TicketEffect::opened);
    EXPECT_TRUE(store.ticket(1).suppressed);
    EXPECT_EQ(store.ticket(1).suppression_reason, "silence: upgrade");
    EXPECT_THAT(store.notices, IsEmpty());
    EXPECT_EQ(take(covered(alerts.firing("i"), domain::QuietKind::inhibition)).disposition, Disposition::inhibited);
    EXPECT_EQ(take(covered(alerts.firing("w"), domain::QuietKind::maintenance_window)).disposition,
              Disposition::silenced);
}

TEST_F(Release, ARuleThatSuppressesGoesBeforeAndNamesNoCause)
{
    const auto verdict = take(suppressed(alerts.firing("k")));
    EXPECT_EQ(verdict.disposition, Disposition::suppressed);
    EXPECT_FALSE(verdict.quieted_by);
}

TEST_F(Release, RecoveriesPassThrough)
{
    take(alerts.firing("k"));
    take(covered(alerts.firing("k", 1s)));
    store.notices.clear();
    EXPECT_EQ(take(alerts.resolved("k", 2s)).disposition, Disposition::resolved);
    EXPECT_THAT(told(store.notices), ElementsAre(recovered)) << "people know of this ticket";
}

TEST_F(Release, TellsOnceWhatNothingCoversAnyMore)
{
    take(covered(alerts.firing("k")));
    const auto outcome = let_go();
    ASSERT_EQ(outcome.notices.size(), 1U);
    EXPECT_EQ(outcome.notices[0].event.kind, opened);
    EXPECT_EQ(outcome.notices[0].event.at, at(1h));
    EXPECT_EQ(outcome.notices[0].event.seq, 2);
    EXPECT_EQ(outcome.notices[0].ticket.description, "93%");
    EXPECT_THAT(outcome.notices[0].event.data, testing::HasSubstr(R"("severity":"warning","unsuppressed":true)"));
    EXPECT_FALSE(store.ticket(1).suppressed);
    EXPECT_EQ(store.ticket(1).suppression_reason, "");
    EXPECT_THAT(let_go().notices, IsEmpty());
    take(alerts.resolved("k", 2h));
    EXPECT_THAT(told(store.notices), ElementsAre(opened, recovered));
}

TEST_F(Release, LeavesWhatHasEndedMeanwhileUntold)
{
    take(covered(alerts.firing("k")));
    take(alerts.resolved("k", 1s));
    const auto outcome = let_go();
    EXPECT_THAT(outcome.notices, IsEmpty());
    EXPECT_THAT(outcome.changed, IsEmpty());
    EXPECT_THAT(store.notices, IsEmpty()) << "neither its opening nor its recovery";
}

TEST_F(Release, AHeldTicketLosesItsSuppressionAndIsToldOfLater)
{
    take(covered(alerts.firing("k")));
    store.tickets.begin()->second.state = domain::TicketState::held;
    const auto outcome = let_go();
    EXPECT_THAT(outcome.notices, IsEmpty());
    EXPECT_FALSE(store.ticket(1).suppressed);
}

TEST_F(Release, IsForWhatIsQuietStillAndWhatHasEndedQuietlyWaits)
{
    take(covered(alerts.firing("quiet")));
    take(alerts.firing("heard"));
    take(covered(alerts.firing("over")));
    take(alerts.resolved("over", 1s));
    States states;
    for (const auto& [id, ticket] : store.tickets) states.tickets.push_back(ticket);
    EXPECT_EQ(quiet_turn(states, store.ticket(1).id), QuietTurn::judge);
    EXPECT_EQ(quiet_turn(states, store.ticket(2).id), QuietTurn::leave);
    EXPECT_EQ(quiet_turn(states, store.ticket(3).id), QuietTurn::park);
    EXPECT_EQ(quiet_turn(states, TicketId()), QuietTurn::leave) << "it is gone";
}

TEST_F(Release, IgnoresTicketsThatWereNotLoaded)
{
    EXPECT_THAT(release({{.ticket_id = {}, .alert_id = {}}}, {}, at(1h)).events, IsEmpty());
}

}  // namespace
}  // namespace winnow::triage
