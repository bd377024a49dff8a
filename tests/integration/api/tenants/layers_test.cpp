/// @file
/// What keeps tenants apart, one layer taken away at a time: the others still deny every probe. No switch of the
/// program takes one away. The router's permission check is not asked, because the handlers are called past it;
/// policies are opened by SQL of a superuser; and that the statements' own filters find nothing of others is taken away
/// by having them ask for the victim, in a session that the policies hold for somebody else's.

#include "integration/api/tenants/layers.hpp"

#include <iostream>

namespace winnow::test {
namespace {

using testing::ElementsAre;

TEST_F(Layers, WithoutTheRoutersCheckOfPermissionsNobodyElseFindsAnything)
{
    using access::CredentialKind;
    become_theirs();
    for (const auto kind : {CredentialKind::user_key, CredentialKind::integration_key, CredentialKind::provider,
                            CredentialKind::support, CredentialKind::none}) {
        for (const auto role : {access::Role::viewer, access::Role::operator_, access::Role::admin}) {
            who_.kind = kind;
            who_.role = role;
            // One of our users, as whom a forged principal would come, is nobody in their tenant.
            for (const auto& user : {their_admin_, admin_}) {
                who_.user = *UserId::parse(user);
                expect_denied("the router's check, as " + who_.actor());
            }
        }
    }
    report("the router's check of permissions");
}

TEST_F(Layers, WithOneTablesPolicyOpenTheFiltersDeny)
{
    become_theirs();
    ASSERT_GT(tables_.size(), 30U);
    for (const auto& table : tables_) {
        open(table);
        expect_denied("the policy of " + table);
        close(table);
    }
    report("the policy of one table, each in turn");
}

TEST_F(Layers, WithEveryPolicyOpenTheFiltersDeny)
{
    become_theirs();
    for (const auto& table : tables_) open(table);
    expect_denied("all policies");
    report("all policies at once");
}

TEST_F(Layers, WithoutAnyPolicyNobodySeesARow)
{
    for (const auto& table : tables_) sql("drop policy own_tenant on " + table);
    expect_denied("any policy, for ourselves");
    become_theirs();
    expect_denied("any policy");
    report("all policies dropped: row-level security is forced, so that nothing is allowed by nobody");
}

TEST_F(Layers, WithoutTheFiltersThePoliciesDeny)
{
    believe(theirs_);
    expect_denied("filters");
    report("the filters of all statements");
}

/// Each table's policy, where nothing else stands: what no question notices is not shown to be kept by it.
TEST_F(Layers, WithoutBothEverythingOpensAndThePolicyOfEachTableIsNoticed)
{
    believe(theirs_);
    for (const auto& table : tables_) open(table);
    std::vector<std::string> shown;
    // An archive whose parts are not seen breaks off: no answer to compare. What is announced a function of its owner
    // finds, for the tenant that the transaction is taken for.
    std::erase_if(questions_, [](const Question& question) {
        return question.method != "GET" || question.target.ends_with("/content") ||
               question.target.starts_with("/announcements/");
    });
    for (const auto& question : questions_) {
        const auto answered = call(question.method, question.target);
        EXPECT_EQ(answered.status, 200) << question.text() << ": " << answered.text;
        shown.push_back(answered.text);
    }
    std::vector<std::string> unnoticed;
    for (const auto& table : tables_) {
        if (sql("select has_table_privilege('winnow_api', '" + table + "', 'select')") != "t") continue;
        close(table);
        bool is_noticed = false;
        for (std::size_t i = 0; i < questions_.size() && !is_noticed; ++i) {
            is_noticed = call("GET", questions_[i].target).text != shown[i];
        }
        open(table);
        if (!is_noticed) unnoticed.push_back(table);
    }
    std::cout << "policies that no question about ours notices: " << testing::PrintToString(unnoticed) << std::endl;
    // What only writes look at (first answers, numbers, versions), back-tests (rows that were set aside), what triage
    // still holds of tickets, what people sign in with, and quotas and announcements, which functions of their owner
    // read. No head is signed here, no key was used, and only directories ask for their users.
    EXPECT_THAT(unnoticed,
                ElementsAre("alert_instances", "announcement_reads", "announcement_targets", "audit_anchors",
                            "credential_use", "export_parts", "idempotency_receipts", "import_parts",
                            "inhibition_sources", "invitations", "journal_progress", "oidc_logins", "one_time_tokens",
                            "owed_events", "quarantined_rows", "quiet_tickets", "quotas", "rule_machines", "scim_users",
                            "sessions", "tenants", "throttles", "ticket_numbers", "user_passwords"));
}

}  // namespace
}  // namespace winnow::test
