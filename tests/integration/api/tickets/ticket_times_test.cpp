#include "integration/api/world.hpp"

namespace winnow::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::SizeIs;

class TicketTimes : public World {};

TEST_F(TicketTimes, DueBeyondTheRangeIsRefusedByOneAndByMany)
{
    const auto id = add_ticket();
    for (const auto* at : {"9999-12-31T23:59:59-10:00", "0001-01-01T00:00:00+10:00", "0000-01-01T00:00:00Z"}) {
        const auto one = call("PATCH", "/tickets/" + id, {{"due_at", at}});
        EXPECT_EQ(one.status, 422) << one.text;
        EXPECT_THAT(one.text, HasSubstr("9999-12-31T23:59:59.999Z"));
        EXPECT_EQ(one.body["errors"][0]["pointer"], "/due_at");
        const auto many = call("POST", "/tickets/bulk", {{"ids", {id}}, {"patch", {{"due_at", at}}}});
        EXPECT_EQ(many.status, 200) << many.text;
        EXPECT_EQ(many.body["failed"], 1) << "and is told for each";
        EXPECT_THAT(many.text, HasSubstr("due_at"));
        EXPECT_THAT(many.text, HasSubstr("9999-12-31T23:59:59.999Z"));
    }
    EXPECT_EQ(get("/tickets/" + id).body["due_at"], nullptr);
    for (const auto* at : {"0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"}) {
        EXPECT_EQ(call("PATCH", "/tickets/" + id, {{"due_at", at}}).body["due_at"], at);
    }
}

TEST_F(TicketTimes, OfAQueryBeyondTheRangeAreRefusedByName)
{
    for (const std::string path : {"/tickets", "/tickets/stats", "/tickets.csv", "/alerts"}) {
        for (const std::string name : {"from", "to"}) {
            for (const std::string at :
                 {"0000-01-01T00:00:00Z", "0001-01-01T00:00:00%2B10:00", "9999-12-31T23:59:59-01:00"}) {
                const auto answered = get(path + "?" + name + "=" + at);
                EXPECT_EQ(answered.status, 400) << path << ' ' << name << ' ' << at << answered.text;
                EXPECT_THAT(answered.text, HasSubstr("'" + name + "'"));
                EXPECT_THAT(answered.text, HasSubstr("0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999Z"));
            }
            for (const std::string at : {"0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z"}) {
                EXPECT_EQ(get(path + "?" + name + "=" + at).status, 200) << path << ' ' << name << ' ' << at;
            }
        }
    }
}

TEST_F(TicketTimes, ThatAreStoredBeyondTheRangeHideNoTicket)
{
    const auto id = add_ticket();
    add_ticket();
    for (const std::string beyond : {"10000-01-01 09:59:59+00", "infinity"}) {
        sql("update tickets set due_at = '" + beyond + "' where ticket_id = '" + id + "'");
        EXPECT_EQ(get("/tickets/" + id).body["due_at"], "9999-12-31T23:59:59.999Z");
        EXPECT_THAT(ids("/tickets"), SizeIs(2));
        EXPECT_EQ(get("/tickets.csv").status, 200);
        EXPECT_EQ(call("PATCH", "/tickets/" + id, {{"due_at", nullptr}}).status, 200);
    }
}

}  // namespace
}  // namespace winnow::test
