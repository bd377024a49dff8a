/// The life of users as their admins have it: invitations, resets, ends; and what people see of themselves.

#include "integration/api/tenants.hpp"

#include <chrono>

namespace winnow::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class People : public Tenants {
protected:
    People() { now_ = system_time(); }

    json invited(const std::string& email = "olga@example.org")
    {
        return post("/users", {{"email", email}, {"name", "Olga"}, {"role", "operator"}, {"state", "invited"}}).body;
    }

    std::string mails() { return sql("select coalesce(string_agg(kind, ' ' order by kind), '') from server_mails"); }

    std::string live_sessions(const std::string& user)
    {
        return sql("select count(*) from sessions where state = 'active' and user_id = '" + user + "'");
    }
    void sign_in() { who_.kind = access::CredentialKind::session; }
};

TEST_F(People, AreInvitedByMailAndAnewAndTheLinkBeforeIsTakenBack)
{
    const auto made = invited();
    ASSERT_TRUE(made.contains("id")) << made;
    EXPECT_EQ(made["state"], "invited");
    EXPECT_EQ(mails(), "invitation");
    EXPECT_EQ(sql("select receiver from server_mails"), "olga@example.org");
    const auto path = "/users/" + made["id"].get<std::string>();
    EXPECT_EQ(post(path + "/invite", nullptr).status, 202);
    EXPECT_EQ(sql("select string_agg(state, ' ' order by created_at, state desc) from invitations"), "revoked pending");
    EXPECT_EQ(patch(path, {{"state", "active"}}).status, 409) << "that takes the user";
    EXPECT_EQ(patch(path, {{"name", "Olga O."}}).body["state"], "invited");
    EXPECT_EQ(remove(path).status, 409);
    EXPECT_EQ(post("/users/" + viewer_ + "/invite", nullptr).status, 409) << "who is active was never invited";
    EXPECT_EQ(post(path + "/reset-password", nullptr).status, 409);
}

TEST_F(People, OfWhomOneIsInvitedWhatBecameOfTheMailIsShown)
{
    const auto made = invited();
    EXPECT_EQ(made["invitation"]["mail"], "waiting");
    EXPECT_TRUE(parse_rfc3339(made["invitation"]["expires_at"].get<std::string>()));
    const auto path = "/users/" + made["id"].get<std::string>();
    const auto mail = [&] {
        return get(path).body["invitation"]["mail"];
    };
    sql("update server_mails set state = 'dead', finished_at = now() returning 1");
    EXPECT_EQ(mail(), "given_up");
    EXPECT_EQ(post(path + "/invite", nullptr).status, 202);
    EXPECT_EQ(mail(), "waiting") << "the newest one's";
    sql("delete from server_mails where state = 'pending' returning 1");
    EXPECT_EQ(mail(), "sent");
    EXPECT_EQ(patch(path, {{"name", "Olga O."}}).body["invitation"]["mail"], "sent");
    EXPECT_FALSE(get("/users/" + viewer_).body.contains("invitation"));
}

TEST_F(People, WhoHaveNotComeGetNoKeyAndAreNotCalledDisabled)
{
    const auto made = invited();
    const auto refused = post("/api-keys", {{"user_id", made["id"]}});
    EXPECT_EQ(refused.status, 409);
    EXPECT_THAT(refused.body["detail"].get<std::string>(), HasSubstr("is invited, and has not come yet"));
}

TEST_F(People, AreMailedFiveLinksAnHourByAdminsAndOnlyTheLastOneWaitsToBeSent)
{
    const auto path = "/users/" + invited()["id"].get<std::string>();
    for (int i = 0; i < 4; ++i) EXPECT_EQ(post(path + "/invite", nullptr).status, 202);
    const auto refused = post(path + "/invite", nullptr);
    EXPECT_EQ(refused.status, 429);
    EXPECT_THAT(refused.body["detail"].get<std::string>(), HasSubstr("60 minutes"));
    EXPECT_EQ(mails(), "invitation") << "nobody follows a link that is good no longer";
    EXPECT_EQ(sql("select count(*) from invitations where state = 'pending'"), "1");
    EXPECT_EQ(post("/users/" + viewer_ + "/reset-password", nullptr).status, 202) << "somebody else's mailbox";
}

