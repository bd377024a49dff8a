/// @file
/// What rules hold back and something covers at the same time: whatever ends first, the page comes when the last is
/// over.

#include "unit/triage/holds_fixture.hpp"
#include "winnow/triage/release.hpp"

namespace winnow::triage {
namespace {

Evaluated covered(Evaluated evaluated)
{
    evaluated = suppressed(std::move(evaluated), "silence: upgrade");
    evaluated.cover = domain::Cover{.cause = {.kind = domain::QuietKind::silence, .id = Uuid::from_words(3, 4)},
                                    .reason = "silence: upgrade",
                                    .until = at(1h),
                                    .source_key = {}};
    return evaluated;
}

struct CoveredHolds : HoldRules {
    domain::Verdict counted_covered(std::chrono::milliseconds when)
    {
        return take(covered(asking(alerts.firing("k", when), 2, kThree)));
    }
    domain::Verdict flapped_covered(std::chrono::milliseconds when, bool firing)
    {
        auto alert = asking(firing ? alerts.firing("k", when) : alerts.resolved("k", when), 3, kFlap);
        return take(firing ? covered(std::move(alert)) : std::move(alert));
    }
    void cover_ends(std::chrono::milliseconds when) { store.release_all(at(when)); }
};

}  // namespace

TEST_F(CoveredHolds, AThresholdThatIsReachedUnderACoverIsToldOfWhenThatIsOver)
{
    counted_covered(0s);
    counted_covered(1min);
    EXPECT_EQ(only().state, InState::held);
    EXPECT_EQ(counted_covered(2min).disposition, Disposition::silenced);
    EXPECT_EQ(only().state, InState::open);
    EXPECT_TRUE(only().suppressed);
    EXPECT_THAT(store.events.back().data, HasSubstr(R"("released":"threshold")"));
    store.pass(at(40min));
    EXPECT_EQ(only().state, InState::open) << "it is not given up any more";
    EXPECT_THAT(pages(), IsEmpty());
    cover_ends(1h);
    EXPECT_THAT(pages(), ElementsAre(opened));
    resolved(2h);
    EXPECT_THAT(pages(), ElementsAre(opened, recovered));
}

TEST_F(CoveredHolds, ACoveredAlertThatReachesTheThresholdOfUncoveredOnesCoversTheTicket)
{
    counted(0s);
    counted(1min);
    auto third = asking(alerts.firing("k", 2min), 2, kThree);
    third.alert.severity = domain::Severity::critical;
    take(covered(std::move(third)));
    EXPECT_EQ(only().state, InState::open);
    EXPECT_TRUE(only().suppressed);
    EXPECT_EQ(only().suppression_reason, "silence: upgrade");
    EXPECT_THAT(pages(), IsEmpty());
    cover_ends(1h);
    ASSERT_THAT(pages(), ElementsAre(opened));
    EXPECT_EQ(store.notices.front().ticket.severity, domain::Severity::critical);
}

TEST_F(CoveredHolds, ACoveredAlertBelowTheThresholdProlongsTheCount)
{
    counted(0s);
    counted_covered(8min);
    EXPECT_EQ(only().restraint.until, at(18min));
    EXPECT_FALSE(only().suppressed) << "people will hear of it by the first alert that is not covered";
    store.pass(at(17min));
    EXPECT_EQ(only().state, InState::held);
}

TEST_F(CoveredHolds, AThresholdThatIsReachedUnderACoverBeginsThePauseBesideIt)
{
    for (const auto when : {0s, 60s, 120s}) {
        take(covered(asking(asking(alerts.firing("k", when), 2, kThree), 1, kPause)));
    }
    EXPECT_EQ(only().state, InState::held);
    EXPECT_EQ(only().restraint.by, HoldKind::pause);
    store.pass(at(7min));
    EXPECT_EQ(only().state, InState::open);
    EXPECT_THAT(pages(), IsEmpty());
    cover_ends(1h);
    EXPECT_THAT(pages(), ElementsAre(opened));
}

TEST_F(CoveredHolds, WhatARuleSuppressesCountsTowardsAThresholdToo)
{
    for (const auto when : {0s, 60s, 120s}) take(suppressed(asking(alerts.firing("k", when), 2, kThree)));
    store.pass(at(40min));
    EXPECT_EQ(only().state, InState::open);
    EXPECT_THAT(pages(), IsEmpty());
    take(alerts.firing("k", 41min));
    EXPECT_THAT(pages(), ElementsAre(opened)) << "the first that nothing suppresses";
}

TEST_F(CoveredHolds, ASuppressedAlertThatNoThresholdCountsLetsNothingGo)
{
    counted(0s);
    take(suppressed(alerts.firing("k", 1min)));
    EXPECT_EQ(only().state, InState::held);
    EXPECT_FALSE(only().suppressed);
}

TEST_F(CoveredHolds, ACoveredAlertThatNothingHoldsBackIsOwedWhateverElseIsHeld)
{
    counted(0s);
    take(covered(alerts.firing("k", 1min)));
    store.pass(at(40min));
    EXPECT_THAT(pages(), IsEmpty());
    cover_ends(1h);
    EXPECT_THAT(pages(), ElementsAre(opened))
        << "the threshold's time has run out, but it was not what kept this quiet";
}

TEST_F(CoveredHolds, FlappingThatBeginsUnderACoverTellsNobodyOfAHeldTicket)
{
    const auto both = [&](std::chrono::milliseconds when, bool firing, bool is_covered) {
        auto alert = firing ? alerts.firing("k", when) : alerts.resolved("k", when);
        alert = asking(asking(std::move(alert), 1, kPause), 3, FlapAction{2, 30min, 10min, FlapMode::transitions});
        return is_covered ? covered(std::move(alert)) : std::move(alert);
    };
    auto first = both(0min, true, false);
    auto over = both(0min, false, false);
    auto third = both(0min, true, true);
    over.position = {.row = first.position.row, .index = 1};
    third.position = {.row = first.position.row, .index = 2};
    store.apply({first, over, third});  // the third joins what the second would have ended
    EXPECT_EQ(only().state, InState::open);
    EXPECT_THAT(pages(), IsEmpty());
    cover_ends(3min);
    EXPECT_THAT(pages(), ElementsAre(opened));
}

TEST_F(CoveredHolds, TheEndOfFlappingIsToldOnlyWhereItsBeginWas)
{
    for (int i = 0; i < 5; ++i) flapped_covered(i * 1min, i % 2 == 0);
    EXPECT_NE(only().restraint.flapping, Flapping::no);
    EXPECT_THAT(pages(), IsEmpty());
    cover_ends(5min);
    EXPECT_THAT(pages(), ElementsAre(opened));
    store.pass(at(1h));
    EXPECT_THAT(pages(), ElementsAre(opened)) << "nobody has heard that it flapped";
    resolved(2h);
    EXPECT_THAT(pages(), ElementsAre(opened, recovered));
}

TEST_F(CoveredHolds, FlappingThatGoesOnAfterTheCoverIsToldOfAndItsEndToo)
{
    for (int i = 0; i < 5; ++i) flapped_covered(i * 1min, i % 2 == 0);
    cover_ends(5min);
    flapped(6min, false);
    flapped(7min, true);
    EXPECT_THAT(pages(), ElementsAre(opened, flapping_started));
    store.pass(at(1h));
    EXPECT_THAT(pages(), ElementsAre(opened, flapping_started, flapping_settled));
}

TEST_F(CoveredHolds, TheFirstUncoveredAlertOfWhatFlapsTellsThatItIsThereAndThatItFlaps)
{
    for (int i = 0; i < 6; ++i) flapped_covered(i * 1min, i % 2 == 0);
    flapped(6min, true);
    EXPECT_THAT(pages(), ElementsAre(opened, flapping_started));
    store.pass(at(1h));
    EXPECT_THAT(pages(), ElementsAre(opened, flapping_started, flapping_settled));
}

TEST_F(CoveredHolds, WhatFlapsAndIsOverWhenItsCoverEndsIsToldOfWhenItComesBack)
{
    for (int i = 0; i < 6; ++i) flapped_covered(i * 1min, i % 2 == 0);
    cover_ends(6min);
    EXPECT_THAT(pages(), IsEmpty());
    EXPECT_EQ(only().state, InState::recovered);
    EXPECT_FALSE(only().suppressed);
    flapped(7min, true);
    ASSERT_THAT(pages(), ElementsAre(opened));
    store.pass(at(1h));
    flapped(2h, false);
    EXPECT_EQ(pages().back(), recovered);
}

}  // namespace winnow::triage
