#include "api/rest/page.hpp"
#include "api/tickets/ticket_query.hpp"
#include "integration/api/world.hpp"
#include "winnow/tickets/ticket_fields.hpp"

#include <pqxx/result>

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <string>

namespace winnow::test {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

using TicketList = World;

TEST_F(TicketList, WithoutAStateLeavesOutHeldAndClosed)
{
    std::vector<std::string> shown;
    for (const auto* const state : {"open", "in_progress", "recovered", "close_requested", "returned"}) {
        shown.push_back(add_ticket({.state = state}));
    }
    const auto held = add_ticket({.state = "held"});
    const auto closed = add_ticket({.state = "closed"});

    EXPECT_THAT(ids("/tickets"), testing::UnorderedElementsAreArray(shown));
    EXPECT_THAT(ids("/tickets?state=held,closed"), UnorderedElementsAre(held, closed));
    EXPECT_THAT(ids("/tickets?state=held&state=open"), UnorderedElementsAre(held, shown[0]));
}

TEST_F(TicketList, EachFilterKeepsExactlyItsOwn)
{
    const auto wanted = add_ticket({.severity = 4,
                                    .title = "Disk 93% full",
                                    .description = "on db-7",
                                    .dedup_key = "DB-7/disk",
                                    .service = "billing",
                                    .labels = R"({"env":"prod","team":"a"})",
                                    .assignee = user_,
                                    .opened_at = kNow});
    const auto other = add_ticket({.severity = 1,
                                   .title = "cpu",
                                   .dedup_key = "cpu",
                                   .service = "shop",
                                   .labels = R"({"env":"dev","team":"a"})",
                                   .opened_at = kNow - std::chrono::hours(1)});
    const struct {
        const char* query;
        bool finds_wanted;
        bool finds_other;
    } cases[] = {
        {"severity=critical", true, false},
        {"severity=critical,info", true, true},
        {"severity=error", false, false},
        {"service=billing", true, false},
        {"service=Billing", false, false},
        {"service=billing&service=shop", true, true},
        {"assignee=me", true, false},
        {"assignee=none", false, true},
        {"label.env=prod", true, false},
        {"label.team=a", true, true},
        {"label.team=a&label.env=dev", false, true},
        {"label.env=prod&label.env=dev", false, false},
        {"label.nosuch=x", false, false},
        {"q=DISK", true, false},
        {"q=Db-7", true, false},
        {"q=93%25", true, false},
        {"q=9_%25", false, false},
        {"q='", false, false},
        {"from=2026-11-23T06:00:00Z", true, false},
        {"to=2026-11-23T06:00:00Z", false, true},
        {"from=2026-11-23T05:00:00Z&to=2026-11-23T06:00:00.001Z", true, true},
        {"severity=critical&service=shop", false, false},
    };
    for (const auto& [query, finds_wanted, finds_other] : cases) {
        const auto found = ids(std::string("/tickets?") + query);
        EXPECT_EQ(std::ranges::count(found, wanted), finds_wanted ? 1 : 0) << query;
        EXPECT_EQ(std::ranges::count(found, other), finds_other ? 1 : 0) << query;
        EXPECT_EQ(found.size(), std::size_t{finds_wanted} + std::size_t{finds_other}) << query;
    }
    EXPECT_THAT(ids("/tickets?assignee=" + second_user_), IsEmpty());
}

TEST_F(TicketList, RefusesParametersItDoesNotKnow)
{
    const auto answered = get("/tickets?sevrity=critical");
    EXPECT_EQ(answered.status, 400);
    EXPECT_NE(answered.text.find("severity"), std::string::npos) << answered.text;
    EXPECT_EQ(get("/tickets?limit=0").status, 400);
    EXPECT_EQ(get("/tickets?limit=501").status, 400);
    EXPECT_EQ(get("/tickets?limit=500").status, 200);
    EXPECT_EQ(get("/tickets?cursor=bm90IG91cnM").status, 400);
}

/// What was released is named here; what joins it, by the table, which unit_api compares with the document.
TEST_F(TicketList, ShowsTheFieldsOfTheContract)
{
    const auto id = add_ticket({.labels = R"({"env":"prod"})", .assignee = user_});
    const auto item = get("/tickets").body["items"][0];
    for (const auto* const name : {"id",           "number",    "state",           "severity",
                                   "priority",     "title",     "description",     "dedup_key",
                                   "source",       "service",   "labels",          "assignee",
                                   "group",        "due_at",    "occurrences",     "first_seen_at",
                                   "last_seen_at", "opened_at", "acknowledged_at", "recovered_at",
                                   "closed_at",    "parent_id", "suppressed",      "suppression_reason",
                                   "cause",        "impact",    "measure",         "approver",
                                   "version"}) {
        EXPECT_TRUE(item.contains(name)) << name;
    }
    std::size_t shown = 0;
    for (const auto& field : tickets::ticket_fields()) {
        if (!field.shown) continue;
        EXPECT_TRUE(item.contains(field.name)) << field.name;
        ++shown;
    }
    EXPECT_EQ(item.size(), shown);
    EXPECT_EQ(item["id"], id);
    EXPECT_EQ(item["severity"], "warning");
    EXPECT_EQ(item["labels"], (json{{"env", "prod"}}));
    EXPECT_EQ(item["opened_at"], "2026-11-23T06:00:00.000Z");
    EXPECT_EQ(item["due_at"], nullptr);
    EXPECT_EQ(get("/tickets/" + id).body, item);
    std::map<int, std::string> columns;
    for (const auto& field : tickets::ticket_fields()) {
        if (field.csv > 0) columns[field.csv] = field.name;
    }
    std::string header;
    for (const auto& [place, name] : columns) header += (header.empty() ? "" : ",") + name;
    const auto csv = get("/tickets.csv").text;
    EXPECT_EQ(csv.substr(0, csv.find("\r\n")), header);
    EXPECT_THAT(
        header,
        testing::StartsWith(
            "id,number,state,severity,priority,title,description,dedup_key,source,service,group,labels,assignee,"
            "due_at,occurrences,first_seen_at,last_seen_at,opened_at,acknowledged_at,recovered_at,closed_at,"
            "parent_id,suppressed,suppression_reason,cause,impact,measure,approver"))
        << "released: new columns come last";
}

TEST_F(TicketList, EveryOrderPagesThroughEachTicketOnce)
{
    for (int i = 0; i < 23; ++i) {  // many ties, so that the cursor's last part matters
        add_ticket({.severity = 1 + i % 4, .opened_at = kNow + std::chrono::seconds(i / 5)});
    }
    for (const std::string sort : {"-opened_at", "opened_at", "-severity", "severity", "-number", "number"}) {
        const auto whole = ids("/tickets?limit=500&sort=" + sort);
        ASSERT_EQ(whole.size(), 23U);
        EXPECT_EQ(all_ids("/tickets", "&sort=" + sort, 4), whole) << sort;
        auto reversed = ids("/tickets?limit=500&sort=" + (sort.starts_with('-') ? sort.substr(1) : '-' + sort));
        std::ranges::reverse(reversed);
        EXPECT_EQ(reversed, whole) << sort;
    }
    const auto severest = get("/tickets?sort=-severity&limit=1").body["items"][0];
    EXPECT_EQ(severest["severity"], "critical");
}

TEST_F(TicketList, APageStaysWhereItIsWhileTicketsComeIn)
{
    for (int i = 0; i < 6; ++i) add_ticket({.opened_at = kNow + std::chrono::seconds(i)});
    const auto before = ids("/tickets");
    const auto first = get("/tickets?limit=3");
    add_ticket({.title = "newcomer", .opened_at = kNow + std::chrono::hours(1)});
    const auto second = ids("/tickets?limit=3&cursor=" + first.body["next_cursor"].get<std::string>());
    EXPECT_EQ(second, std::vector(before.begin() + 3, before.end()));
}

TEST_F(TicketList, ACursorOfAnotherSortIsRefused)
{
    for (int i = 0; i < 3; ++i) add_ticket();
    const std::string cursor = get("/tickets?limit=1").body["next_cursor"];
    EXPECT_EQ(get("/tickets?limit=1&sort=number&cursor=" + cursor).status, 400);
}

TEST_F(TicketList, AnotherTenantsTicketsDoNotExist)
{
    const auto foreign = add_ticket({.title = "secret"}, theirs_);
    EXPECT_THAT(ids("/tickets?state=open"), IsEmpty());
    EXPECT_EQ(get("/tickets/stats").body["total"], 0);
    EXPECT_EQ(get("/tickets.csv").text.find("secret"), std::string::npos);
    for (const auto* const part : {"", "/timeline", "/comments", "/alerts"}) {
        EXPECT_EQ(get("/tickets/" + foreign + part).status, 404) << part;
    }
    EXPECT_EQ(call("PATCH", "/tickets/" + foreign, {{"title", "x"}}).status, 404);
    EXPECT_EQ(call("POST", "/tickets/" + foreign + "/transitions", {{"to", "closed"}}).status, 404);
    EXPECT_EQ(call("POST", "/tickets/" + foreign + "/comments", {{"text", "x"}}).status, 404);
    EXPECT_EQ(call("DELETE", "/tickets/" + foreign + "/parent").status, 404);
    const auto own = add_ticket();
    EXPECT_EQ(call("PUT", "/tickets/" + own + "/parent", {{"parent_id", foreign}}).status, 422);
    const auto bulk = call("POST", "/tickets/bulk", {{"ids", {foreign}}, {"transition", {{"to", "closed"}}}});
    EXPECT_EQ(bulk.body["results"][0]["error"]["status"], 404);
    EXPECT_EQ(sql("select title, version from tickets where title = 'secret'")[0]["version"].as<int>(), 1);
}

TEST_F(TicketList, StatsCountByStateAndSeverity)
{
    add_ticket({.severity = 4});
    add_ticket({.severity = 4, .service = "shop"});
    add_ticket({.state = "closed", .severity = 1});
    add_ticket({.state = "held", .severity = 3});
    const auto stats = get("/tickets/stats").body;
    EXPECT_EQ(stats["total"], 4);
    EXPECT_EQ(stats["by_state"]["open"], 2);
    EXPECT_EQ(stats["by_state"]["closed"], 1);
    EXPECT_EQ(stats["by_state"]["in_progress"], 0);
    EXPECT_EQ(stats["by_severity"], (json{{"critical", 2}, {"error", 1}, {"warning", 0}, {"info", 1}}));
    EXPECT_EQ(stats["unfinished_by_severity"], (json{{"critical", 2}, {"error", 0}, {"warning", 0}, {"info", 0}}));
    EXPECT_EQ(get("/tickets/stats?service=shop").body["total"], 1);
}

TEST_F(TicketList, CsvHoldsTheFilteredTicketsAndLeadsToTheRest)
{
    add_ticket({.severity = 4, .title = "=1+1, \"quoted\""});
    add_ticket({.title = "second", .opened_at = kNow - std::chrono::hours(1)});
    add_ticket({.state = "closed", .title = "third"});
    const auto csv = get("/tickets.csv");
    EXPECT_EQ(csv.status, 200);
    EXPECT_TRUE(csv.text.starts_with("id,number,state,"));
    EXPECT_NE(csv.text.find(",\"'=1+1, \"\"quoted\"\"\","), std::string::npos) << csv.text;
    EXPECT_EQ(std::ranges::count(csv.text, '\n'), 3);
    EXPECT_EQ(csv.link, "");

    const auto first = get("/tickets.csv?limit=1");
    EXPECT_EQ(std::ranges::count(first.text, '\n'), 2);
    const auto begin = first.link.find("/tickets.csv");
    ASSERT_NE(begin, std::string::npos) << first.link;
    const auto rest = get(first.link.substr(begin, first.link.find('>') - begin));
    EXPECT_NE(rest.text.find("second"), std::string::npos);
    EXPECT_EQ(get("/tickets.csv?limit=10001").status, 400);
}

TEST_F(TicketList, LongTicketsMakeShortPagesThatLeadToTheRest)
{
    sql("insert into tickets (tenant_id, ticket_id, number, state, severity, title, description, dedup_key, "
        "occurrences,"
        " first_seen_at, last_seen_at, opened_at)"
        " select '" +
        ours_.str() +
        "', gen_random_uuid(), n, 'open', 1, 'ticket ' || n, repeat('d', 60000), 'key ' || n, 1, now(),"
        " now(), timestamptz '2026-11-23' + n * interval '1 ms' from generate_series(1, 300) as n");
    for (const auto* const sort : {"-opened_at", "number"}) {
        const auto first = get("/tickets?limit=500&sort=" + std::string(sort));
        EXPECT_LE(first.text.size(), api::kMaxPageBytes + 1'000);
        EXPECT_GE(first.body["items"].size(), 60U);
        const auto found = all_ids("/tickets", "&sort=" + std::string(sort), 500);
        EXPECT_EQ(found.size(), 300U);
        EXPECT_EQ(std::set(found.begin(), found.end()).size(), 300U);
    }
}

/// The plan of a page far down the list, under the role and the row-level security that serve it.
std::string plan_of(const TestDatabase& database, TenantId tenant, const std::string& select)
{
    pqxx::connection connection(database.api);
    pqxx::nontransaction tx(connection);
    tx.exec("set enable_seqscan = on");
    begin_as(tx, database, tenant.str());
    std::string plan;
    for (const auto& row : tx.exec("explain (analyze, timing off, summary off) " + select)) {
        plan += row[0].c_str();
        plan += '\n';
    }
    return plan;
}

TEST_F(TicketList, AFarPageReadsNoMoreRowsThanTheFirst)
{
    sql("insert into tickets (tenant_id, ticket_id, number, state, severity, title, dedup_key, occurrences,"
        " first_seen_at, last_seen_at, opened_at)"
        " select '" +
        ours_.str() +
        "', gen_random_uuid(), n, case when n % 50 = 0 then 'open' else 'closed' end,"
        " 1 + n % 4, 'ticket ' || n, 'key ' || n, 1, now(), now(), timestamptz '2026-11-23' + n * interval '1 ms'"
        " from generate_series(1, 5000) as n");
    sql("analyze tickets");
    const auto page = [this](const std::string& order, const std::string& columns, const std::string& cursor) {
        return plan_of(database_, ours_,
                       "select t.ticket_id from tickets t where t.tenant_id = '" + ours_.str() + "' and (" + columns +
                           ") < (" + cursor + ") order by " + order + " limit 51");
    };
    const auto newest = page("t.opened_at desc, t.ticket_id desc", "t.opened_at, t.ticket_id",
                             "timestamptz '2026-11-23 00:00:05', '0199c0de-0000-7000-8000-000000000001'::uuid");
    EXPECT_NE(newest.find("tickets_page"), std::string::npos) << newest;
    EXPECT_EQ(newest.find("Seq Scan"), std::string::npos) << newest;
    EXPECT_EQ(newest.find("Sort"), std::string::npos) << newest;
    EXPECT_EQ(newest.find("Rows Removed"), std::string::npos) << newest;

    const auto shown =
        plan_of(database_, ours_,
                "select t.ticket_id from tickets t where t.tenant_id = '" + ours_.str() +
                    "' and t.state = any('{open,in_progress,recovered,close_requested,returned}'::text[])"
                    " order by t.opened_at desc, t.ticket_id desc limit 51");
    EXPECT_NE(shown.find("tickets_page_shown"), std::string::npos) << shown;
    EXPECT_EQ(shown.find("Rows Removed"), std::string::npos) << shown;
}

/// A released migration cannot ask the program which tickets a list shows.
TEST_F(TicketList, TheIndexOfWhatIsShownHasThoseThatAre)
{
    const auto shown = sql("select pg_get_expr(indpred, indrelid) from pg_index where indexrelid = "
                           "'tickets_page_shown'::regclass")[0][0]
                           .as<std::string>();
    for (const auto state : domain::ticket_states()) {
        const auto id = add_ticket({.state = std::string(to_string(state))});
        const auto in_index = sql("select from tickets where ticket_id = '" + id + "' and " + shown).size() == 1;
        EXPECT_EQ(in_index, api::is_shown(state)) << to_string(state) << ": " << shown;
    }
}

/// The statements themselves: what they read is counted, whatever their plan looks like.
TEST_F(TicketList, TheStoresOwnStatementsFindTheirIndexes)
{
    sql("insert into tickets (tenant_id, ticket_id, number, state, severity, title, dedup_key, occurrences,"
        " first_seen_at, last_seen_at, opened_at)"
        " select '" +
        ours_.str() +
        "', gen_random_uuid(), n, 'open', 1 + n % 4, 'ticket ' || n, 'key ' || n, 1, now(),"
        " now(), timestamptz '2026-11-23' + n * interval '1 ms' from generate_series(1, 5000) as n");
    sql("analyze tickets");
    using enum ports::TicketOrder;
    const std::pair<std::string, ports::TicketOrder> sorts[] = {{"-opened_at", newest},      {"opened_at", oldest},
                                                                {"-severity", most_severe},  {"severity", least_severe},
                                                                {"-number", highest_number}, {"number", lowest_number}};
    for (const auto& [sort, order] : sorts) {
        const auto far = get("/tickets?q=ticket%204321&sort=" + sort + "&limit=1").body["items"][0];
        domain::Ticket last;
        last.id = *TicketId::parse(far["id"].get<std::string>());
        last.number = far["number"];
        last.severity = *domain::parse_severity(far["severity"].get<std::string>());
        last.opened_at = *parse_rfc3339(far["opened_at"].get<std::string>());
        const auto cursor = api::encode_cursor(api::ticket_cursor(order, last));
        const auto first = rows_read_by("/tickets?limit=50&sort=" + sort);
        EXPECT_GE(first, 51) << sort;
        EXPECT_LE(first, 60) << sort;
        EXPECT_LE(rows_read_by("/tickets?limit=50&sort=" + sort + "&cursor=" + cursor), 60) << sort;
    }
}

}  // namespace
}  // namespace winnow::test