TEST_F(People, WhoIsDisabledLosesSessionsKeysAndLinksForGood)
{
    a_session(viewer_);
    made("/api-keys", {{"user_id", viewer_}});
    EXPECT_EQ(post("/users/" + viewer_ + "/reset-password", nullptr).status, 202);
    EXPECT_EQ(remove("/users/" + viewer_).status, 204);
    EXPECT_EQ(live_sessions(viewer_), "0");
    EXPECT_EQ(sql("select ended_by from sessions"), "user_disabled");
    EXPECT_THAT(get("/api-keys?user_id=" + viewer_).body["items"], IsEmpty());
    EXPECT_EQ(sql("select count(*) from one_time_tokens where used_at is null"), "0");
    EXPECT_EQ(patch("/users/" + viewer_, {{"state", "active"}}).body["state"], "active");
    EXPECT_THAT(get("/api-keys?user_id=" + viewer_).body["items"], IsEmpty());
}

TEST_F(People, WhoIsDeletedLeavesAnIdAndItsAddressToOthers)
{
    EXPECT_EQ(post("/users/" + viewer_ + "/delete", nullptr).status, 409) << "disable first";
    EXPECT_EQ(remove("/users/" + viewer_).status, 204);
    EXPECT_EQ(post("/users/" + viewer_ + "/delete", nullptr).status, 204);
    const auto left = get("/users/" + viewer_);
    EXPECT_EQ(left.body["state"], "deleted");
    EXPECT_EQ(left.body["name"], "former user");
    EXPECT_EQ(get("/users").body["items"].size(), 1U) << "only the admin";
    EXPECT_EQ(patch("/users/" + viewer_, {{"name", "x"}}).status, 422);
    EXPECT_EQ(post("/users/" + viewer_ + "/delete", nullptr).status, 409);
    EXPECT_EQ(post("/users", {{"email", "VIC@example.org"}, {"name", "Vic"}, {"role", "viewer"}}).status, 201);
}

TEST_F(People, OfWhomTheLastAdminWhoGetsInStaysOneWhateverOthersAreByName)
{
    made("/api-keys", {{"user_id", admin_}});
    EXPECT_EQ(patch("/users/" + viewer_, {{"role", "admin"}}).status, 200);
    const auto refused = patch("/users/" + admin_, {{"role", "operator"}});
    EXPECT_EQ(refused.status, 409) << "the other one has neither a password nor a key";
    EXPECT_EQ(refused.body["code"], "last_admin");
    EXPECT_EQ(remove("/users/" + admin_).status, 409);
    const auto key = made("/api-keys", {{"user_id", viewer_}});
    sql("update api_keys set expires_at = now() - interval '1 second' where key_id = '" + key + "' returning 1");
    EXPECT_EQ(remove("/users/" + admin_).status, 409) << "nor one that is good";
    sql("update api_keys set expires_at = null where key_id = '" + key + "' returning 1");
    EXPECT_EQ(remove("/users/" + admin_).status, 204);
}

TEST_F(People, AnotherRoleSignsOut)
{
    a_session(viewer_);
    EXPECT_EQ(patch("/users/" + viewer_, {{"name", "Victoria"}}).status, 200);
    EXPECT_EQ(live_sessions(viewer_), "1");
    EXPECT_EQ(patch("/users/" + viewer_, {{"role", "operator"}}).status, 200);
    EXPECT_EQ(live_sessions(viewer_), "0");
    a_session(viewer_);
    EXPECT_EQ(post("/users/" + viewer_ + "/end-sessions", nullptr).status, 204);
    EXPECT_EQ(live_sessions(viewer_), "0");
}

TEST_F(People, WhoseAddressAnAdminChangesAreToldAtTheOldOneAndSignedOut)
{
    a_session(viewer_);
    EXPECT_EQ(post("/users/" + viewer_ + "/reset-password", nullptr).status, 202);
    EXPECT_EQ(patch("/users/" + viewer_, {{"email", "vic@new.example"}}).body["email"], "vic@new.example");
    EXPECT_EQ(live_sessions(viewer_), "0");
    EXPECT_EQ(sql("select ended_by from sessions"), "address_changed");
    EXPECT_EQ(sql("select count(*) from one_time_tokens where used_at is null"), "0") << "the link went to the old one";
    EXPECT_EQ(sql("select receiver from server_mails where kind = 'email_changed'"), "vic@example.org");
    EXPECT_EQ(patch("/users/" + viewer_, {{"name", "Victoria"}}).status, 200);
    EXPECT_EQ(mails(), "email_changed password_reset") << "who keeps the address is told nothing";
}

