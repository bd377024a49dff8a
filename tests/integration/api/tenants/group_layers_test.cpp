/// @file
/// What keeps management groups of one tenant apart, one layer taken away at a time: as layers_test.cpp does of
/// tenants. Policies are dropped by a superuser; and the filters of statements are taken away by a caller who says that
/// he is not narrowed, in a session that the policies hold for narrowed. The router is not asked: handlers are called
/// past it.

#include "integration/api/tenants.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/domain/alert.hpp"
#include "winnow/domain/position.hpp"
#include "winnow/domain/verdict.hpp"
#include "winnow/intake/canonical.hpp"
#include "winnow/journal/codec.hpp"

#include <cstdint>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr auto kOurs = "canary-of-our-group";
constexpr auto kForeign = "canary-of-a-foreign-group";
constexpr auto kOurTicket = "0199c0de-0000-7000-8000-0000000000c1";
constexpr auto kForeignTicket = "0199c0de-0000-7000-8000-0000000000c2";

class GroupLayers : public Tenants {
protected:
    struct Question {
        std::string_view method;
        std::string target;
        json body = nullptr;
    };

    GroupLayers()
    {
        our_integration_ = post("/integrations", {{"name", kOurs}}).id();
        foreign_integration_ = post("/integrations", {{"name", kForeign}}).id();
        our_group_ = made("/management-groups", {{"name", "ours"}, {"integration_ids", {our_integration_}}});
        made("/management-groups", {{"name", "foreign"}, {"integration_ids", {foreign_integration_}}});
        sql("update tenant_settings set journal_retention_days = 3650 where tenant_id = '" + ours_.str() + "'");
        sql("select make_day_partitions('2026-11-20', 6)");
        sql("select make_access_partitions((now() at time zone 'UTC')::date, 1)");
        ticket(1, kOurTicket, kOurs, our_integration_);
        ticket(2, kForeignTicket, kForeign, foreign_integration_);
        alerts();
        become(viewer_, access::Role::operator_);
        who_.groups = access::groups_of({*ManagementGroupId::parse(our_group_)});
    }

    void ticket(int number, const std::string& id, const std::string& title, const std::string& integration)
    {
        const auto t = "'" + ours_.str() + "', '" + id + "', ";
        const std::string at = "'2026-11-23T06:00:00Z'";
        sql("insert into tickets (tenant_id, ticket_id, number, state, severity, title, dedup_key, occurrences, "
            "first_seen_at, last_seen_at, opened_at, event_seq, integration_id) values (" +
            t + std::to_string(number) + ", 'open', 1, '" + title + "', '" + title + "', 1, " + at + ", " + at + ", " +
            at + ", 1, '" + integration + "')");
        sql("insert into ticket_events values (" + t + "1, 'commented', " + at + ", 'user:x', '{\"text\": \"" + title +
            "\"}')");
        // Its delivery has its id.
        sql("insert into deliveries (tenant_id, delivery_id, ticket_id, event_seq, event_kind, contact_id, state) "
            "select '" +
            ours_.str() + "', '" + id + "', '" + id + "', 1, 'opened', '" + id + "', 'dead'");
        sql("insert into notices (tenant_id, ticket_id, event_seq, content, public_url) values (" + t +
            "1, '{\"type\": \"" + title + "\"}', '')");
    }

    [[nodiscard]] std::string alert_id(std::uint16_t index) const
    {
        return domain::alert_id_at({.row = {.received_at = now_, .stream = 7, .seq = 1}, .index = index}).str();
    }

    /// One row of the journal with an alert of each ticket, and one of each integration that was dropped.
    void alerts()
    {
        std::string lines;
        std::vector<std::optional<domain::Verdict>> verdicts;
        for (const bool is_ticketed : {true, false}) {
            for (const bool is_ours : {true, false}) {
                domain::Alert alert;
                alert.title = is_ours ? kOurs : kForeign;
                alert.dedup_key = alert.title;
                alert.received_at = now_;
                alert.integration_id = *IntegrationId::parse(is_ours ? our_integration_ : foreign_integration_);
                alert.integration = alert.title;
                intake::append_canonical(alert, lines);
                lines += '\n';
                domain::Verdict verdict;
                verdict.disposition = domain::Disposition::dropped;
                if (is_ticketed) {
                    verdict.disposition = domain::Disposition::ticketed;
                    verdict.effect = domain::TicketEffect::opened;
                    verdict.ticket_id = TicketId::parse(is_ours ? kOurTicket : kForeignTicket);
                }
                verdicts.emplace_back(verdict);
            }
        }
        const auto bytes = [](const std::string& raw) {
            return "'\\x" + crypto::to_hex(raw) + "'";
        };
        const auto row = "'" + ours_.str() + "', '2026-11-23T06:00:00Z', 7, 1, ";
        sql("insert into journal values (" + row + "4, " + bytes(journal::encode_rows(lines)) + ")");
        sql("insert into verdicts values (" + row + bytes(journal::encode_verdicts(verdicts)) + ")");
    }

