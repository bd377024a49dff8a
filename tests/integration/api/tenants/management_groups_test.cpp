/// @file
/// Management groups, and who is narrowed to them, as an admin sets them.

#include "integration/api/tenants.hpp"

#include <string>

namespace winnow::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class ManagementGroups : public Tenants {
protected:
    std::string an_integration(const std::string& name) { return made("/integrations", {{"name", name}}); }
    std::string a_management_group(const std::string& name, const json& integrations = json::array())
    {
        return made("/management-groups", {{"name", name}, {"integration_ids", integrations}});
    }
};

TEST_F(ManagementGroups, AreMadeChangedAndListed)
{
    const auto integration = an_integration("prometheus");
    const auto group = post(
        "/management-groups",
        {{"name", "databases"}, {"labels", {{{"name", "team"}, {"value", "db"}}}}, {"integration_ids", {integration}}});
    ASSERT_EQ(group.status, 201) << group.text;
    EXPECT_EQ(group.header("Location"), "/api/v1/management-groups/" + group.id());
    EXPECT_EQ(group.body["labels"], json::array({{{"name", "team"}, {"value", "db"}}}));
    EXPECT_EQ(group.body["integration_ids"], json::array({integration}));
    EXPECT_EQ(get("/management-groups/" + group.id()).body, group.body);
    EXPECT_EQ(get("/integrations/" + integration).body["management_group_id"], group.id());

    const auto renamed = patch("/management-groups/" + group.id(), {{"name", "storage"}});
    EXPECT_EQ(renamed.body["name"], "storage");
    EXPECT_EQ(renamed.body["version"], 2);
    EXPECT_EQ(renamed.body["labels"], group.body["labels"]);
    EXPECT_EQ(with_if_match("PATCH", "/management-groups/" + group.id(), {{"name", "x"}}, "\"1\"").status, 412);
    const auto replaced = put("/management-groups/" + group.id(), {{"name", "empty"}});
    EXPECT_EQ(replaced.body["labels"], json::array());
    EXPECT_EQ(get("/integrations/" + integration).body["management_group_id"], nullptr);
    EXPECT_EQ(get("/management-groups").body["items"].size(), 1U);
    EXPECT_EQ(post("/management-groups", {{"name", "empty"}}).status, 409);
    EXPECT_EQ(remove("/management-groups/" + group.id()).status, 204);
    EXPECT_EQ(get("/management-groups/" + group.id()).status, 404);
}

TEST_F(ManagementGroups, AnIntegrationIsInOneOfThem)
{
    const auto integration = an_integration("prometheus");
    const auto one = a_management_group("one", {integration});
    const auto other = a_management_group("other", {integration});
    EXPECT_THAT(get("/management-groups/" + one).body["integration_ids"], IsEmpty());
    EXPECT_EQ(get("/integrations/" + integration).body["management_group_id"], other);
    const auto version = get("/integrations/" + integration).body["version"].get<int>();
    EXPECT_GE(version, 3) << "what it shows has changed twice";
    const auto in_use = remove("/management-groups/" + other);
    EXPECT_EQ(in_use.status, 409);
    EXPECT_THAT(in_use.text, HasSubstr("prometheus"));
    EXPECT_EQ(remove("/integrations/" + integration).status, 204);
    EXPECT_EQ(remove("/management-groups/" + other).status, 204);
}

TEST_F(ManagementGroups, AreRefusedWhatThereIsNot)
{
    const auto unknown = "0199c0de-0000-7000-8000-00000000ffff";
    const auto refused = post(
        "/management-groups",
        {{"name", ""}, {"labels", {{{"name", "team"}}}}, {"integration_ids", {unknown}}, {"users", json::array()}});
    EXPECT_EQ(refused.status, 422);
    EXPECT_THAT(refused.pointers(),
                testing::UnorderedElementsAre("/name", "/labels/0/value", "/integration_ids/0", "/users"));
    auto labels = json::array();
    for (int i = 0; i <= 50; ++i) labels.push_back({{"name", "n"}, {"value", std::to_string(i)}});
    EXPECT_THAT(post("/management-groups", {{"name", "x"}, {"labels", labels}}).pointers(), ElementsAre("/labels"));
    labels.erase(0);
    EXPECT_EQ(post("/management-groups", {{"name", "x"}, {"labels", labels}}).status, 201) << "as many as there may be";
}

