#include "stream_keeper_fixture.hpp"

namespace winnow::pipeline {
namespace {

/// A tenant whose rows are never stored in the usual time nor in any other, until `fits` is called.
class StuckReplayTest : public StreamKeeperTest {
protected:
    ~StuckReplayTest() override { stream_keeper_.reset(); }

    void stick(TenantId tenant)
    {
        auto many = config(tenant);
        many.contacts.clear();
        many.groups.front().contact_ids.clear();
        for (std::uint64_t n = 1; n <= 20; ++n) {
            domain::Contact contact;
            contact.id = ContactId(Uuid::from_words(8, n));
            many.groups.front().contact_ids.push_back(contact.id);
            many.contacts.push_back(contact);
        }
        configs_.put(many, false);
        store_.with([](auto& store) { store.most_owed_ = 10; });
    }
    void fits()
    {
        store_.with([](auto& store) { store.most_owed_ = SIZE_MAX; });
    }

    TriageService small_{store_, policies_, {.max_backlog_bytes = 256U << 10U, .coalesce = 1ms}, {}, metrics_};
};

TEST_F(StuckReplayTest, ARowThatIsNotStoredHoldsUpNoOtherTenantsRowsOfItsStream)
{
    stick(one_);
    streams_.rows_.push_back(stored(one_, 5, 1, {"a"}));
    for (std::uint64_t seq = 2; seq <= 600; ++seq) streams_.rows_.push_back(stored(two_, 5, seq, {"b"}));
    streams_.orphans_ = {5};
    start(quick_);
    EXPECT_TRUE(eventually([&] { return store_.applied(two_, 5).value() == 600; }));
    EXPECT_EQ(store_.applied(one_, 5).value(), 0U);
    EXPECT_TRUE(streams_.ended().empty()) << "with a row that is not applied";
    fits();
    ASSERT_TRUE(eventually([&] { return !streams_.ended().empty(); }));
    EXPECT_EQ(store_.occurrences(one_, "a"), 1);
    EXPECT_EQ(store_.occurrences(two_, "b"), 599);
}

TEST_F(StuckReplayTest, MoreRowsBehindItThanMayBeInMemoryStayInTheJournalMeanwhile)
{
    stick(one_);
    for (std::uint64_t seq = 1; seq <= 600; ++seq) {
        const bool behind = seq % 2 == 1;
        streams_.rows_.push_back(behind ? stored(one_, 5, seq, {"a", "a"}) : stored(two_, 5, seq, {"b"}));
    }
    streams_.orphans_ = {5};
    stream_keeper_ = std::make_unique<StreamKeeper>(streams_, small_, [this] { return own(); }, quick_, metrics_);
    stream_keeper_->start();
    EXPECT_TRUE(eventually([&] { return store_.applied(two_, 5).value() == 600; }));
    EXPECT_EQ(store_.applied(one_, 5).value(), 0U);
    for (const auto tenant : {one_, two_}) {
        EXPECT_LT(fair::fullness({.whole = 256U << 10U}, small_.held(tenant)), 0.5) << "its senders are slowed down";
    }
    fits();
    ASSERT_TRUE(eventually([&] { return !streams_.ended().empty(); }));
    EXPECT_EQ(store_.occurrences(one_, "a"), 600);
    EXPECT_EQ(store_.occurrences(two_, "b"), 300);
    EXPECT_TRUE(metrics_.exposition().contains("winnow_takeover_alerts_total 900"));
}

}  // namespace
}  // namespace winnow::pipeline