    /// What stands in tickets, and what belongs to these.
    [[nodiscard]] std::vector<Question> of_tickets() const
    {
        const std::string one = std::string("/tickets/") + kForeignTicket;
        return {
            {"GET", one},
            {"GET", one + "/timeline"},
            {"GET", one + "/comments"},
            {"GET", one + "/alerts"},
            {"GET", one + "/management-group"},
            {"PATCH", one, {{"priority", "x"}}},
            {"POST", one + "/transitions", {{"to", "closed"}}},
            {"POST", one + "/comments", {{"text", "x"}}},
            {"PUT", one + "/parent", {{"parent_id", kOurTicket}}},
            {"DELETE", one + "/parent"},
            {"PUT", std::string("/tickets/") + kOurTicket + "/parent", {{"parent_id", kForeignTicket}}},
            {"GET", std::string("/deliveries/") + kForeignTicket},
            {"POST", std::string("/deliveries/") + kForeignTicket + "/retry"},
            {"GET", "/integrations/" + foreign_integration_},
        };
    }
    [[nodiscard]] std::vector<Question> of_alerts() const
    {
        return {{"GET", "/alerts/" + alert_id(1)},
                {"GET", "/alerts/" + alert_id(3)},
                {"GET", "/alerts/" + alert_id(1) + "/explanation"},
                {"GET", "/receipts/" + alert_id(1) + ".1"}};
    }
    [[nodiscard]] static std::vector<Question> lists()
    {
        return {{"GET", "/tickets"},
                {"GET", "/tickets.csv"},
                {"GET", std::string("/tickets?q=") + kForeign},
                {"GET", "/deliveries"},
                {"GET", std::string("/deliveries?ticket_id=") + kForeignTicket},
                {"GET", "/integrations"},
                {"POST", "/tickets/bulk", {{"ids", {kForeignTicket}}, {"patch", {{"priority", "x"}}}}}};
    }
    [[nodiscard]] static std::vector<Question> lists_of_alerts()
    {
        return {{"GET", "/alerts"},
                {"GET", std::string("/alerts?q=") + kForeign},
                {"GET", std::string("/alerts?ticket_id=") + kForeignTicket}};
    }

    void expect_denied(const std::vector<Question>& questions, const std::string& without)
    {
        for (const auto& [method, target, body] : questions) {
            const auto answered = call(method, target, body);
            EXPECT_GE(answered.status, 400) << without << ": " << method << ' ' << target << ' ' << answered.text;
            EXPECT_THAT(answered.text, Not(HasSubstr(kForeign))) << without << ": " << target;
            ++probes_;
        }
    }
    void expect_silent(const std::vector<Question>& questions, const std::string& without)
    {
        for (const auto& [method, target, body] : questions) {
            const auto answered = call(method, target, body);
            EXPECT_LT(answered.status, 400) << without << ": " << method << ' ' << target << ' ' << answered.text;
            if (target.contains(kForeign)) {
                EXPECT_TRUE(answered.body["items"].empty()) << without << ": " << target << ' ' << answered.text;
            } else {
                EXPECT_THAT(answered.text, Not(HasSubstr(kForeign))) << without << ": " << target;
            }
            ++probes_;
        }
        EXPECT_EQ(sql("select priority || state from tickets where ticket_id = '" + std::string(kForeignTicket) + "'"),
                  "open")
            << without;
    }
    void report(const std::string& layer) const
    {
        std::cout << "layer taken away: " << layer << ": " << probes_ << " probes" << std::endl;
    }

    void drop_policies()
    {
        std::istringstream policies(
            sql("select string_agg(policyname || ' ' || tablename, ' ') from pg_policies where "
                "permissive = 'RESTRICTIVE'"));
        std::string table;
        for (std::string policy; policies >> policy >> table;) sql("drop policy " + policy + " on " + table);
    }
    /// The policies take every session for narrowed to ours, whatever it says; and the statements ask for everybody's.
    void drop_filters()
    {
        sql("create or replace function current_groups() returns uuid[] language sql stable security definer "
            "set search_path = public, pg_temp as $$ select '{" +
            our_group_ + "}'::uuid[] $$");
        who_.groups = nullptr;
    }

    std::string our_integration_;
    std::string foreign_integration_;
    std::string our_group_;
    std::size_t probes_ = 0;
};

