/// @file
/// Held and quiet tickets that people move: what becomes of the page that is owed.

#include "integration/api/world.hpp"

namespace winnow::test {
namespace {

using nlohmann::json;

class TicketRelease : public World {};

TEST_F(TicketRelease, AHeldTicketIsLetGoByHandAndOwedFromThenOn)
{
    for (const bool approval : {false, true}) {
        if (approval) {
            sql("update tenant_settings set close_approval = true where tenant_id = '" + ours_.str() + "'");
        }
        const auto id = add_ticket({.state = "held", .labels = R"({"env": "prod"})"});
        sql("update tickets set held_by = 'pause', held_until = now() + interval '1 hour', held_from = 'recovered', "
            "held_rule = gen_random_uuid(), recovered_at = now() where ticket_id = '" +
            id + "'");
        const auto moved = call("POST", "/tickets/" + id + "/transitions", {{"to", "open"}, {"comment", "mine"}});
        ASSERT_EQ(moved.status, 200) << moved.text;
        EXPECT_EQ(moved.body["recovered_at"], nullptr);
        EXPECT_EQ(moved.body["suppressed"], true) << "until the timer of quiet tickets has looked at it";
        EXPECT_EQ(get("/tickets/" + id + "/timeline").body["items"].back()["data"],
                  (json{{"from", "held"}, {"to", "open"}, {"comment", "mine"}}));
        const auto row =
            sql("select coalesce(t.held_by, t.held_from, t.held_rule::text, t.held_until::text), "
                "q.source_ended, q.alert from tickets t join quiet_tickets q using (tenant_id, ticket_id) "
                "where t.ticket_id = '" +
                id + "'");
        ASSERT_EQ(row.size(), 1U);
        EXPECT_TRUE(row[0][0].is_null());
        EXPECT_TRUE(row[0][1].as<bool>());
        const auto alert = json::parse(row[0][2].c_str());
        EXPECT_EQ(alert["title"], "disk full");
        EXPECT_EQ(alert["labels"], (json{{"env", "prod"}}));
    }
}

TEST_F(TicketRelease, AHeldTicketThatSomebodyClosesIsOwedToNobody)
{
    const auto id = add_ticket({.state = "held"});
    EXPECT_EQ(call("POST", "/tickets/" + id + "/transitions", {{"to", "closed"}}).status, 200);
    EXPECT_EQ(get("/tickets/" + id).body["suppressed"], false);
    EXPECT_EQ(sql("select from quiet_tickets where ticket_id = '" + id + "'").size(), 0U);
}

TEST_F(TicketRelease, AQuietTicketThatComesBackByHandIsJudgedAnew)
{
    const auto quiet = [&](const std::string& state, const std::string& version) {
        const auto id = add_ticket({.state = state, .suppressed = true});
        sql("insert into quiet_tickets (tenant_id, ticket_id, kind, cause_id, alert_id, alert, config_version) values "
            "('" +
            ours_.str() + "', '" + id + "', 'silence', gen_random_uuid(), gen_random_uuid(), '{}', " + version + ")");
        return id;
    };
    const auto due = [&](const std::string& id) {
        return sql("select source_ended from quiet_tickets where ticket_id = '" + id + "'")[0][0].as<bool>();
    };
    const std::string parked = "9223372036854775807";
    for (const std::string from : {"recovered", "closed"}) {
        const auto id = quiet(from, parked);
        EXPECT_EQ(call("POST", "/tickets/" + id + "/transitions", {{"to", "open"}}).status, 200);
        EXPECT_TRUE(due(id)) << from;
    }
    const auto covered = quiet("recovered", "1");
    EXPECT_EQ(call("POST", "/tickets/" + covered + "/transitions", {{"to", "in_progress"}}).status, 200);
    EXPECT_FALSE(due(covered)) << "what covers it has not changed";
    const auto live = quiet("open", parked);  // an alert that a rule suppresses has reopened it
    EXPECT_EQ(call("POST", "/tickets/" + live + "/comments", {{"text", "hm"}}).status, 201);
    EXPECT_EQ(call("POST", "/tickets/" + live + "/transitions", {{"to", "in_progress"}}).status, 200);
    EXPECT_FALSE(due(live)) << "nobody brought it back";
    const auto closing = quiet("recovered", parked);
    sql("update tickets set recovered_at = now() where ticket_id = '" + closing + "'");
    sql("update tenant_settings set close_approval = true where tenant_id = '" + ours_.str() + "'");
    EXPECT_EQ(call("POST", "/tickets/" + closing + "/transitions", {{"to", "close_requested"}}).status, 200);
    EXPECT_FALSE(due(closing)) << "its trouble is over";
}

}  // namespace
}  // namespace winnow::test
