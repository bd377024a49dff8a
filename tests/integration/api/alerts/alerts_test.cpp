#include "api/alerts/alert_history.hpp"
#include "integration/api/world.hpp"

namespace winnow::test {
namespace {

using domain::Disposition;
using domain::TicketEffect;
using domain::Verdict;
using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;

const auto kRule = *RuleId::parse("0199c0de-0000-7000-8000-0000000000d1");

Verdict verdict(Disposition disposition, TicketEffect effect = TicketEffect::none,
                std::optional<TicketId> ticket = std::nullopt, std::vector<domain::RuleMatch> matches = {})
{
    return {.disposition = disposition,
            .effect = effect,
            .ticket_id = ticket,
            .matches = std::move(matches),
            .dedup_key = "folded"};
}

std::string id_of(const domain::RowPosition& row, std::uint16_t index)
{
    return domain::alert_id_at({.row = row, .index = index}).str();
}

class AlertJournal : public World {
protected:
    void add_rule(const RuleId& id, const std::string& condition, const std::string& actions, int version)
    {
        sql("insert into rules (tenant_id, rule_id, name, position, condition, syntax, actions, stop, version,"
            " updated_by) values ('" +
            ours_.str() + "', '" + id.str() + "', 'quiet dev', 0, '" + condition + "', 'matchers', '" + actions +
            "', true, " + std::to_string(version) + ", 'user')");
    }
};

TEST_F(AlertJournal, ListsNewestFirstWithWhatBecameOfEach)
{
    const auto ticket = add_ticket();
    const auto ticket_id = *TicketId::parse(ticket);
    const auto old =
        journal(1, kNow, {an_alert("a"), an_alert("b")},
                {verdict(Disposition::ticketed, TicketEffect::opened, ticket_id, {{.rule_id = kRule, .version = 3}}),
                 verdict(Disposition::dropped)});
    const auto fresh = journal(2, kNow + std::chrono::hours(30), {an_alert("c")});

    const auto items = get("/alerts").body["items"];
    ASSERT_EQ(items.size(), 3U);
    EXPECT_EQ(items[0]["id"], id_of(fresh, 0));
    EXPECT_EQ(items[0]["disposition"], "pending");
    EXPECT_EQ(items[0]["effect"], nullptr);
    EXPECT_EQ(items[1]["id"], id_of(old, 1));
    EXPECT_EQ(items[1]["disposition"], "dropped");
    EXPECT_EQ(items[2]["title"], "a");
    EXPECT_EQ(items[2]["received_at"], "2026-11-23T06:00:00.000Z");
    EXPECT_EQ(items[2]["ticket_id"], ticket);
    EXPECT_EQ(items[2]["folded_dedup_key"], "folded");
    EXPECT_EQ(items[2]["matched_rules"], (json::array({{{"rule_id", kRule.str()}, {"version", 3}}})));

    const auto single = get("/alerts/" + id_of(old, 0)).body;
    EXPECT_EQ(single["ticket"]["id"], ticket);
    EXPECT_EQ(single["disposition"], "ticketed");
}

TEST_F(AlertJournal, EachFilterKeepsExactlyItsOwn)
{
    const auto ticket = add_ticket();
    const auto row =
        journal(1, kNow, {an_alert("Disk full"), an_alert("cpu"), an_alert("net")},
                {verdict(Disposition::ticketed, TicketEffect::opened, *TicketId::parse(ticket)),
                 verdict(Disposition::dropped, TicketEffect::none, std::nullopt, {{.rule_id = kRule, .version = 1}}),
                 verdict(Disposition::suppressed, TicketEffect::joined, *TicketId::parse(ticket))});
    const auto later = journal(2, kNow + std::chrono::hours(1), {an_alert("fan")});
    const auto disk = id_of(row, 0);
    const auto cpu = id_of(row, 1);
    const auto net = id_of(row, 2);
    const auto fan = id_of(later, 0);

    EXPECT_THAT(ids("/alerts?disposition=dropped"), ElementsAre(cpu));
    EXPECT_THAT(ids("/alerts?disposition=ticketed,suppressed"), ElementsAre(net, disk));
    EXPECT_THAT(ids("/alerts?disposition=pending"), ElementsAre(fan));
    EXPECT_THAT(ids("/alerts?disposition=pending&disposition=dropped"), ElementsAre(fan, cpu));
    EXPECT_THAT(ids("/alerts?rule_id=" + kRule.str()), ElementsAre(cpu));
    EXPECT_THAT(ids("/alerts?ticket_id=" + ticket), ElementsAre(net, disk));
    EXPECT_THAT(ids("/alerts?q=DISK"), ElementsAre(disk));
    EXPECT_THAT(ids("/alerts?q=key%20of%20cpu"), ElementsAre(cpu));
    EXPECT_THAT(ids("/alerts?from=2026-11-23T06:00:00.001Z"), ElementsAre(fan));
    EXPECT_THAT(ids("/alerts?to=2026-11-23T07:00:00Z"), ElementsAre(net, cpu, disk));
    EXPECT_THAT(ids("/alerts?disposition=held"), IsEmpty());
    for (const auto* const query :
         {"disposition=gone", "rule_id=7", "ticket_id=x", "q=", "from=now", "nosuch=1", "cursor=bm90IG91cnM"}) {
        EXPECT_EQ(get(std::string("/alerts?") + query).status, 400) << query;
    }
}

TEST_F(AlertJournal, PagesHoldEachAlertOnceAndStandStillWhileMoreComeIn)
{
    std::vector<domain::Alert> alerts;
    for (int i = 0; i < 7; ++i) alerts.push_back(an_alert("alert " + std::to_string(i)));
    for (std::uint64_t seq = 1; seq <= 5; ++seq) {
        journal(seq, kNow + std::chrono::hours(9) * static_cast<int>(seq), alerts);  // across days
    }
    const auto whole = ids("/alerts?limit=500");
    ASSERT_EQ(whole.size(), 35U);
    EXPECT_EQ(all_ids("/alerts", "", 4), whole);
    EXPECT_EQ(all_ids("/alerts", "", 7), whole);

    const std::string cursor = get("/alerts?limit=10").body["next_cursor"];
    journal(6, kNow + std::chrono::hours(50), alerts);
    EXPECT_EQ(ids("/alerts?limit=500&cursor=" + cursor), std::vector(whole.begin() + 10, whole.end()));
}

TEST_F(AlertJournal, AGapIsNoAlert)
{
    const auto row = journal(1, kNow, {an_alert("a"), domain::Alert(), an_alert("c")},
                             {verdict(Disposition::ticketed), std::nullopt, verdict(Disposition::ticketed)});
    EXPECT_THAT(ids("/alerts"), ElementsAre(id_of(row, 2), id_of(row, 0)));
    EXPECT_EQ(get("/alerts/" + id_of(row, 1)).status, 404);
    const auto raw = journal(2, kNow + std::chrono::seconds(1), {an_alert("d"), domain::Alert(), an_alert("e")});
    EXPECT_EQ(get("/alerts/" + id_of(raw, 1)).status, 404);
    EXPECT_THAT(ids("/alerts"), ElementsAre(id_of(raw, 2), id_of(raw, 0), id_of(row, 2), id_of(row, 0)));
}

TEST_F(AlertJournal, ASearchThatFindsLittleEndsEarlyAndGoesOn)
{
    for (std::uint64_t seq = 1; seq <= 30; ++seq) {
        journal(seq, kNow + std::chrono::seconds(seq), {an_alert(seq == 3 ? "needle" : "hay")});
    }
    in_session([&](ports::TenantSession& session) {
        api::AlertQuery query;
        query.text = "needle";
        std::optional<domain::AlertPosition> before;
        std::size_t found = 0;
        int calls = 0;
        do {
            const auto stretch = api::search_alerts(session.alerts(), {}, query, before, 50, {.rows = 10});
            ASSERT_TRUE(stretch) << stretch.error().message();
            found += stretch->items.size();
            before = stretch->next;
            ASSERT_LE(++calls, 4);
        } while (before);
        EXPECT_EQ(found, 1U);
        EXPECT_GE(calls, 3);
    });
}

TEST_F(AlertJournal, OldIdsAreFoundBesideMaskedOnesAndNobodyFindsAMaskedAlertByItsPlace)
{
    const auto old = journal(1, kNow, {an_alert("old")});
    stream_ = domain::kFirstMaskedStream + 7;
    const auto fresh = journal(2, kNow + std::chrono::hours(1), {an_alert("other request"), an_alert("fresh")});
    const auto names = names_.of(ours_);
    const auto masked = names.alert({.row = fresh, .index = 1}).str();
    EXPECT_THAT(ids("/alerts"), ElementsAre(masked, names.alert({.row = fresh, .index = 0}).str(), id_of(old, 0)));
    EXPECT_EQ(all_ids("/alerts", "", 1).size(), 3U) << "cursors of both kinds";
    EXPECT_EQ(get("/alerts/" + id_of(old, 0)).body["title"], "old");
    EXPECT_EQ(get("/receipts/" + id_of(old, 0) + ".1").status, 200);
    EXPECT_EQ(get("/alerts/" + masked).body["title"], "fresh");
    EXPECT_EQ(get("/alerts/" + masked + "/explanation").body["id"], masked);
    EXPECT_EQ(get("/receipts/" + masked + ".1").body["results"][0]["alert_id"], masked);

    EXPECT_EQ(get("/alerts/" + id_of(fresh, 1)).status, 404);
    EXPECT_EQ(get("/receipts/" + id_of(fresh, 1) + ".1").status, 404);
    for (const auto* const path : {"/alerts/", "/receipts/"}) {
        const auto theirs = names_.of(theirs_).alert({.row = fresh, .index = 1}).str();
        EXPECT_EQ(get(path + theirs + (std::string_view(path) == "/receipts/" ? ".1" : "")).status, 404);
    }
}

TEST_F(AlertJournal, AReceiptTellsWhereEachAlertOfItsRequestEnded)
{
    const auto ticket = add_ticket();
    const auto row = journal(1, kNow, {an_alert("other request"), an_alert("a"), an_alert("b")},
                             {verdict(Disposition::ticketed), verdict(Disposition::dropped),
                              verdict(Disposition::ticketed, TicketEffect::opened, *TicketId::parse(ticket))});
    const domain::ReceiptId receipt{.first = {.row = row, .index = 1}, .count = 2};
    const auto answered = get("/receipts/" + receipt.str());
    ASSERT_EQ(answered.status, 200) << answered.text;
    EXPECT_EQ(answered.body["settled"], true);
    ASSERT_EQ(answered.body["results"].size(), 2U);
    EXPECT_EQ(answered.body["results"][0]["disposition"], "dropped");
    EXPECT_EQ(answered.body["results"][1]["ticket_id"], ticket);

    const auto waiting = journal(2, kNow, {an_alert("c")});
    const auto pending = get("/receipts/" + domain::ReceiptId{.first = {.row = waiting, .index = 0}, .count = 1}.str());
    EXPECT_EQ(pending.body["settled"], false);
    EXPECT_EQ(pending.body["results"][0]["disposition"], "pending");

    for (const auto& wrong : {std::string("nonsense"), id_of(row, 0), id_of(row, 0) + ".0", id_of(row, 0) + ".4",
                              id_of({.received_at = kNow, .stream = 7, .seq = 99}, 0) + ".1"}) {
        EXPECT_EQ(get("/receipts/" + wrong).status, 404) << wrong;
    }
}

TEST_F(AlertJournal, ATicketsAlertsAreThoseThatWentIntoIt)
{
    journal(1, kNow - std::chrono::hours(1), {an_alert("before")}, {verdict(Disposition::ignored)});
    const domain::RowPosition opening{.received_at = kNow, .stream = 7, .seq = 2};
    const auto ticket_id = domain::ticket_id_at({.row = opening, .index = 1});
    const auto ticket = add_ticket({.opened_at = kNow, .id = ticket_id});
    journal(2, kNow, {an_alert("another"), an_alert("first")},
            {verdict(Disposition::ticketed, TicketEffect::opened, TicketId(Uuid::from_words(1, 2))),
             verdict(Disposition::ticketed, TicketEffect::opened, ticket_id)});
    const auto again = journal(3, kNow + std::chrono::hours(2), {an_alert("second")},
                               {verdict(Disposition::ticketed, TicketEffect::joined, ticket_id)});
    sql("update tickets set last_seen_at = '2026-11-23 08:00Z'");
    EXPECT_THAT(ids("/tickets/" + ticket + "/alerts"), ElementsAre(id_of(again, 0), id_of(opening, 1)));
    EXPECT_EQ(all_ids("/tickets/" + ticket + "/alerts", "", 1).size(), 2U);

    sql("update tickets set state = 'closed', closed_at = '2026-11-23 09:00Z'");
    EXPECT_EQ(ids("/tickets/" + ticket + "/alerts").size(), 2U);
}

TEST_F(AlertJournal, ExplainsADroppedAlertWithTheRuleThatDroppedIt)
{
    add_rule(kRule, R"(env="dev")", R"([{"type":"drop"}])", 2);
    auto alert = an_alert("noise");
    alert.labels.set("env", "dev");
    const auto row =
        journal(1, kNow, {alert, alert},
                {verdict(Disposition::dropped, TicketEffect::none, std::nullopt, {{.rule_id = kRule, .version = 2}}),
                 verdict(Disposition::dropped, TicketEffect::none, std::nullopt, {{.rule_id = kRule, .version = 1}})});
    const auto now = get("/alerts/" + id_of(row, 0) + "/explanation").body;
    EXPECT_EQ(now["alert"]["title"], "noise");
    EXPECT_EQ(now["disposition"], "dropped");
    EXPECT_EQ(now["dedup_key"], "folded");
    EXPECT_EQ(now["alert"]["dedup_key"], "key of noise");
    EXPECT_EQ(now["nobody_told"]["code"], "dropped");
    EXPECT_EQ(now["matched_rules"][0]["name"], "quiet dev");
    ASSERT_EQ(now["rules"].size(), 1U);
    EXPECT_EQ(now["rules"][0]["version"], 2);
    EXPECT_EQ(now["rules"][0]["acted"], true);
    EXPECT_EQ(now["rules"][0]["matched"], true);
    ASSERT_EQ(now["rules"][0]["leaves"].size(), 1U);
    EXPECT_EQ(now["rules"][0]["leaves"][0]["matched"], true);
    EXPECT_NE(now["rules"][0]["leaves"][0]["value"].get<std::string>().find("dev"), std::string::npos);

    const auto earlier = get("/alerts/" + id_of(row, 1) + "/explanation").body;
    EXPECT_EQ(earlier["rules"][0]["acted"], false) << "version 1 acted, version 2 is shown";
    EXPECT_EQ(earlier["matched_rules"][0]["version"], 1);
    EXPECT_EQ(earlier["matched_rules"][0]["current_version"], 2);
}

TEST_F(AlertJournal, OfMoreRulesThanAreRecordedTheRestIsTold)
{
    add_rule(kRule, "env=dev", R"([{"type":"priority","priority":"P1"}])", 2);
    auto alert = an_alert("noise");
    alert.labels.set("env", "dev");
    auto made = verdict(Disposition::suppressed, TicketEffect::none, std::nullopt, {{.rule_id = kRule, .version = 2}});
    made.more_matches = 744;
    const auto row = journal(1, kNow, {alert}, {made});
    const auto shown = get("/alerts").body["items"][0];
    EXPECT_EQ(shown["matched_rules"].size(), 1U);
    EXPECT_EQ(shown["matched_rules_left_out"], 744);
    const auto now = get("/alerts/" + id_of(row, 0) + "/explanation").body;
    EXPECT_EQ(now["matched_rules"].size(), 1U);
    EXPECT_EQ(now["matched_rules_left_out"], 744);
    EXPECT_EQ(now["rules"][0]["acted"], true);
    EXPECT_EQ(now["alert_after_rules"], nullptr) << "the others changed it, perhaps";
    EXPECT_EQ(now["nobody_told"]["detail"].get<std::string>().find("quiet dev"), std::string::npos)
        << "it may have been another: " << now["nobody_told"];
}

TEST_F(AlertJournal, ExplainsWhoWasToldOfATicketedAlert)
{
    const auto ticket = add_ticket();
    const domain::RowPosition place{.received_at = kNow, .stream = 7, .seq = 1};
    add_event(ticket, 1, "opened", kNow, id_of(place, 0));
    add_event(ticket, 2, "severity_changed", kNow, id_of(place, 1));
    const auto told = add_delivery(ticket, 1, "delivered");
    add_delivery(ticket, 2, "pending");
    const auto row = journal(1, kNow, {an_alert("disk")},
                             {verdict(Disposition::ticketed, TicketEffect::opened, *TicketId::parse(ticket))});
    const auto explained = get("/alerts/" + id_of(row, 0) + "/explanation").body;
    EXPECT_EQ(explained["ticket"]["id"], ticket);
    EXPECT_EQ(explained["effect"], "opened");
    EXPECT_EQ(explained["ticket_events"].size(), 1U);
    ASSERT_EQ(explained["deliveries"].size(), 1U);
    EXPECT_EQ(explained["deliveries"][0]["id"], told);
    EXPECT_EQ(explained["deliveries"][0]["state"], "delivered");
    EXPECT_EQ(explained["nobody_told"], nullptr);
}

TEST_F(AlertJournal, ExplainsWhyNobodyWasTold)
{
    const auto loud = add_ticket();
    const domain::RowPosition place{.received_at = kNow, .stream = 7, .seq = 1};
    add_event(loud, 1, "opened", kNow, id_of(place, 4));
    add_event(loud, 2, "acknowledged", kNow, id_of(place, 6));
    const auto loud_id = TicketId::parse(loud);
    const auto quiet = TicketId::parse(add_ticket({.suppressed = true}));
    const auto row =
        journal(1, kNow, std::vector<domain::Alert>(7, an_alert("x")),
                {verdict(Disposition::suppressed, TicketEffect::opened, quiet),
                 verdict(Disposition::ticketed, TicketEffect::refreshed, loud_id),
                 verdict(Disposition::ticketed, TicketEffect::joined, loud_id), verdict(Disposition::ignored),
                 verdict(Disposition::ticketed, TicketEffect::opened, loud_id),
                 verdict(Disposition::ticketed, TicketEffect::joined, quiet),
                 verdict(Disposition::ticketed, TicketEffect::acknowledged, loud_id)});
    const auto* const codes = "suppressed refreshed joined_without_news ignored no_contacts suppressed acknowledged";
    std::string found;
    for (std::uint16_t index = 0; index < 7; ++index) {
        if (index > 0) found += ' ';
        found += get("/alerts/" + id_of(row, index) + "/explanation").body["nobody_told"]["code"];
    }
    EXPECT_EQ(found, codes);
    const auto waiting = journal(2, kNow, {an_alert("y")});
    EXPECT_EQ(get("/alerts/" + id_of(waiting, 0) + "/explanation").body["nobody_told"]["code"], "pending");
}

TEST_F(AlertJournal, AnotherTenantsAlertsDoNotExist)
{
    who_.tenant = theirs_;
    const auto row = journal(1, kNow, {an_alert("secret")}, {verdict(Disposition::dropped)});
    EXPECT_EQ(ids("/alerts").size(), 1U);
    who_.tenant = ours_;
    EXPECT_THAT(ids("/alerts"), IsEmpty());
    EXPECT_EQ(get("/alerts/" + id_of(row, 0)).status, 404);
    EXPECT_EQ(get("/alerts/" + id_of(row, 0) + "/explanation").status, 404);
    EXPECT_EQ(get("/receipts/" + domain::ReceiptId{.first = {.row = row, .index = 0}, .count = 1}.str()).status, 404);
}

}  // namespace
}  // namespace winnow::test
