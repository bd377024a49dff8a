/// Support grants in the database: two persons, an end that needs nobody, and both chains.

#include "integration/pg/fixture.hpp"
#include "winnow/audit/record.hpp"
#include "winnow/pg/provider/provider_staff.hpp"
#include "winnow/pg/provider/provider_support.hpp"
#include "winnow/pg/tenant_database.hpp"
#include "winnow/ports/support/support_grant_store.hpp"
#include "winnow/ports/tenant_session.hpp"

#include <pqxx/connection>
#include <pqxx/except>
#include <pqxx/nontransaction>

#include <functional>
#include <future>
#include <memory>
#include <vector>

namespace winnow::pg {
namespace {

using access::SupportState;
using testing::IsEmpty;

class SupportGrantsTest : public PgTest {
protected:
    static constexpr std::size_t kMost = 3;

    Result<Done> in(TenantId tenant, std::function<Result<Done>(ports::TenantSession&)> work)
    {
        std::promise<Result<Done>> finished;
        api_->submit(
            tenant, [&](ports::TenantSession& session) { return work(session); },
            [&](Result<Done> done) { finished.set_value(std::move(done)); });
        return finished.get_future().get();
    }
    [[nodiscard]] static ports::ProviderRequest by(StaffId staff)
    {
        return {.actor = {.id = "provider:" + staff.str(), .means = "staff_session", .request_id = {}},
                .address = "192.0.2.1",
                .user_agent = {},
                .certificate_subject = {}};
    }
    Result<ports::TenantSupportGrant> ask(TenantId tenant)
    {
        ports::NewSupportGrant asked;
        asked.id = SupportGrantId(new_uuid());
        asked.tenant = tenant;
        asked.asked_by = ann_;
        asked.reason = "Mails of ticket 7 are late.";
        asked.scopes = {access::Permission::read_rules, access::Permission::read_tickets};
        asked.minutes = 30;
        return provider_->request(asked, kMost, by(ann_));
    }
    SupportGrantId active(TenantId tenant)
    {
        const auto asked = ask(tenant);
        EXPECT_TRUE(asked) << asked.error().message();
        const auto approved = provider_->approve(asked->grant.id, bob_, by(bob_));
        EXPECT_TRUE(approved) << approved.error().message();
        return asked->grant.id;
    }
    Result<Done> is_open(TenantId tenant, SupportGrantId id, StaffId reader)
    {
        return in(tenant,
                  [&](ports::TenantSession& session) { return session.support_grants().expect_open(id, reader); });
    }
    static audit::Act end_of(SupportGrantId id)
    {
        audit::Act act;
        act.actor = {.id = "user:" + new_uuid().str(), .means = "session"};
        act.name = "support_grant.end";
        act.object = "support_grant:" + id.str();
        return act;
    }
    Result<Done> end(TenantId tenant, SupportGrantId id)
    {
        return in(tenant,
                  [&](ports::TenantSession& session) { return session.support_grants().end(id, end_of(id), "{}"); });
    }
    std::string acts(const std::string& chain)
    {
        return text(
            "select coalesce(string_agg(act, ' ' order by seq), '') from audit where act like 'support%' and "
            "tenant_id = '" +
            chain + "'");
    }

