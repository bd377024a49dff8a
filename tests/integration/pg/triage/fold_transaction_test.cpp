/// @file
/// A tenant's folding, locked: who else waits, whose the session is, and what is left of it.

#include "triage_fixture.hpp"
#include "winnow/pg/sessions.hpp"

#include <pqxx/transaction>

namespace winnow::pg {
namespace {

using ports::TriageWrites;
using testing::ElementsAre;
using testing::IsEmpty;

class FoldTransactionTest : public TriageFixture {
protected:
    /// Of one session, for triage alone.
    [[nodiscard]] Sessions one_session() const
    {
        auto options = pipeline();
        options.session_wait = std::chrono::milliseconds{50};
        SessionPlaces places;
        places.of(Errand::triage).own = 1;
        return {options, places};
    }
    [[nodiscard]] ports::TriageStore& store() const { return store_->real(); }
};

TEST_F(FoldTransactionTest, GivesItsSessionBackWhenItGoes)
{
    const auto store = make_triage_store(one_session());
    for (std::uint64_t seq = 1; seq <= 3; ++seq) {
        const auto fold = store->lock(tenant_, seq - 1, at(seq), {});
        ASSERT_TRUE(fold) << fold.error().message();
        ASSERT_TRUE((*fold)->commit());
    }
    ASSERT_TRUE(store->lock(tenant_, 3, at(4), {})) << "and dropped";
    EXPECT_EQ(store->applied(tenant_, stream_).value(), 3U);
}

TEST_F(FoldTransactionTest, WhoHasOneAsksThePoolForNothingElse)
{
    const auto fold = store().lock(tenant_, 0, at(1), {});
    ASSERT_TRUE(fold);
    EXPECT_EQ(store().applied(tenant_, stream_).error().code(), ErrorCode::internal);
    EXPECT_TRUE((*fold)->commit()) << "which harms it not";
}

TEST_F(FoldTransactionTest, KeepsTimersAndOtherFoldsFromTheTenantUntilItGoes)
{
    const auto another = make_triage_store(pipeline());
    {
        const auto fold = store().lock(tenant_, 0, at(1), {});
        ASSERT_TRUE(fold);
        EXPECT_EQ(another->lock_expired(tenant_, 1).error().code(), ErrorCode::conflict) << "it stays due";
        EXPECT_EQ(another->lock(tenant_, 0, at(1), {}).error().code(), ErrorCode::unavailable)
            << "its batch is not to be dropped";
        EXPECT_TRUE(another->lock(new_tenant(), 0, at(1), {}));
    }
    EXPECT_TRUE(another->lock_expired(tenant_, 1));
    EXPECT_TRUE(another->lock(tenant_, 0, at(1), {}));
}

TEST_F(FoldTransactionTest, StoresAgainWhatDependsOnWhatItHasStored)
{
    const domain::Judge judge{.kind = domain::JudgeKind::rule, .id = new_uuid()};
    const auto fold = store().lock(tenant_, 0, at(1), {});
    ASSERT_TRUE(fold);
    ASSERT_TRUE((*fold)->load(by_keys({"k"})));
    ASSERT_TRUE((*fold)->store(opening({opened("k", 1)}, 2)));
    auto known = (*fold)->load_costs({judge}, by_keys({"k"}));
    ASSERT_TRUE(known) << known.error().message();
    ASSERT_TRUE(*known);
    EXPECT_THAT((*known)->costs, IsEmpty());
    ASSERT_EQ((*known)->states.tickets.size(), 1U);
    EXPECT_EQ((*known)->states.next_number, 2);
    TriageWrites writes;
    writes.outcome.changed = (*known)->states.tickets;
    writes.outcome.changed[0].occurrences = 9;
    writes.costs = {{.judge = judge, .version = 3, .record = {}, .last_alert = AlertId(new_uuid())}};
    ASSERT_TRUE((*fold)->store(writes));
    ASSERT_TRUE((*fold)->commit());
    EXPECT_EQ(number("select occurrences from tickets"), 9);
    EXPECT_EQ(text("select id from set_asides"), judge.id.str());
}

TEST_F(FoldTransactionTest, AConfigurationThatSomebodyIsAboutToChangeIsNotWaitedFor)
{
    const auto fold = store().lock(tenant_, 0, at(1), {});
    ASSERT_TRUE(fold);
    {
        pqxx::connection connection(database_.superuser);
        pqxx::work request(connection);
        request.exec("select from tenants for no key update");
        const auto known = (*fold)->load_costs({}, by_keys({"k"}));
        ASSERT_TRUE(known) << known.error().message();
        EXPECT_EQ(known->has_value(), false);
    }
    EXPECT_TRUE((*fold)->commit()) << "the fold is stored without it";
    EXPECT_EQ(store().applied(tenant_, stream_).error().code(), ErrorCode::internal) << "the session is still its own";
}

/// Both ways to it: a session may have to be called something else first, and there the server may say no as well.
TEST_F(FoldTransactionTest, ARaceThatIsLostBeforeItBeginsIsCalledAsOneThatIsLostLater)
{
    sql("create schema faults; grant usage on schema faults to public;"
        "create function faults.set_config(text, text, boolean) returns text language plpgsql as "
        "'begin if $1 = ''application_name'' then raise exception using errcode = ''55P03''; end if; "
        "return pg_catalog.set_config($1, $2, $3); end'");
    auto options = pipeline();
    options.conninfo += " options='-c search_path=faults,pg_catalog,public'";
    SessionPlaces places;
    places.common = 1;
    places.of(Errand::triage) = {.own = 0, .of_common = 1, .name = "triage"};
    places.of(Errand::timers) = {.own = 0, .of_common = 1, .name = "timers"};
    {
        const auto store = make_triage_store({options, places});
        ASSERT_TRUE(store->tenants_with_expired_instances()) << "the one session is the timers'";
        EXPECT_EQ(store->lock(tenant_, 0, at(1), {}).error().code(), ErrorCode::unavailable)
            << "its batch is not to be dropped";
        EXPECT_TRUE(store->lock_expired(tenant_, 1)) << "whose session it still is";
    }
    const auto store = make_triage_store({options, places});
    ASSERT_EQ(store->applied(tenant_, stream_).value(), 0U) << "the one session is triage's";
    EXPECT_EQ(store->lock_expired(tenant_, 1).error().code(), ErrorCode::conflict) << "it stays due";
    EXPECT_TRUE(store->lock(tenant_, 0, at(1), {}));
}

TEST_F(FoldTransactionTest, AfterItsCommitItDoesNothingAnyMore)
{
    const auto fold = store().lock(tenant_, 0, at(1), {});
    ASSERT_TRUE(fold);
    ASSERT_TRUE((*fold)->commit());
    EXPECT_EQ((*fold)->load(by_keys({"k"})).error().code(), ErrorCode::internal);
    EXPECT_EQ((*fold)->load_costs({}, by_keys({"k"})).error().code(), ErrorCode::internal);
    EXPECT_EQ((*fold)->store(opening({opened("k", 1)}, 2)).error().code(), ErrorCode::internal);
    EXPECT_EQ((*fold)->commit().error().code(), ErrorCode::internal);
    EXPECT_EQ(number("select count(*) from tickets"), 0) << "it is nobody's fold";
}

/// PostgreSQL ends a transaction whose commit it refuses: what came after it would be one of its own.
TEST_F(FoldTransactionTest, NorAfterOneThatWasRefused)
{
    sql("create function refuse() returns trigger language plpgsql as "
        "'begin raise exception using errcode = ''23514''; end';"
        "create constraint trigger refuse after update on journal_progress deferrable initially deferred "
        "for each row execute function refuse()");
    ASSERT_TRUE(store_->apply(tenant_, 0, at(1), {}, nothing));
    const auto fold = store().lock(tenant_, 1, at(2), {});
    ASSERT_TRUE(fold) << fold.error().message();
    ASSERT_FALSE((*fold)->commit());
    EXPECT_EQ((*fold)->store(opening({opened("k", 1)}, 2)).error().code(), ErrorCode::internal);
    EXPECT_EQ(number("select count(*) from tickets"), 0);
}

TEST_F(FoldTransactionTest, AfterAnErrorNothingOfItIsStored)
{
    {
        const auto fold = store().lock(tenant_, 0, at(1), {});
        ASSERT_TRUE(fold);
        ASSERT_TRUE((*fold)->store(opening({opened("k", 1)}, 2)));
        EXPECT_EQ((*fold)->store(opening({opened("k", 2)}, 3)).error().code(), ErrorCode::unavailable);
        EXPECT_FALSE((*fold)->load(by_keys({"k"})));
        EXPECT_FALSE((*fold)->commit());
    }
    EXPECT_EQ(number("select count(*) from tickets"), 0);
    EXPECT_EQ(store().applied(tenant_, stream_).value(), 0U);
}

}  // namespace
}  // namespace winnow::pg