TEST_F(People, AreToldOfAddressesThatChangeBackAndForthFiveTimesAnHourAtMost)
{
    for (int i = 0; i < 14; ++i) {
        const auto* const to = i % 2 == 0 ? "victim@elsewhere.example" : "vic@example.org";
        ASSERT_EQ(patch("/users/" + viewer_, {{"email", to}}).status, 200);
    }
    EXPECT_EQ(sql("select string_agg(n::text, ' ') from (select count(*) n from server_mails group by receiver) m"),
              "5 5");
}

TEST_F(People, WhoAreInvitedAtAnotherAddressAreInvitedThereAlone)
{
    const auto path = "/users/" + invited()["id"].get<std::string>();
    EXPECT_EQ(patch(path, {{"email", "olga@new.example"}}).status, 200);
    EXPECT_EQ(sql("select string_agg(kind || ' ' || receiver, ', ' order by owed_at) from server_mails"),
              "invitation olga@example.org, invitation olga@new.example");
    EXPECT_EQ(sql("select string_agg(state, ' ' order by created_at, state desc) from invitations"), "revoked pending");
}

TEST_F(People, OfWhomASecondFactorIsAskedFromNowOnGoOnWithOneOrNotAtAll)
{
    a_session(viewer_);
    EXPECT_EQ(patch("/users/" + viewer_, {{"mfa", {{"required", false}}}}).status, 200);
    EXPECT_EQ(patch("/settings", {{"mfa_policy", "admins"}}).status, 200);
    EXPECT_EQ(live_sessions(viewer_), "1") << "that asks for less";
    EXPECT_EQ(patch("/users/" + viewer_, {{"mfa", {{"required", true}}}}).status, 200);
    EXPECT_EQ(live_sessions(viewer_), "0");
    for (const auto* const amr : {"{pwd}", "{pwd,otp,mfa}"}) {
        a_session(viewer_);
        sql("update sessions set amr = '" + std::string(amr) + "' where state = 'active' and amr = '{}' returning 1");
    }
    EXPECT_EQ(live_sessions(viewer_), "2");
    EXPECT_EQ(patch("/users/" + viewer_, {{"name", "Victoria"}}).status, 200);
    EXPECT_EQ(live_sessions(viewer_), "2");
    EXPECT_EQ(patch("/settings", {{"mfa_policy", "all"}}).status, 200);
    EXPECT_EQ(sql("select amr from sessions where state = 'active'"), "{pwd,otp,mfa}");
}

TEST_F(People, OnlyAnotherAdminResetsSecondFactors)
{
    EXPECT_EQ(post("/users/" + admin_ + "/reset-mfa", nullptr).status, 403);
    EXPECT_EQ(post("/users/" + viewer_ + "/reset-mfa", nullptr).status, 202);
    EXPECT_EQ(mails(), "mfa_reset");
    EXPECT_EQ(post("/users/" + their_admin_ + "/reset-mfa", nullptr).status, 404);
}

TEST_F(People, WhoDoesNotAdministerUsersDoesNotSeeWhoIsEasyPrey)
{
    const auto tells = [&](const std::string& target) {
        const auto user = get(target).body;
        EXPECT_TRUE(user["mfa"].contains("required")) << user;
        EXPECT_EQ(user.contains("has_password"), user["mfa"].contains("enrolled"));
        EXPECT_EQ(user.contains("has_password"), user.contains("last_sign_in_at"));
        return user.contains("has_password");
    };
    EXPECT_TRUE(tells("/users/" + viewer_));
    become(viewer_, access::Role::viewer);
    EXPECT_FALSE(tells("/users/" + admin_));
    EXPECT_TRUE(tells("/users/" + viewer_)) << "everybody's own";
    for (const auto& each : get("/users").body["items"]) {
        EXPECT_EQ(each.contains("has_password"), each["id"] == viewer_) << each;
    }
}

TEST_F(People, SeeAndEndTheirOwnSessionsAndNobodyElses)
{
    const auto mine = a_session(viewer_);
    const auto others = a_session(admin_);
    become(viewer_, access::Role::viewer);
    const auto listed = get("/me/sessions").body["items"];
    ASSERT_EQ(listed.size(), 1U);
    EXPECT_EQ(listed[0]["id"], mine);
    EXPECT_EQ(listed[0]["current"], false);
    EXPECT_EQ(remove("/me/sessions/" + others).status, 404);
    EXPECT_EQ(remove("/me/sessions/" + mine).status, 204);
    EXPECT_EQ(remove("/me/sessions/" + mine).status, 404);
    a_session(viewer_);
    EXPECT_EQ(remove("/me/sessions").status, 204);
    EXPECT_EQ(live_sessions(viewer_), "0");
    EXPECT_EQ(live_sessions(admin_), "1");
}

