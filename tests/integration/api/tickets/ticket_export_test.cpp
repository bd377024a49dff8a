#include "api/tickets/ticket_export.hpp"

#include "integration/api/world.hpp"
#include "winnow/ports/ticket_store.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

// GET /tickets.csv over several pages.

namespace winnow::test {
namespace {

using testing::ElementsAreArray;
using testing::IsEmpty;
using testing::UnorderedElementsAreArray;

constexpr std::string_view kEnd = "\r\n";

class TicketExport : public World {
protected:
    /// So many open tickets, each a second younger than the one before. Their ids, in that order.
    std::vector<std::string> add_many(int count, const TicketSeed& seed = {})
    {
        std::vector<std::string> made;
        for (int i = 0; i < count; ++i) {
            auto next = seed;
            next.severity = 1 + i % 4;
            next.opened_at = kNow + std::chrono::seconds(i);
            made.push_back(add_ticket(next));
        }
        return made;
    }

    /// The first cell of each line below the header. No cell has a line end in it.
    static std::vector<std::string> ids_of(std::string_view csv)
    {
        std::vector<std::string> ids;
        EXPECT_TRUE(csv.starts_with("id,number,"));
        EXPECT_TRUE(csv.ends_with(kEnd));
        csv.remove_prefix(csv.find(kEnd) + kEnd.size());
        while (!csv.empty()) {
            ids.emplace_back(csv.substr(0, csv.find(',')));
            csv.remove_prefix(csv.find(kEnd) + kEnd.size());
        }
        return ids;
    }
};

TEST_F(TicketExport, NoTicketsAreAHeader)
{
    EXPECT_THAT(ids_of(get("/tickets.csv").text), IsEmpty());
    EXPECT_EQ(pages_, 1U);
}

TEST_F(TicketExport, ManyPagesHoldEachTicketOnceInTheOrderOfTheList)
{
    const auto made = add_many(2 * static_cast<int>(api::kCsvPageRows) + 1);
    EXPECT_THAT(ids_of(get("/tickets.csv?sort=opened_at").text), ElementsAreArray(made));
    EXPECT_EQ(pages_, 3U);
    const std::vector<std::string> newest_first(made.rbegin(), made.rend());
    EXPECT_THAT(ids_of(get("/tickets.csv").text), ElementsAreArray(newest_first));
    EXPECT_THAT(ids_of(get("/tickets.csv?sort=severity").text),
                ElementsAreArray(all_ids("/tickets", "&sort=severity", 500)));
}

TEST_F(TicketExport, AnAnswerOfExactlyAPageHasNoEmptyOneBehindIt)
{
    const auto made = add_many(static_cast<int>(api::kCsvPageRows));
    EXPECT_THAT(ids_of(get("/tickets.csv").text), UnorderedElementsAreArray(made));
    EXPECT_EQ(pages_, 1U);
}

TEST_F(TicketExport, APageIsBoundedInBytesAndOneTicketMayBeLonger)
{
    TicketSeed seed;
    seed.description = std::string(api::kCsvPageBytes / 4, 'x');
    const auto made = add_many(10, seed);
    sql("update tickets set description = repeat('y', " + std::to_string(3 * api::kCsvPageBytes) +
        ") where ticket_id = '" + made[4] + "'");
    const auto csv = get("/tickets.csv?sort=opened_at&limit=4").text;
    EXPECT_THAT(ids_of(csv), ElementsAreArray(made.begin(), made.begin() + 4));
    EXPECT_EQ(pages_, 2U) << "three and their other texts fit";
    EXPECT_LE(longest_page_, api::kCsvPageBytes + 10'000);
    EXPECT_THAT(ids_of(get("/tickets.csv?sort=opened_at").text), ElementsAreArray(made));
}

TEST_F(TicketExport, APageThatIsLostBetweenTheDatabaseAndItsReaderIsReadAgain)
{
    const auto made = add_many(2 * static_cast<int>(api::kCsvPageRows) + 1);
    loses_pages_ = true;
    EXPECT_THAT(ids_of(get("/tickets.csv?sort=opened_at").text), ElementsAreArray(made));
    EXPECT_EQ(pages_, 3U);
    EXPECT_EQ(pages_lost(), 3);
}

TEST_F(TicketExport, OfLongTicketsItReadsAboutAsManyAsItSends)
{
    TicketSeed seed;
    seed.description = std::string(api::kCsvPageBytes / 3, 'x');
    const auto made = add_many(150, seed);
    sql("analyze tickets");
    constexpr long kRows = 150;
    EXPECT_LE(rows_read_by("/tickets.csv"), 5 * kRows) << "once for the list, once for the first page, twice in pages";
    EXPECT_GE(pages_, 50U);
    EXPECT_THAT(ids_of(get("/tickets.csv?sort=opened_at").text), ElementsAreArray(made));
}

TEST_F(TicketExport, WhatChangesMeanwhileIsNeitherLostNorDoubled)
{
    add_many(2 * static_cast<int>(api::kCsvPageRows) + 50);
    between_pages_ = [&] {
        sql("update tickets set severity = 5 - severity, opened_at = opened_at + interval '3 days'");
        sql("update tickets set state = 'closed', closed_at = now() where number % 3 = 0");
        add_ticket({.severity = 1, .opened_at = kNow - std::chrono::hours(1)});
        add_ticket({.severity = 4, .opened_at = kNow + std::chrono::hours(1)});
    };
    for (const std::string sort : {"severity", "-severity", "opened_at", "-opened_at", "number"}) {
        sql("update tickets set state = 'open', closed_at = null");
        const auto listed = all_ids("/tickets", "", 500);
        pages_ = 0;
        EXPECT_THAT(ids_of(get("/tickets.csv?sort=" + sort).text), UnorderedElementsAreArray(listed)) << sort;
        EXPECT_EQ(pages_, 3U);
    }
}

TEST_F(TicketExport, WhatIsForgottenMeanwhileIsLeftOut)
{
    const auto made = add_many(static_cast<int>(api::kCsvPageRows) + 100);
    between_pages_ = [&] {
        if (pages_ > 1) return;
        sql("delete from tickets where opened_at >= timestamptz '" + format_rfc3339(kNow) + "' + interval '" +
            std::to_string(api::kCsvPageRows + 40) + " s'");
    };
    const auto csv = get("/tickets.csv?sort=opened_at").text;
    EXPECT_THAT(ids_of(csv), ElementsAreArray(made.begin(), made.begin() + api::kCsvPageRows + 40));
}

TEST_F(TicketExport, TheLinkLeadsToTheRestHoweverManyPagesAnAnswerHas)
{
    add_many(static_cast<int>(api::kCsvPageRows) + 100);
    const auto limit = std::to_string(api::kCsvPageRows + 30);
    for (const std::string sort : {"opened_at", "severity", "-number"}) {
        const auto first = get("/tickets.csv?limit=" + limit + "&sort=" + sort);
        const auto begin = first.link.find("/tickets.csv");
        ASSERT_NE(begin, std::string::npos) << first.link;
        const auto rest = get(first.link.substr(begin, first.link.find('>') - begin));
        EXPECT_EQ(rest.link, "");
        auto all = ids_of(first.text);
        EXPECT_EQ(all.size(), api::kCsvPageRows + 30);
        const auto others = ids_of(rest.text);
        all.insert(all.end(), others.begin(), others.end());
        EXPECT_THAT(all, ElementsAreArray(all_ids("/tickets", "&sort=" + sort, 500))) << sort;
    }
}

TEST_F(TicketExport, TheLinksPlaceIsOfTheMomentOfTheList)
{
    const auto made = add_many(3);
    in_moment([&](ports::TenantSession& session) {
        const auto ids = session.tickets().ids({}, ports::TicketOrder::oldest, std::nullopt, 3).value();
        EXPECT_EQ(ids.back().str(), made.back());
        sql("update tickets set opened_at = opened_at + interval '3 days', severity = 4");
        EXPECT_EQ(session.tickets().find(ids.back()).value().opened_at, kNow + std::chrono::seconds(2));
        sql("delete from tickets");
        EXPECT_TRUE(session.tickets().find(ids.back())) << "a list that was found has an end";
    });
}

TEST_F(TicketExport, AFarPageReadsNoMoreRowsThanTheFirst)
{
    add_many(10 * static_cast<int>(api::kCsvPageRows));
    sql("analyze tickets");
    const auto rows = static_cast<long>(10 * api::kCsvPageRows);
    EXPECT_LE(rows_read_by("/tickets.csv"), 2 * rows + rows / 4) << "each once for the list, and once in its page";
}

}  // namespace
}  // namespace winnow::test