TEST_F(ManagementGroups, UsersAreNarrowedToThemAndSignedOut)
{
    const auto group = a_management_group("databases");
    const auto session = a_session(viewer_);
    const auto narrowed = patch("/users/" + viewer_, {{"management_group_ids", {group}}});
    ASSERT_EQ(narrowed.status, 200) << narrowed.text;
    EXPECT_EQ(narrowed.body["management_group_ids"], json::array({group}));
    EXPECT_EQ(sql("select state from sessions where session_id = '" + session + "'"), "ended");
    EXPECT_EQ(patch("/users/" + viewer_, {{"name", "Vic"}}).body["management_group_ids"], json::array({group}))
        << "what is not said stays";
    EXPECT_EQ(patch("/users/" + viewer_, {{"management_group_ids", json::array()}}).body["management_group_ids"],
              json::array());
    EXPECT_EQ(patch("/users/" + viewer_, {{"management_group_ids", nullptr}}).body["management_group_ids"], nullptr);
}

TEST_F(ManagementGroups, NobodyIsNarrowedWhoAdministersOrAudits)
{
    const auto group = a_management_group("databases");
    for (const auto* role : {"admin", "auditor"}) {
        const auto refused = post(
            "/users", {{"name", "x"}, {"email", "x@example.org"}, {"role", role}, {"management_group_ids", {group}}});
        EXPECT_THAT(refused.pointers(), ElementsAre("/management_group_ids")) << role;
    }
    ASSERT_EQ(patch("/users/" + viewer_, {{"management_group_ids", {group}}}).status, 200);
    EXPECT_EQ(patch("/users/" + viewer_, {{"role", "admin"}}).status, 422) << "he would see the whole tenant";
    EXPECT_EQ(patch("/users/" + viewer_, {{"role", "operator"}}).status, 200);
    const auto unknown = patch("/users/" + viewer_, {{"management_group_ids", {viewer_}}});
    EXPECT_THAT(unknown.errors(), ElementsAre(AllOf(StartsWith("/management_group_ids: "), HasSubstr(viewer_))));
}

TEST_F(ManagementGroups, AKeyIsNarrowedBesidesItsUser)
{
    const auto group = a_management_group("databases");
    const auto other = a_management_group("network");
    EXPECT_EQ(post("/api-keys", {{"management_group_ids", {group}}}).body["management_group_ids"],
              json::array({group}));
    EXPECT_EQ(post("/api-keys", json::object()).body["management_group_ids"], nullptr);
    who_.groups = access::groups_of({*ManagementGroupId::parse(group)});
    EXPECT_EQ(post("/api-keys", json::object()).body["management_group_ids"], json::array({group}));
    EXPECT_EQ(post("/api-keys", {{"management_group_ids", {other}}}).body["management_group_ids"], json::array())
        << "what both allow";
    EXPECT_EQ(get("/me").body["management_group_ids"], json::array({group}));
    EXPECT_THAT(get("/me").body["permissions"].dump(), testing::Not(HasSubstr("users:write")));
}

TEST_F(ManagementGroups, WhoWasInOneThatIsDeletedStaysNarrowed)
{
    const auto group = a_management_group("databases");
    const auto other = a_management_group("network");
    ASSERT_EQ(patch("/users/" + viewer_, {{"management_group_ids", {group, other}}}).status, 200);
    const auto key = made("/api-keys", {{"user_id", viewer_}, {"management_group_ids", {group}}});
    ASSERT_EQ(remove("/management-groups/" + group).status, 204);
    EXPECT_EQ(get("/users/" + viewer_).body["management_group_ids"], json::array({other}));
    EXPECT_EQ(sql("select management_group_ids::text from api_keys where key_id = '" + key + "'"), "{}");
}

TEST_F(ManagementGroups, ThereIsNoneWhileAnOlderProgramIsAtWork)
{
    sql("insert into journal_streams (node) values ('older')");
    const auto refused = post("/management-groups", {{"name", "databases"}});
    EXPECT_EQ(refused.status, 409);
    EXPECT_THAT(refused.text, HasSubstr("earlier version"));
    sql("update journal_streams set ended_at = now() - interval '6 minutes'");
    EXPECT_EQ(post("/management-groups", {{"name", "databases"}}).status, 201);
}

}  // namespace
}  // namespace winnow::test