TEST_F(People, ChangeTheirNameAndLanguageAndNothingElse)
{
    become(viewer_, access::Role::viewer);
    const auto changed = patch("/me", {{"name", "Vic V."}, {"locale", "ja"}});
    ASSERT_EQ(changed.status, 200) << changed.text;
    EXPECT_EQ(changed.body["locale"], "ja");
    EXPECT_EQ(get("/me").body["name"], "Vic V.");
    for (const auto* field : {"role", "email", "state", "mfa"}) {
        EXPECT_EQ(patch("/me", {{field, "admin"}}).status, 422) << field;
    }
}

TEST_F(People, AskForAnotherAddressWithALinkToEach)
{
    become(viewer_, access::Role::viewer);
    sign_in();
    EXPECT_EQ(post("/me/email", {{"email", "no address"}}).status, 422);
    EXPECT_EQ(post("/me/email", {{"email", "vic@new.example"}}).status, 202);
    EXPECT_EQ(sql("select string_agg(kind || ' ' || receiver, ', ' order by kind) from server_mails"),
              "email_change vic@new.example, email_change_notice vic@example.org");
    EXPECT_EQ(get("/me").body["email"], "vic@example.org");
}

TEST_F(People, AskForAnotherAddressFiveTimesAnHourAndNoMore)
{
    become(viewer_, access::Role::viewer);
    sign_in();
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(post("/me/email", {{"email", "vic" + std::to_string(i) + "@new.example"}}).status, 202) << i;
    }
    const auto refused = post("/me/email", {{"email", "vic@new.example"}});
    EXPECT_EQ(refused.status, 429);
    EXPECT_EQ(refused.body["code"], "rate_limited");
    EXPECT_EQ(sql("select count(*) from server_mails"), "10");
    become(admin_, access::Role::admin);
    sign_in();
    EXPECT_EQ(post("/me/email", {{"email", "ada@new.example"}}).status, 202) << "counted of each user";
}

TEST_F(People, GiveUpASecondFactorThatIsTheirs)
{
    const auto mine = a_factor(viewer_);
    const auto others = a_factor(admin_);
    become(viewer_, access::Role::viewer);
    sign_in();
    EXPECT_EQ(get("/me").body["mfa"]["enrolled"], true);
    const auto codes = post("/me/recovery-codes", nullptr);
    ASSERT_EQ(codes.status, 201) << codes.text;
    EXPECT_EQ(codes.body["recovery_codes"].size(), 10U);
    EXPECT_EQ(get("/me/factors").body["recovery_codes_left"], 10);
    EXPECT_EQ(remove("/me/factors/" + others).status, 404);
    EXPECT_EQ(remove("/me/factors/" + mine).status, 204);
    EXPECT_THAT(get("/me/factors").body["items"], IsEmpty());
    EXPECT_EQ(mails(), "factor_changed factor_changed");
    EXPECT_EQ(post("/me/recovery-codes", nullptr).status, 409) << "of no use without a factor";
    const auto told = sql("select string_agg(detail, ' ') from audit where act = 'recovery_codes.renew'");
    EXPECT_THAT(told, testing::Not(HasSubstr(codes.body["recovery_codes"][0].get<std::string>())));
}

TEST_F(People, ThePolicyIsTheTenantsWithinItsBounds)
{
    EXPECT_EQ(get("/settings").body["mfa_policy"], "all");
    EXPECT_EQ(get("/settings").body["session_idle"], "PT30M");
    const auto set =
        patch("/settings", {{"mfa_policy", "admins"}, {"session_idle", "PT1H"}, {"session_idle_viewer", "P7D"}});
    ASSERT_EQ(set.status, 200) << set.text;
    EXPECT_EQ(get("/settings").body["mfa_policy"], "admins");
    EXPECT_EQ(get("/settings").body["session_idle"], "PT1H");
    EXPECT_EQ(patch("/settings", {{"session_idle_viewer", nullptr}}).body["session_idle_viewer"], nullptr);
    for (const auto& wrong : {json{{"mfa_policy", "none"}}, json{{"session_idle", "PT4M59S"}},
                              json{{"session_idle", "PT12H0M1S"}}, json{{"session_idle_viewer", "P7DT1S"}}}) {
        EXPECT_EQ(patch("/settings", wrong).status, 422) << wrong;
    }
    EXPECT_EQ(patch("/settings", {{"close_approval", true}}).body["session_idle"], "PT1H") << "the rest stays";
}

}  // namespace
}  // namespace winnow::test
