#include "api/audit/access_json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <string>

namespace winnow::api {
namespace {

using namespace std::chrono_literals;

ports::AccessEntry an_entry()
{
    return {.at = *parse_rfc3339("2026-12-31T15:00:00.123Z"),
            .id = Uuid::from_words(1, 2),
            .actor = "user:x",
            .means = "user_key",
            .role = "admin",
            .address = "192.0.2.1",
            .method = "GET",
            .route = "/api/v1/tickets/{id}",
            .object = "a,b",
            .status = 200,
            .bytes = 7,
            .request_id = "=r"};
}

http::RequestHead asking(const std::string& query)
{
    http::RequestHead head;
    head.method = "GET";
    head.path = "/api/v1/access-log";
    head.query = query;
    return head;
}

TEST(AccessJson, TellsTheTimeInUtcAndInJapan)
{
    const auto shown = access_json(an_entry());
    EXPECT_EQ(shown["at"], "2026-12-31T15:00:00.123Z");
    EXPECT_EQ(shown["at_jst"], "2027-01-01T00:00:00.123+09:00");
    EXPECT_EQ(parse_rfc3339(shown["at_jst"].get<std::string>()), an_entry().at);
    EXPECT_EQ(shown["until"], nullptr);
    EXPECT_EQ(shown["until_jst"], nullptr);
    EXPECT_EQ(shown["key_id"], nullptr);
    auto summed = an_entry();
    summed.times = 3;
    summed.until = summed.at + 1s;
    EXPECT_EQ(access_json(summed)["until_jst"], "2027-01-01T00:00:01.123+09:00");
}

TEST(AccessJson, ALineAnEntry)
{
    const auto lines = access_ndjson({an_entry(), an_entry()});
    EXPECT_EQ(std::ranges::count(lines, '\n'), 2);
    EXPECT_TRUE(lines.ends_with("}\n"));
    EXPECT_EQ(access_ndjson({}), "");
}

TEST(AccessJson, ACsvOfTheSameMembers)
{
    const auto csv = access_csv({an_entry()}, true);
    EXPECT_EQ(csv,
              "at,at_jst,actor,means,key_id,role,address,method,route,object,status,code,bytes,request_id,times,until,"
              "until_jst\r\n"
              "2026-12-31T15:00:00.123Z,2027-01-01T00:00:00.123+09:00,user:x,user_key,,admin,192.0.2.1,GET,"
              "/api/v1/tickets/{id},\"a,b\",200,,7,'=r,1,,\r\n");
    EXPECT_EQ(access_csv({}, false), "");
    for (const auto& [name, value] : access_json(an_entry()).items()) {
        EXPECT_THAT(csv, testing::HasSubstr(name)) << "a column";
    }
}

TEST(AccessList, ReadsItsFilters)
{
    const auto list =
        access_list(asking("from=2026-11-01T00:00:00Z&to=2026-11-02T00:00:00Z&actor=user:x&"
                           "address=::ffff:192.0.2.1&on=y&status=403&limit=7"));
    ASSERT_TRUE(list) << list.error().message();
    EXPECT_EQ(list->filter.from, parse_rfc3339("2026-11-01T00:00:00Z"));
    EXPECT_EQ(list->filter.to, parse_rfc3339("2026-11-02T00:00:00Z"));
    EXPECT_EQ(list->filter.actor, "user:x");
    EXPECT_EQ(list->filter.address, "192.0.2.1");
    EXPECT_EQ(list->filter.object, "y");
    EXPECT_EQ(list->filter.status, 403);
    EXPECT_EQ(list->stretch.limit, 7U);
    EXPECT_FALSE(list->stretch.after);
}

TEST(AccessList, RefusesWhatIsNone)
{
    for (const std::string query : {"address=here", "address=192.0.2.0/24", "status=99", "status=600", "status=4x",
                                    "status=", "from=x", "to=x", "actor=", "format=csv", "cursor=x", "limit=0"}) {
        EXPECT_FALSE(access_list(asking(query))) << query;
    }
}

TEST(AccessList, GoesOnWhereItsCursorSays)
{
    const auto place = access_place(an_entry());
    const auto list = access_list(asking("cursor=" + encode_cursor(access_cursor(place))));
    ASSERT_TRUE(list) << list.error().message();
    ASSERT_TRUE(list->stretch.after);
    EXPECT_EQ(list->stretch.after->at, place.at);
    EXPECT_EQ(list->stretch.after->id, place.id);
    EXPECT_FALSE(access_list(asking("cursor=" + encode_cursor({"2026-11-01T00:00:00Z", "no id"}))));
    EXPECT_FALSE(access_list(asking("cursor=" + encode_cursor({"no time", place.id.str()}))));
}

TEST(AccessExport, IsOfLinesOrCsv)
{
    EXPECT_EQ(access_export(asking(""))->format, AccessFormat::ndjson);
    EXPECT_EQ(access_export(asking("format=ndjson"))->format, AccessFormat::ndjson);
    EXPECT_EQ(access_export(asking("format=csv&status=200"))->format, AccessFormat::csv);
    for (const std::string query :
         {"format=", "format=CSV", "format=xml", "limit=5", "cursor=x", "format=csv&format=csv"}) {
        EXPECT_FALSE(access_export(asking(query))) << query;
    }
}

}  // namespace
}  // namespace winnow::api
