#include "integration/api/world.hpp"
#include "winnow/domain/ticket.hpp"
#include "winnow/tickets/transitions.hpp"

#include <pqxx/transaction>

#include <algorithm>
#include <utility>
#include <vector>

namespace winnow::test {
namespace {

using nlohmann::json;
using testing::ElementsAre;

class TicketWork : public World {
protected:
    json timeline(const std::string& id) { return get("/tickets/" + id + "/timeline").body["items"]; }
};

TEST_F(TicketWork, APatchChangesWhatItNamesAndTellsTheTimeline)
{
    const auto id = add_ticket();
    now_ = kNow + std::chrono::minutes(5);
    const auto patched = call("PATCH", "/tickets/" + id,
                              {{"priority", "P1"},
                               {"assignee", second_user_},
                               {"severity", "critical"},
                               {"due_at", "2026-11-24T06:00:00+01:00"},
                               {"cause", "no rotation"},
                               {"impact", "billing stands"},
                               {"measure", "rotate"},
                               {"approver", "Eve"},
                               {"title", "db-7 full"}});
    ASSERT_EQ(patched.status, 200) << patched.text;
    EXPECT_EQ(patched.body["due_at"], "2026-11-24T05:00:00.000Z");
    EXPECT_EQ(patched.body["version"], 2);
    EXPECT_EQ(patched.etag, "\"2\"");
    EXPECT_EQ(get("/tickets/" + id).body, patched.body);

    const auto events = timeline(id);
    ASSERT_EQ(events.size(), 3U);
    EXPECT_EQ(events[0]["kind"], "assigned");
    EXPECT_EQ(events[0]["data"], (json{{"from", nullptr}, {"to", second_user_}}));
    EXPECT_EQ(events[1]["data"], (json{{"from", "warning"}, {"to", "critical"}}));
    EXPECT_EQ(events[2]["kind"], "edited");
    EXPECT_EQ(events[2]["data"]["fields"]["title"], (json{{"from", "disk full"}, {"to", "db-7 full"}}));
    for (const auto& event : events) {
        EXPECT_EQ(event["actor"], "user:" + user_);
        EXPECT_EQ(event["at"], "2026-11-23T06:05:00.000Z");
    }

    const auto cleared =
        call("PATCH", "/tickets/" + id, {{"assignee", nullptr}, {"due_at", nullptr}, {"priority", nullptr}});
    EXPECT_EQ(cleared.status, 200) << cleared.text;
    EXPECT_EQ(cleared.body["assignee"], nullptr);
    EXPECT_EQ(cleared.body["due_at"], nullptr);
    EXPECT_EQ(cleared.body["priority"], "");
}

TEST_F(TicketWork, APatchThatChangesNothingWritesNothing)
{
    const auto id = add_ticket();
    const auto ticket = get("/tickets/" + id).body;
    const auto patched = call("PATCH", "/tickets/" + id, ticket);  // what GET showed, sent back
    EXPECT_EQ(patched.status, 200) << patched.text;
    EXPECT_EQ(patched.etag, "\"1\"");
    EXPECT_TRUE(timeline(id).empty());
}

TEST_F(TicketWork, ATitleIsOneLineWhoeverWritesIt)
{
    const auto id = add_ticket();
    EXPECT_EQ(call("PATCH", "/tickets/" + id, {{"title", " disk\r\nfull\n"}}).body["title"], "disk full");
}

TEST_F(TicketWork, APatchIsRefusedWithAPointerToTheField)
{
    const auto id = add_ticket();
    const struct {
        json patch;
        const char* pointer;
    } cases[] = {
        {{{"colour", "red"}}, "/colour"},
        {{{"title", "\r\n \u2028"}}, "/title"},
        {{{"state", "closed"}}, "/state"},
        {{{"number", 9}}, "/number"},
        {{{"occurrences", nullptr}}, "/occurrences"},
        {{{"severity", "worst"}}, "/severity"},
        {{{"severity", nullptr}}, "/severity"},
        {{{"title", ""}}, "/title"},
        {{{"title", std::string(1'025, 'x')}}, "/title"},
        {{{"priority", std::string(65, 'x')}}, "/priority"},
        {{{"assignee", "bob"}}, "/assignee"},
        {{{"assignee", "0199c0de-0000-7000-8000-0000000000ff"}}, "/assignee"},
        {{{"due_at", "tomorrow"}}, "/due_at"},
        {{{"cause", 7}}, "/cause"},
    };
    for (const auto& [patch, pointer] : cases) {
        const auto refused = call("PATCH", "/tickets/" + id, patch);
        EXPECT_EQ(refused.status, 422) << patch;
        ASSERT_TRUE(refused.body.contains("errors")) << refused.text;
        EXPECT_EQ(refused.body["errors"][0]["pointer"], pointer);
    }
    EXPECT_EQ(get("/tickets/" + id).body["version"], 1);
    EXPECT_EQ(call("PATCH", "/tickets/" + id, {{"title", std::string(1'024, 'x')}}).status, 200);
}

TEST_F(TicketWork, NobodyIsAssignedWhoIsDisabled)
{
    sql("update users set state = 'disabled' where user_id = '" + second_user_ + "'");
    EXPECT_EQ(call("PATCH", "/tickets/" + add_ticket(), {{"assignee", second_user_}}).status, 422);
}

TEST_F(TicketWork, IfMatchHoldsWritesToTheVersionThatWasRead)
{
    const auto id = add_ticket();
    const auto etag = get("/tickets/" + id).etag;
    EXPECT_EQ(call("PATCH", "/tickets/" + id, {{"priority", "P2"}}, etag).status, 200);
    EXPECT_EQ(call("PATCH", "/tickets/" + id, {{"priority", "P3"}}, etag).status, 412);
    EXPECT_EQ(call("POST", "/tickets/" + id + "/transitions", {{"to", "in_progress"}}, etag).status, 412);
    EXPECT_EQ(call("DELETE", "/tickets/" + id + "/parent", nullptr, etag).status, 412);
    EXPECT_EQ(get("/tickets/" + id).body["priority"], "P2");
}

TEST_F(TicketWork, TransitionsGoExactlyWhereTheyMay)
{
    using domain::TicketState;
    for (const bool approval : {false, true}) {
        if (approval) {
            sql("update tenant_settings set close_approval = true where tenant_id = '" + ours_.str() + "'");
        }
        for (const auto from : {TicketState::held, TicketState::open, TicketState::in_progress, TicketState::recovered,
                                TicketState::close_requested, TicketState::returned, TicketState::closed}) {
            const auto allowed = tickets::allowed_transitions(from, approval);
            for (const auto to :
                 {TicketState::held, TicketState::open, TicketState::in_progress, TicketState::recovered,
                  TicketState::close_requested, TicketState::returned, TicketState::closed}) {
                const auto id = add_ticket({.state = std::string(to_string(from))});
                const auto moved = call("POST", "/tickets/" + id + "/transitions", {{"to", to_string(to)}});
                const bool may = std::ranges::find(allowed, to) != allowed.end();
                EXPECT_EQ(moved.status, may ? 200 : 409) << to_string(from) << " to " << to_string(to);
                EXPECT_EQ(get("/tickets/" + id).body["state"], to_string(may ? to : from));
                for (const auto other : allowed) {
                    if (may) break;
                    const std::string detail = moved.body["detail"];
                    EXPECT_NE(detail.find(to_string(other)), std::string::npos) << detail;
                }
            }
        }
    }
}

TEST_F(TicketWork, ATransitionKeepsItsTimesAndComment)
{
    const auto id = add_ticket();
    const auto path = "/tickets/" + id + "/transitions";
    now_ = kNow + std::chrono::minutes(1);
    EXPECT_EQ(call("POST", path, {{"to", "in_progress"}, {"comment", "on it"}}).body["acknowledged_at"],
              "2026-11-23T06:01:00.000Z");
    now_ = kNow + std::chrono::minutes(2);
    EXPECT_EQ(call("POST", path, {{"to", "recovered"}}).body["recovered_at"], "2026-11-23T06:02:00.000Z");
    now_ = kNow + std::chrono::minutes(3);
    const auto closed = call("POST", path, {{"to", "closed"}}).body;
    EXPECT_EQ(closed["closed_at"], "2026-11-23T06:03:00.000Z");
    EXPECT_EQ(closed["acknowledged_at"], "2026-11-23T06:01:00.000Z");
    EXPECT_EQ(closed["version"], 4);
    const auto reopened = call("POST", path, {{"to", "open"}}).body;
    EXPECT_EQ(reopened["closed_at"], nullptr);

    const auto events = timeline(id);
    ASSERT_EQ(events.size(), 4U);
    EXPECT_EQ(events[0]["kind"], "acknowledged");
    EXPECT_EQ(events[0]["data"]["comment"], "on it");
    EXPECT_EQ(events[1]["kind"], "recovered");
    EXPECT_EQ(events[2]["kind"], "state_changed");
    EXPECT_EQ(events[3]["kind"], "reopened");
}

TEST_F(TicketWork, ATransitionThatCannotBeReadIsRefused)
{
    const auto path = "/tickets/" + add_ticket() + "/transitions";
    for (const auto& body : {json{{"to", "gone"}}, json{{"comment", "x"}}, json{{"to", "closed"}, {"why", "x"}},
                             json{{"to", 7}}, json::object()}) {
        EXPECT_EQ(call("POST", path, body).status, 422) << body;
    }
    EXPECT_EQ(call("POST", "/tickets/nonsense/transitions", {{"to", "closed"}}).status, 404);
}

TEST_F(TicketWork, ATicketIsNotReopenedBesideANewerOneOfItsKey)
{
    const auto old = add_ticket({.state = "closed", .dedup_key = "k"});
    add_ticket({.state = "open", .dedup_key = "k"});
    EXPECT_EQ(call("POST", "/tickets/" + old + "/transitions", {{"to", "open"}}).status, 409);
    EXPECT_EQ(get("/tickets/" + old).body["state"], "closed");
}

TEST_F(TicketWork, ClosingTakesASecondPersonWhereTheTenantSaysSo)
{
    sql("update tenant_settings set close_approval = true where tenant_id = '" + ours_.str() + "'");
    const auto path = "/tickets/" + add_ticket() + "/transitions";
    EXPECT_EQ(call("POST", path, {{"to", "close_requested"}}).status, 200);
    EXPECT_EQ(call("POST", path, {{"to", "closed"}}).status, 409);
    who_.user = *UserId::parse(second_user_);
    who_.user_name = "Ben";
    const auto closed = call("POST", path, {{"to", "closed"}});
    EXPECT_EQ(closed.status, 200) << closed.text;
    EXPECT_EQ(closed.body["approver"], "Ben");
}

TEST_F(TicketWork, CommentsAreKeptAndPaged)
{
    const auto id = add_ticket();
    for (const auto* const text : {"one", "two", "three"}) {
        const auto added = call("POST", "/tickets/" + id + "/comments", {{"text", text}});
        EXPECT_EQ(added.status, 201);
        EXPECT_EQ(added.body["text"], text);
        EXPECT_EQ(added.body["author"], "user:" + user_);
    }
    call("PATCH", "/tickets/" + id, {{"priority", "P1"}});
    const auto first = get("/tickets/" + id + "/comments?limit=2").body;
    ASSERT_EQ(first["items"].size(), 2U);
    EXPECT_EQ(first["items"][0]["text"], "one");
    const auto rest =
        get("/tickets/" + id + "/comments?limit=2&cursor=" + first["next_cursor"].get<std::string>()).body;
    ASSERT_EQ(rest["items"].size(), 1U);
    EXPECT_EQ(rest["items"][0]["text"], "three");
    EXPECT_EQ(rest["next_cursor"], nullptr);
    EXPECT_EQ(get("/tickets/" + id).body["version"], 5);
    EXPECT_EQ(call("POST", "/tickets/" + id + "/comments", {{"text", ""}}).status, 422);
    EXPECT_EQ(call("POST", "/tickets/" + id + "/comments", {{"text", std::string(16'385, 'x')}}).status, 422);
    EXPECT_EQ(call("POST", "/tickets/" + id + "/comments", {{"text", std::string(16'384, 'x')}}).status, 201);
}

TEST_F(TicketWork, TheTimelineIsReadFromEitherEnd)
{
    const auto id = add_ticket();
    for (int seq = 1; seq <= 7; ++seq) add_event(id, seq, "edited", kNow + std::chrono::seconds(seq));
    const auto seqs = [&](const std::string& query) {
        std::vector<int> found;
        std::string cursor;
        do {
            const auto page =
                get("/tickets/" + id + "/timeline?limit=3" + query + (cursor.empty() ? "" : "&cursor=" + cursor)).body;
            for (const auto& event : page["items"]) found.push_back(event["seq"]);
            cursor = page["next_cursor"].is_null() ? "" : page["next_cursor"].get<std::string>();
        } while (!cursor.empty());
        return found;
    };
    EXPECT_THAT(seqs(""), ElementsAre(1, 2, 3, 4, 5, 6, 7));
    EXPECT_THAT(seqs("&sort=-at"), ElementsAre(7, 6, 5, 4, 3, 2, 1));
    EXPECT_EQ(get("/tickets/" + id + "/timeline?sort=kind").status, 400);
}

TEST_F(TicketWork, FamiliesHaveNoRings)
{
    const auto grandparent = add_ticket();
    const auto parent = add_ticket();
    const auto child = add_ticket();
    const auto adopt = [&](const std::string& id, const std::string& by) {
        return call("PUT", "/tickets/" + id + "/parent", {{"parent_id", by}}).status;
    };
    EXPECT_EQ(adopt(parent, grandparent), 200);
    EXPECT_EQ(adopt(child, parent), 200);
    EXPECT_EQ(get("/tickets/" + child).body["parent_id"], parent);
    EXPECT_EQ(adopt(grandparent, grandparent), 409);
    EXPECT_EQ(adopt(grandparent, parent), 409);
    EXPECT_EQ(adopt(grandparent, child), 409);
    EXPECT_EQ(adopt(child, grandparent), 200);
    EXPECT_EQ(adopt(child, "0199c0de-0000-7000-8000-0000000000ff"), 422);
    EXPECT_EQ(call("DELETE", "/tickets/" + child + "/parent").status, 204);
    EXPECT_EQ(get("/tickets/" + child).body["parent_id"], nullptr);
    EXPECT_EQ(adopt(grandparent, child), 200);
    EXPECT_EQ(timeline(child).back()["kind"], "parent_changed");
}

TEST_F(TicketWork, ABulkTransitionAnswersForEachTicket)
{
    const auto open = add_ticket();
    const auto ended = add_ticket({.state = "closed"});
    const std::string missing = "0199c0de-0000-7000-8000-0000000000ff";
    const auto bulk = call("POST", "/tickets/bulk",
                           {{"ids", {ended, open, missing}}, {"transition", {{"to", "closed"}, {"comment", "done"}}}});
    ASSERT_EQ(bulk.status, 200) << bulk.text;
    EXPECT_EQ(bulk.body["succeeded"], 1);
    EXPECT_EQ(bulk.body["failed"], 2);
    const auto& results = bulk.body["results"];
    EXPECT_EQ(results[0]["id"], ended);
    EXPECT_EQ(results[0]["error"]["status"], 409);
    EXPECT_EQ(results[1], (json{{"id", open}, {"state", "closed"}, {"version", 2}}));
    EXPECT_EQ(results[2]["error"]["code"], "not_found");
    EXPECT_EQ(get("/tickets/" + open).body["state"], "closed");
    EXPECT_EQ(timeline(open)[0]["data"]["comment"], "done");
    EXPECT_EQ(get("/tickets/" + ended).body["state"], "closed");
}

TEST_F(TicketWork, ABulkChangeOf500TicketsTakesNoMoreStatementsThanOneOfTwo)
{
    const auto statements = [&](std::size_t tickets) {
        auto ids = json::array();
        for (std::size_t i = 0; i < tickets; ++i) ids.push_back(add_ticket({.state = "recovered"}));
        return statements_of([&] {
            const auto reopened = call("POST", "/tickets/bulk", {{"ids", ids}, {"transition", {{"to", "open"}}}});
            EXPECT_EQ(reopened.body["succeeded"], tickets) << reopened.text;
        });
    };
    const auto few = statements(2);
    EXPECT_EQ(statements(500), few);
    EXPECT_GT(few, 2);
}

TEST_F(TicketWork, OfTwoTicketsOfOneKeyABulkChangeReopensOne)
{
    const auto first = add_ticket({.state = "recovered", .dedup_key = "k"});
    const auto second = add_ticket({.state = "recovered", .dedup_key = "k"});
    const auto answer =
        call("POST", "/tickets/bulk", {{"ids", {first, second}}, {"transition", {{"to", "open"}}}}).body;
    EXPECT_EQ(answer["succeeded"], 1);
    EXPECT_EQ(answer["results"][0]["state"], "open");
    EXPECT_EQ(answer["results"][1]["error"]["code"], "conflict");
}

TEST_F(TicketWork, ABulkPatchPointsIntoThePatch)
{
    const auto one = add_ticket();
    const auto two = add_ticket();
    const auto bulk =
        call("POST", "/tickets/bulk", {{"ids", {one, two}}, {"patch", {{"assignee", user_}, {"priority", "P1"}}}});
    EXPECT_EQ(bulk.body["succeeded"], 2) << bulk.text;
    EXPECT_EQ(get("/tickets/" + two).body["assignee"], user_);
    const auto wrong = call("POST", "/tickets/bulk", {{"ids", {one}}, {"patch", {{"severity", "worst"}}}});
    EXPECT_EQ(wrong.body["results"][0]["error"]["errors"][0]["pointer"], "/patch/severity");
}

TEST_F(TicketWork, ABulkChangeThatCannotBeReadIsRefusedWhole)
{
    const auto id = add_ticket();
    const json transition{{"to", "closed"}};
    std::vector<std::string> many(500, "0199c0de-0000-7000-8000-0000000000ff");
    for (std::size_t i = 0; i < many.size(); ++i) {
        const auto digits = std::to_string(1'000 + i);
        many[i].replace(many[i].size() - digits.size(), digits.size(), digits);
    }
    EXPECT_EQ(call("POST", "/tickets/bulk", {{"ids", many}, {"transition", transition}}).status, 200);
    many.emplace_back(id);
    EXPECT_EQ(call("POST", "/tickets/bulk", {{"ids", many}, {"transition", transition}}).status, 422);
    EXPECT_EQ(call("POST", "/tickets/bulk", {{"ids", json::array()}, {"transition", transition}}).status, 422);
    EXPECT_EQ(call("POST", "/tickets/bulk", {{"ids", {id}}}).status, 422);
    EXPECT_EQ(
        call("POST", "/tickets/bulk", {{"ids", {id}}, {"transition", transition}, {"patch", json::object()}}).status,
        422);
    EXPECT_EQ(call("POST", "/tickets/bulk", {{"ids", {id}}, {"transition", {{"to", "gone"}}}}).status, 422);
    EXPECT_EQ(call("POST", "/tickets/bulk", {{"ids", {id}}, {"patch", 7}}).status, 422);
    EXPECT_EQ(get("/tickets/" + id).body["version"], 1);
}

TEST_F(TicketWork, WhatIsBeingChangedByALargeBatchIsSaidToBeAndTriedAgain)
{
    const auto id = add_ticket();
    const std::vector<std::pair<std::string, std::pair<std::string, json>>> changes = {
        {"PATCH", {"/tickets/" + id, {{"priority", "P1"}}}},
        {"POST", {"/tickets/bulk", {{"ids", {id}}, {"transition", {{"to", "in_progress"}}}}}},
    };
    {
        pqxx::connection connection(database_.superuser);
        pqxx::work fold(connection);
        fold.exec("select from tickets for update");
        for (const auto& [method, change] : changes) {
            const auto busy = call(method, change.first, change.second);
            EXPECT_EQ(busy.status, 503) << busy.text;
            EXPECT_EQ(busy.retry_after, "5");
            EXPECT_THAT(busy.text, testing::HasSubstr("being changed just now"));
        }
    }
    for (const auto& [method, change] : changes) {
        const auto done = call(method, change.first, change.second);
        EXPECT_EQ(done.status, 200) << done.text;
    }
    EXPECT_EQ(get("/tickets/" + id).body["state"], "in_progress");
}

}  // namespace
}  // namespace winnow::test
