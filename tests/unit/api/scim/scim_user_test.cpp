/// Users as directories tell of them: what is read, what a PATCH changes, what is asked for in a query.

#include "api/scim/scim_user.hpp"

#include "api/rest/scim_form.hpp"
#include "api/scim/scim_query.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow::api {
namespace {

using nlohmann::json;

json a_user(const json& more = json::object())
{
    json document{{"schemas", {kScimUser}}, {"userName", "ann@example.org"}};
    document.update(more);
    return document;
}

/// The kind of error; "" where it is none.
template <typename T>
std::string kind_of_error(const Result<T>& result)
{
    return result ? "" : result.error().fields().front().code;
}

json patch_of(const json& operations)
{
    return {{"schemas", {"urn:ietf:params:scim:api:messages:2.0:PatchOp"}}, {"Operations", operations}};
}

Result<ScimUser> after(const json& operations)
{
    ports::User user;
    user.email = "ann@example.org";
    user.name = "Ann";
    const ports::DirectoryUser known{.id = {}, .user_name = "ann", .external_id = "7"};
    const auto document = patched(scim_json(user, known), patch_of(operations));
    if (!document) return document.error();
    return read_scim_user(*document);
}

TEST(ScimUser, IsItsAddressWhereNothingElseIsSaid)
{
    const auto user = read_scim_user(a_user());
    ASSERT_TRUE(user) << user.error().message();
    EXPECT_EQ(user->email, "ann@example.org");
    EXPECT_EQ(user->display_name, "ann@example.org");
    EXPECT_EQ(user->external_id, "");
    EXPECT_TRUE(user->active);
}

TEST(ScimUser, HasThePrimaryAddressAndTheFirstNameThatIsThere)
{
    const json first{{"value", "a@example.org"}};
    const json primary{{"value", "b@example.org"}, {"primary", true}, {"type", "work"}};
    auto user = read_scim_user(a_user({{"userName", "ann"},
                                       {"emails", {first, primary}},
                                       {"externalId", "7"},
                                       {"name", {{"givenName", "Ann"}, {"familyName", "Lee"}}},
                                       {"title", "left out"},
                                       {"active", "False"}}));
    ASSERT_TRUE(user) << user.error().message();
    EXPECT_EQ(user->user_name, "ann");
    EXPECT_EQ(user->email, "b@example.org");
    EXPECT_EQ(user->display_name, "Ann Lee");
    EXPECT_EQ(user->external_id, "7");
    EXPECT_FALSE(user->active);
    user = read_scim_user(a_user({{"emails", {first}}, {"name", {{"formatted", "A. Lee"}, {"givenName", "Ann"}}}}));
    EXPECT_EQ(user->email, "a@example.org");
    EXPECT_EQ(user->display_name, "A. Lee");
    user = read_scim_user(a_user({{"displayName", "Annie"}, {"name", {{"formatted", "A."}}}}));
    EXPECT_EQ(user->display_name, "Annie");
}

TEST(ScimUser, IsRefusedWhereItIsNone)
{
    EXPECT_EQ(kind_of_error(read_scim_user({{"userName", "ann@example.org"}})), "invalidSyntax");
    for (const auto& wrong :
         {json{{"userName", nullptr}}, json{{"userName", "ann"}}, json{{"userName", 7}}, json{{"active", "perhaps"}},
          json{{"displayName", std::string(201, 'a')}}, json{{"externalId", std::string(255, 'a')}},
          json{{"displayName", "a\nb"}}, json{{"emails", "a@example.org"}},
          json{{"emails", json::array({{{"value", "no address"}}})}},
          json{{"emails", json(std::vector<json>(kMostEmails + 1, json{{"value", "a@example.org"}}))}}}) {
        EXPECT_EQ(kind_of_error(read_scim_user(a_user(wrong))), "invalidValue") << wrong;
    }
}

TEST(ScimPatch, ChangesWhatIsKept)
{
    const auto one = [](const json& operation) {
        return after(json::array({operation}));
    };
    EXPECT_FALSE(one({{"op", "replace"}, {"path", "active"}, {"value", false}})->active);
    EXPECT_FALSE(one({{"op", "Replace"}, {"value", {{"active", "False"}, {"title", "left out"}}}})->active);
    EXPECT_EQ(one({{"op", "add"}, {"path", "displayName"}, {"value", "Annie"}})->display_name, "Annie");
    EXPECT_EQ(one({{"op", "replace"}, {"path", "name.formatted"}, {"value", "Annie"}})->display_name, "Annie");
    EXPECT_EQ(one({{"op", "replace"}, {"value", {{"name", {{"formatted", "Annie"}}}}}})->display_name, "Annie");
    EXPECT_EQ(one({{"op", "replace"}, {"path", std::string(kScimUser) + ":userName"}, {"value", "lee"}})->user_name,
              "lee");
    for (const auto* path : {"emails", "emails[type eq \"work\"].value", "Emails.value"}) {
        const auto user = one({{"op", "replace"}, {"path", path}, {"value", "lee@example.org"}});
        ASSERT_TRUE(user) << path << user.error().message();
        EXPECT_EQ(user->email, "lee@example.org") << path;
    }
    const auto emails = json::array({{{"value", "lee@example.org"}}});
    EXPECT_EQ(one({{"op", "add"}, {"path", "emails"}, {"value", emails}})->email, "lee@example.org");
    EXPECT_EQ(one({{"op", "remove"}, {"path", "externalId"}})->external_id, "");
    EXPECT_EQ(one({{"op", "remove"}, {"path", "displayName"}})->display_name, "ann");
    EXPECT_EQ(one({{"op", "replace"}, {"path", "active"}, {"value", true}})->external_id, "7") << "the rest stays";
}

TEST(ScimPatch, IsRefusedWhole)
{
    const std::pair<json, std::string_view> wrong[] = {
        {{{"op", "move"}, {"path", "active"}, {"value", false}}, "invalidSyntax"},
        {{{"op", "replace"}, {"path", "active"}}, "invalidValue"},
        {{{"op", "replace"}, {"path", "title"}, {"value", "x"}}, "invalidPath"},
        {{{"op", "replace"}, {"path", "id"}, {"value", "x"}}, "mutability"},
        {{{"op", "replace"}, {"value", {{"id", "x"}}}}, "mutability"},
        {{{"op", "replace"}, {"value", "x"}}, "invalidSyntax"},
        {{{"op", "remove"}}, "noTarget"},
        {{{"op", "remove"}, {"path", "active"}}, "invalidValue"},
        {{{"op", "remove"}, {"path", "title"}}, "invalidPath"},
        {{{"op", "replace"}, {"path", "emails"}, {"value", "nonsense"}}, "invalidValue"},
        {"no object", "invalidSyntax"},
    };
    for (const auto& [operation, kind] : wrong) {
        EXPECT_EQ(kind_of_error(after(json::array({operation}))), kind) << operation;
    }
    EXPECT_EQ(kind_of_error(after(json::array())), "invalidSyntax");
    const json off{{"op", "replace"}, {"path", "active"}, {"value", false}};
    EXPECT_TRUE(after(json(std::vector<json>(kMostOperations, off))));
    EXPECT_EQ(kind_of_error(after(json(std::vector<json>(kMostOperations + 1, off)))), "invalidSyntax");
    EXPECT_EQ(kind_of_error(patched(a_user(), {{"Operations", json::array({off})}})), "invalidSyntax");
}

TEST(ScimQuery, FiltersByNameOrByTheDirectorysOwnId)
{
    EXPECT_EQ(read_filter(R"(userName eq "a \"b\"")")->user_name, "a \"b\"");
    EXPECT_EQ(read_filter(R"(  USERNAME  EQ  "ann" )")->user_name, "ann");
    EXPECT_EQ(read_filter("externalId eq \"7\"")->external_id, "7");
    EXPECT_EQ(read_filter(std::string(kScimUser) + ":userName eq \"ann\"")->user_name, "ann");
    for (const auto* text : {"", "userName", "userName eq", "userName eq ann", "userName co \"a\"", "title eq \"a\"",
                             "userName eq \"a\" and active eq true", "userName eq 7", R"(userName eq "\u0000")"}) {
        EXPECT_EQ(kind_of_error(read_filter(text)), "invalidFilter") << text;
    }
    EXPECT_EQ(kind_of_error(read_filter("userName eq \"" + std::string(kMostFilterBytes, 'a') + '"')), "invalidFilter");
}

TEST(ScimQuery, CountsFromOneAndGivesAHundredAtMost)
{
    const auto asked = [](const std::string& query) {
        http::RequestHead head;
        head.query = query;
        return read_query(head);
    };
    EXPECT_EQ(asked("")->skip, 0U);
    EXPECT_EQ(asked("")->count, kMostScimUsers);
    EXPECT_EQ(asked("startIndex=3&count=2")->skip, 2U);
    EXPECT_EQ(asked("startIndex=3&count=2")->count, 2U);
    EXPECT_EQ(asked("startIndex=-3&count=-2")->skip, 0U);
    EXPECT_EQ(asked("startIndex=-3&count=-2")->count, 0U);
    EXPECT_EQ(asked("count=1000")->count, kMostScimUsers);
    EXPECT_EQ(kind_of_error(asked("count=many")), "invalidValue");
    EXPECT_EQ(kind_of_error(asked("sortBy=userName")), "invalidValue");
}

TEST(ScimQuery, IsTheSameAsADocument)
{
    const auto asked = [](json document) {
        document["schemas"] = {"urn:ietf:params:scim:api:messages:2.0:SearchRequest"};
        return read_search(document);
    };
    const auto query = asked({{"filter", "userName eq \"ann\""},
                              {"startIndex", 3},
                              {"count", 2},
                              {"attributes", {"userName", "emails.value"}},
                              {"excludedAttributes", nullptr}});
    ASSERT_TRUE(query);
    EXPECT_EQ(query->filter.user_name, "ann");
    EXPECT_EQ(query->skip, 2U);
    EXPECT_EQ(query->count, 2U);
    EXPECT_EQ(query->projection.only, (std::vector<std::string>{"userName", "emails"}));
    EXPECT_TRUE(query->projection.but.empty());
    EXPECT_EQ(asked(json::object())->count, kMostScimUsers);
    EXPECT_EQ(asked({{"count", 99'999'999'999}})->count, kMostScimUsers);
    EXPECT_EQ(kind_of_error(read_search(json::object())), "invalidSyntax");
    EXPECT_EQ(kind_of_error(asked({{"filter", "title pr"}})), "invalidFilter");
    for (const auto& wrong : {json{{"filter", 7}}, json{{"count", "2"}}, json{{"attributes", "userName"}},
                              json{{"attributes", {1}}}, json{{"sortBy", "userName"}}}) {
        EXPECT_EQ(kind_of_error(asked(wrong)), "invalidValue") << wrong;
    }
}

TEST(ScimQuery, LeavesOutWhatIsNotAskedFor)
{
    const json document{{"schemas", {"s"}}, {"id", "i"}, {"userName", "u"}, {"active", true}};
    EXPECT_EQ(projected(document, {.only = {"USERNAME"}, .but = {}}),
              (json{{"schemas", {"s"}}, {"id", "i"}, {"userName", "u"}}));
    EXPECT_EQ(projected(document, {.only = {}, .but = {"active", "id"}}),
              (json{{"schemas", {"s"}}, {"id", "i"}, {"userName", "u"}}));
    http::RequestHead head;
    head.query = "attributes=emails.value,%20" + std::string(kScimUser) + ":active";
    EXPECT_EQ(read_projection(head)->only, (std::vector<std::string>{"emails", "active"}));
}

TEST(ScimForm, SaysWhatIsWrongAsScimDoes)
{
    EXPECT_TRUE(is_scim("/scim"));
    EXPECT_TRUE(is_scim("/scim/v2/x"));
    EXPECT_FALSE(is_scim("/scimitar"));
    const auto refused = [](const intake::Refusal& why) {
        const auto reply = scim_form().refuse(why);
        EXPECT_EQ(reply.content_type, "application/scim+json");
        const auto document = json::parse(reply.body);
        EXPECT_EQ(document["status"], std::to_string(reply.status));
        return std::pair(reply.status, document.value("scimType", ""));
    };
    using Said = std::pair<int, std::string>;
    EXPECT_EQ(refused({.status = 404, .code = "not_found", .detail = "x"}), Said(404, ""));
    EXPECT_EQ(refused({.status = 409, .code = "conflict", .detail = "x"}), Said(409, "uniqueness"));
    EXPECT_EQ(refused({.status = 422, .code = "invalid_field", .detail = "x"}), Said(400, "invalidValue"));
    EXPECT_EQ(refused({.status = 400, .code = "malformed_body", .detail = "x"}), Said(400, "invalidSyntax"));
    const std::vector<FieldError> fields{{.pointer = "", .code = "invalidFilter", .detail = "x"}};
    EXPECT_EQ(refused({.status = 422, .code = "invalid_field", .detail = "x", .fields = fields}),
              Said(400, "invalidFilter"));
}

}  // namespace
}  // namespace winnow::api