    static constexpr auto kProviders = "00000000-0000-0000-0000-000000000000";
    const StaffId ann_{new_uuid()};
    const StaffId bob_{new_uuid()};
    std::unique_ptr<ports::TenantDatabase> api_ = make_tenant_database(as(database_.api), database_.pipeline);
    std::unique_ptr<ports::ProviderSupport> provider_ = make_provider_support(as(database_.provider));
    TenantId a_ = new_tenant();
    TenantId b_ = new_tenant();
};

TEST_F(SupportGrantsTest, WaitForASecondPersonAndAreSeenByTheTenantAtOnce)
{
    const auto asked = ask(a_);
    ASSERT_TRUE(asked) << asked.error().message();
    EXPECT_EQ(asked->grant.state, SupportState::requested);
    EXPECT_EQ(asked->service_code, "tenant1");
    const auto id = asked->grant.id;
    EXPECT_EQ(is_open(a_, id, ann_).error().code(), ErrorCode::permission_denied);
    EXPECT_EQ(provider_->approve(id, ann_, by(ann_)).error().code(), ErrorCode::permission_denied) << "by who asked";
    EXPECT_EQ(is_open(a_, id, ann_).error().code(), ErrorCode::permission_denied);
    const auto done = in(a_, [&](ports::TenantSession& session) -> Result<Done> {
        const auto seen = session.support_grants().page({}, 10).value();
        EXPECT_EQ(seen.size(), 1U);
        EXPECT_EQ(seen.front().id, id);
        EXPECT_EQ(seen.front().reason, "Mails of ticket 7 are late.");
        EXPECT_TRUE(seen.front().scopes.contains(access::Permission::read_rules));
        EXPECT_FALSE(seen.front().scopes.contains(access::Permission::read_alerts));
        return Done{};
    });
    EXPECT_TRUE(done);

    const auto approved = provider_->approve(id, bob_, by(bob_));
    ASSERT_TRUE(approved) << approved.error().message();
    EXPECT_EQ(approved->grant.state, SupportState::active);
    EXPECT_EQ(*approved->grant.ends_at - *approved->grant.approved_at, std::chrono::minutes{30});
    EXPECT_TRUE(is_open(a_, id, ann_));
    EXPECT_FALSE(is_open(a_, id, bob_)) << "who approved it does not read by it";
    EXPECT_FALSE(is_open(b_, id, ann_)) << "nor is it one of another tenant";
    EXPECT_EQ(provider_->approve(id, bob_, by(bob_)).error().code(), ErrorCode::conflict);
    EXPECT_EQ(acts(a_.str()), "support_grant.request support_grant.approve");
    EXPECT_EQ(acts(kProviders), acts(a_.str()));
    EXPECT_EQ(number("select count(*) from audit where detail like '%192.0.2.1%' and tenant_id = '" + a_.str() + "'"),
              0)
        << "from where the provider works is its own";
}

TEST_F(SupportGrantsTest, TellTheTenantsActiveAdminsByMail)
{
    sql("insert into users (tenant_id, user_id, email, name, role, state) values ('" + a_.str() +
        "', gen_random_uuid(), 'viewer@example.org', 'V', 'viewer', 'active'), ('" + a_.str() +
        "', gen_random_uuid(), 'gone@example.org', 'G', 'admin', 'disabled')");
    active(a_);
    EXPECT_EQ(text("select string_agg(tenant_id || ' ' || receiver || ' ' || kind || ' ' || number || ' ' || about, "
                   "';') from server_mails"),
              a_.str() + " admin@example.org support_opened 30 Mails of ticket 7 are late.");
}

TEST_F(SupportGrantsTest, EndByThemselvesAtTheirTimeAndLapseUnapproved)
{
    const auto id = active(a_);
    EXPECT_TRUE(is_open(a_, id, ann_));
    sql("update support_grants set approved_at = now() - interval '30 minutes', ends_at = now()");
    EXPECT_EQ(is_open(a_, id, ann_).error().code(), ErrorCode::permission_denied);
    EXPECT_EQ(provider_->find(id)->grant.state, SupportState::ended);
    EXPECT_EQ(end(a_, id).error().code(), ErrorCode::conflict);
    EXPECT_EQ(provider_->end(id, by(bob_)).error().code(), ErrorCode::conflict);
    const auto waits = ask(a_)->grant.id;
    sql("update support_grants set lapses_at = now() where state = 'requested'");
    EXPECT_EQ(provider_->find(waits)->grant.state, SupportState::lapsed);
    EXPECT_EQ(provider_->approve(waits, bob_, by(bob_)).error().code(), ErrorCode::conflict);
}

TEST_F(SupportGrantsTest, AreEndedByTheTenantForGoodAndInBothChains)
{
    const auto id = active(a_);
    EXPECT_EQ(end(b_, id).error().code(), ErrorCode::conflict) << "of another tenant";
    EXPECT_TRUE(is_open(a_, id, ann_));
    ASSERT_TRUE(end(a_, id));
    EXPECT_EQ(is_open(a_, id, ann_).error().code(), ErrorCode::permission_denied);
    const auto over = provider_->find(id)->grant;
    EXPECT_EQ(over.state, SupportState::ended);
    EXPECT_TRUE(over.ended_at);
    EXPECT_TRUE(over.ended_by.starts_with("user:"));
    EXPECT_EQ(end(a_, id).error().code(), ErrorCode::conflict);
    EXPECT_EQ(acts(a_.str()), "support_grant.request support_grant.approve support_grant.end")
        << "what failed left none";
    EXPECT_EQ(acts(kProviders), acts(a_.str()));
    const auto waits = ask(a_)->grant.id;
    ASSERT_TRUE(end(a_, waits));
    EXPECT_EQ(provider_->find(waits)->grant.state, SupportState::refused);
    EXPECT_EQ(provider_->approve(waits, bob_, by(bob_)).error().code(), ErrorCode::conflict);
}

TEST_F(SupportGrantsTest, EndWithWhoAskedForThemAndWithWhoApprovedThem)
{
    for (const auto& [id, name] : {std::pair{ann_, "ann"}, std::pair{bob_, "bob"}}) {
        sql("insert into provider_users (provider_user_id, email, name, role, state) values ('" + id.str() + "', '" +
            name + "@provider.example', 'x', 'support', 'invited')");
    }
    const auto staff = make_provider_staff(as(database_.provider));
    const auto first = active(a_);
    const auto second = active(b_);
    const auto waits = ask(b_)->grant.id;
    ASSERT_TRUE(staff->disable(ann_, by(bob_)));
    for (const auto id : {first, second}) EXPECT_EQ(provider_->find(id)->grant.state, SupportState::ended);
    EXPECT_EQ(provider_->find(waits)->grant.state, SupportState::refused);
    EXPECT_FALSE(is_open(a_, first, ann_));
    EXPECT_EQ(acts(a_.str()), "support_grant.request support_grant.approve support_grant.end");
    EXPECT_EQ(number("select count(*) from audit where act = 'support_grant.end' and tenant_id = '" +
                     std::string(kProviders) + "'"),
              3);

    const auto third = active(a_);
    ASSERT_TRUE(staff->reset(bob_, std::string(32, 'h'), by(ann_)));
    EXPECT_EQ(provider_->find(third)->grant.state, SupportState::ended) << "he approved it";
}

TEST_F(SupportGrantsTest, AreEndedByTheProviderToo)
{
    const auto id = active(a_);
    EXPECT_EQ(provider_->end(id, by(bob_))->grant.state, SupportState::ended);
    EXPECT_FALSE(is_open(a_, id, ann_));
    EXPECT_EQ(provider_->end(ask(a_)->grant.id, by(bob_))->grant.ended_by, "provider:" + bob_.str());
    EXPECT_EQ(provider_->end(SupportGrantId(new_uuid()), by(bob_)).error().code(), ErrorCode::not_found);
}

TEST_F(SupportGrantsTest, AreOnlySoManyAtOnceOfATenant)
{
    std::vector<SupportGrantId> ids;
    for (std::size_t i = 0; i < kMost; ++i) ids.push_back(ask(a_)->grant.id);
    EXPECT_EQ(ask(a_).error().code(), ErrorCode::conflict);
    EXPECT_TRUE(ask(b_)) << "another tenant's are its own";
    ASSERT_TRUE(provider_->approve(ids[0], bob_, by(bob_)));
    EXPECT_EQ(ask(a_).error().code(), ErrorCode::conflict) << "active ones count";
    ASSERT_TRUE(end(a_, ids[0]));
    EXPECT_TRUE(ask(a_)) << "those that are over do not";
    EXPECT_EQ(ask(TenantId(new_uuid())).error().code(), ErrorCode::not_found);
}

TEST_F(SupportGrantsTest, OfAllTenantsAreListedForTheProvider)
{
    const auto first = ask(a_)->grant.id;
    const auto second = ask(b_)->grant.id;
    const auto all = provider_->page({}, 10).value();
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].grant.id, second);
    EXPECT_EQ(all[0].tenant, b_);
    EXPECT_EQ(provider_->page(second, 10)->front().grant.id, first);
    EXPECT_EQ(provider_->find(SupportGrantId(new_uuid())).error().code(), ErrorCode::not_found);
    const auto done = in(b_, [&](ports::TenantSession& session) -> Result<Done> {
        EXPECT_EQ(session.support_grants().page({}, 10)->size(), 1U);
        EXPECT_THAT(session.support_grants().page(second, 10).value(), IsEmpty());
        EXPECT_EQ(session.support_grants().find(first).error().code(), ErrorCode::not_found);
        return Done{};
    });
    EXPECT_TRUE(done);
}

