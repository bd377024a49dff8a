#include "api/calls/page_line.hpp"

#include <gmock/gmock.h>

#include <cstdint>
#include <list>
#include <string>
#include <utility>
#include <vector>

namespace winnow::api {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TenantId tenant(std::uint64_t number)
{
    return TenantId(Uuid::from_words(0, number));
}

class PageLineTest : public testing::Test {
protected:
    /// Keeps its place until the test lets it go.
    void enter(TenantId who, const std::string& name)
    {
        line_.enter(who, [this, name](PageLine::Place place) {
            begun_.push_back(name);
            places_.push_back(std::move(place));
        });
    }

    std::vector<std::string> begun_;
    std::list<PageLine::Place> places_;
    PageLine line_;
};

TEST_F(PageLineTest, OneIsOnItsWayAndTheNextBeginsInOrderWhenItEnds)
{
    for (const auto* name : {"first", "second", "third"}) enter(tenant(1), name);
    EXPECT_THAT(begun_, ElementsAre("first"));
    places_.back().leave();
    EXPECT_THAT(begun_, ElementsAre("first", "second"));
    places_.front().leave();
    EXPECT_THAT(begun_, ElementsAre("first", "second")) << "nobody leaves twice";
    {
        const auto dropped = std::move(places_.back());
        places_.pop_back();
    }
    EXPECT_THAT(begun_, ElementsAre("first", "second", "third")) << "a place that is dropped is left, too";
}

TEST_F(PageLineTest, TenantsDoNotWaitForEachOther)
{
    enter(tenant(1), "one");
    enter(tenant(2), "another");
    EXPECT_THAT(begun_, ElementsAre("one", "another"));
}

TEST_F(PageLineTest, ThousandsThatEndAtOnceDoNotNest)
{
    enter(tenant(1), "first");
    int ended = 0;
    for (int i = 0; i < 200'000; ++i) {
        line_.enter(tenant(1), [&](PageLine::Place place) {
            ++ended;
            place.leave();
        });
    }
    places_.clear();
    EXPECT_EQ(ended, 200'000);
    enter(tenant(1), "last");
    EXPECT_THAT(begun_, ElementsAre("first", "last"));
}

TEST_F(PageLineTest, OneThatComesWhileAnotherBeginsComesNext)
{
    line_.enter(tenant(1), [&](PageLine::Place place) {
        enter(tenant(1), "inner");
        EXPECT_THAT(begun_, IsEmpty());
        place.leave();
        begun_.emplace_back("outer");
    });
    EXPECT_THAT(begun_, ElementsAre("outer", "inner"));
}

}  // namespace
}  // namespace winnow::api