TEST_F(GroupLayers, WhoIsNarrowedSeesAndWorksWhatIsOfHisGroupAndNothingElse)
{
    expect_denied(of_tickets(), "nothing");
    expect_denied(of_alerts(), "nothing");
    expect_silent(lists(), "nothing");
    expect_silent(lists_of_alerts(), "nothing");
    report("none");
    EXPECT_THAT(get("/tickets").text, HasSubstr(kOurs));
    EXPECT_THAT(get("/tickets.csv").text, HasSubstr(kOurs));
    EXPECT_THAT(get("/deliveries").text, HasSubstr(kOurTicket));
    EXPECT_THAT(get("/integrations").text, HasSubstr(kOurs));
    EXPECT_EQ(get("/tickets/stats").body["total"], 1);
    EXPECT_EQ(get("/alerts").body["items"].size(), 2U);
    EXPECT_EQ(get("/alerts/" + alert_id(0)).status, 200);
    EXPECT_EQ(get("/alerts/" + alert_id(2)).status, 200);
    EXPECT_EQ(get("/receipts/" + alert_id(0) + ".4").body["results"].size(), 2U) << "of a request, what is his";
    EXPECT_EQ(patch(std::string("/tickets/") + kOurTicket, {{"priority", "x"}}).status, 200);
}

TEST_F(GroupLayers, WithoutThePoliciesTheFiltersDeny)
{
    drop_policies();
    expect_denied(of_tickets(), "policies");
    expect_denied(of_alerts(), "policies");
    expect_silent(lists(), "policies");
    expect_silent(lists_of_alerts(), "policies");
    EXPECT_EQ(get("/tickets/stats").body["total"], 1);
    report("the policies of management groups");
}

/// But for alerts, which stand in rows that mix integrations.
TEST_F(GroupLayers, WithoutTheFiltersThePoliciesDeny)
{
    drop_filters();
    expect_denied(of_tickets(), "filters");
    expect_silent(lists(), "filters");
    EXPECT_EQ(get("/tickets/stats").body["total"], 0) << "what counts all counts for nobody who is narrowed";
    EXPECT_EQ(get("/tickets/stats?state=open").body["total"], 1);
    report("the filters of all statements");
}

TEST_F(GroupLayers, WithoutBothEverythingOpens)
{
    drop_filters();
    drop_policies();
    for (const auto& [method, target, body] : of_tickets()) {
        if (method != "GET") continue;
        EXPECT_EQ(call(method, target, body).status, 200) << target;
    }
    EXPECT_THAT(get("/tickets").text, HasSubstr(kForeign));
}

TEST_F(GroupLayers, ATicketOfNoGroupIsSeenAndNotWorked)
{
    sql("update integrations set management_group_id = null where integration_id = '" + foreign_integration_ + "'");
    const auto one = std::string("/tickets/") + kForeignTicket;
    EXPECT_EQ(get(one).status, 200);
    const auto refused = patch(one, {{"priority", "x"}});
    EXPECT_EQ(refused.status, 403) << refused.text;
    EXPECT_THAT(refused.text, HasSubstr("none of your management groups"));
    EXPECT_EQ(post(std::string("/deliveries/") + kForeignTicket + "/retry", nullptr).status, 403);
    EXPECT_EQ(get("/alerts").body["items"].size(), 4U);
}

TEST_F(GroupLayers, ATicketThatIsGivenToAGroupTakesItsAlertsAlong)
{
    const auto groups = who_.groups;
    become(admin_, access::Role::admin);
    who_.groups = nullptr;
    const auto path = std::string("/tickets/") + kForeignTicket + "/management-group";
    const auto given = put(path, {{"management_group_id", our_group_}});
    EXPECT_EQ(given.status, 200) << given.text;
    EXPECT_EQ(given.body["by"], "hand");
    EXPECT_EQ(put(path, {{"management_group_id", kOurTicket}}).status, 422);
    become(viewer_, access::Role::operator_);
    who_.groups = groups;
    EXPECT_EQ(get(std::string("/tickets/") + kForeignTicket).status, 200);
    EXPECT_EQ(get("/alerts/" + alert_id(1)).status, 200);
    EXPECT_EQ(get("/alerts/" + alert_id(3)).status, 404) << "in no ticket, it is its integration's";
    become(admin_, access::Role::admin);
    who_.groups = nullptr;
    EXPECT_EQ(remove(path).body["by"], "integration");
    const auto told = get(std::string("/tickets/") + kForeignTicket + "/timeline").body["items"];
    EXPECT_EQ(told.size(), 3U);
    EXPECT_THAT(told.back().dump(), HasSubstr("management_group_id"));
}

/// An answer that was kept for an Idempotency-Key is not shown to whom it is hidden from by now.
TEST_F(GroupLayers, AKeptAnswerIsNoWayAround)
{
    const auto groups = who_.groups;
    who_.groups = nullptr;
    const std::vector<http::Header> once{{"Idempotency-Key", "k"}};
    const auto path = std::string("/tickets/") + kForeignTicket + "/comments";
    ASSERT_EQ(call("POST", path, {{"text", kForeign}}, once).status, 201);
    who_.groups = groups;
    const auto again = call("POST", path, {{"text", kForeign}}, once);
    EXPECT_EQ(again.status, 422) << again.text;
    EXPECT_THAT(again.text, Not(HasSubstr(kForeign)));
}

}  // namespace
}  // namespace winnow::test