TEST_F(SupportGrantsTest, TheDatabaseItselfKeepsTwoPersonsApartAndAnHourTheMost)
{
    const auto id = ask(a_)->grant.id.str();
    pqxx::connection provider(database_.provider);
    const auto set = [&](const std::string& what) {
        pqxx::nontransaction(provider).exec("update support_grants set " + what + " where grant_id = '" + id + "'");
    };
    EXPECT_THROW(set("state = 'active', approved_by = asked_by, approved_at = now(), ends_at = now()"),
                 pqxx::check_violation);
    EXPECT_THROW(set("state = 'active'"), pqxx::check_violation) << "without the second one";
    EXPECT_THROW(set("state = 'active', approved_by = gen_random_uuid(), approved_at = now(), "
                     "ends_at = now() + interval '61 minutes'"),
                 pqxx::check_violation);
    EXPECT_THROW(set("asked_by = gen_random_uuid()"), pqxx::insufficient_privilege);
    EXPECT_THROW(set("minutes = 60"), pqxx::insufficient_privilege);
    EXPECT_THROW(pqxx::nontransaction(provider).exec("delete from support_grants"), pqxx::insufficient_privilege);
}

TEST_F(SupportGrantsTest, ATenantWritesNothingOfThemAndIntoTheProvidersChainOnlyThatItEndedOne)
{
    const auto id = ask(a_)->grant.id;
    pqxx::connection api(database_.api);
    for (const auto* statement :
         {"update support_grants set state = 'active'", "delete from support_grants",
          "insert into support_grants default values", "select audit_append_provider('{}', '{}', '')"}) {
        EXPECT_THROW(pqxx::nontransaction(api).exec(statement), pqxx::insufficient_privilege) << statement;
    }
    const auto forged = [&](const std::string& name, const std::string& object, const std::string& actor) {
        return in(a_, [&](ports::TenantSession& session) {
            auto act = end_of(id);
            act.name = name;
            act.object = object;
            act.actor.id = actor;
            return session.support_grants().end(id, act, "{}");
        });
    };
    const auto object = "support_grant:" + id.str();
    const auto user = "user:" + new_uuid().str();
    EXPECT_FALSE(forged("tenant.suspend", object, user));
    EXPECT_FALSE(forged("support_grant.end", "support_grant:" + new_uuid().str(), user));
    EXPECT_FALSE(forged("support_grant.end", object, "provider:" + bob_.str()));
    EXPECT_FALSE(forged("support_grant.end", object, "user:"));
    EXPECT_EQ(provider_->find(id)->grant.state, SupportState::requested);
    EXPECT_TRUE(forged("support_grant.end", object, user)) << "what is true is taken";
}

TEST_F(SupportGrantsTest, OpenNothingOfATenantThatIsClosingAndNoneIsAskedForOfIt)
{
    const auto id = active(a_);
    const auto waits = ask(a_)->grant.id;
    const auto move = [&](const std::string& state, const std::string& at) {
        sql("update tenants set state = '" + state + "', closed_at = " + at + ", export_until = " + at +
            " where tenant_id = '" + a_.str() + "'");
    };
    move("closing", "now()");
    EXPECT_EQ(is_open(a_, id, ann_).error().code(), ErrorCode::permission_denied);
    EXPECT_TRUE(provider_->find(id)->closing);
    EXPECT_EQ(ask(a_).error().code(), ErrorCode::conflict);
    EXPECT_EQ(provider_->approve(waits, bob_, by(bob_)).error().code(), ErrorCode::conflict);
    EXPECT_TRUE(provider_->end(waits, by(bob_))) << "it can be refused";
    move("active", "null");
    EXPECT_TRUE(is_open(a_, id, ann_)) << "it is as long as it was approved for";
    move("closing", "now()");
    move("erasing", "now()");
    EXPECT_EQ(provider_->find(id).error().code(), ErrorCode::not_found);
    EXPECT_EQ(ask(a_).error().code(), ErrorCode::not_found);
    EXPECT_TRUE(provider_->page({}, 10)->empty());
}

TEST_F(SupportGrantsTest, AreForgottenAfterFourHundredDays)
{
    ASSERT_TRUE(ask(a_));
    sql("update support_grants set asked_at = now() - interval '401 days'");
    const auto kept = ask(a_)->grant.id;
    EXPECT_EQ(do_chore("forget_support_grants"), 1U);
    EXPECT_TRUE(provider_->find(kept));
}

}  // namespace
}  // namespace winnow::pg
