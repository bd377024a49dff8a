/// @file
/// Every route of the configuration, called by an admin of one tenant about the objects of another.

#include "integration/api/tenants.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

namespace winnow::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class Isolation : public Tenants {
protected:
    Isolation()
    {
        const auto contact = made("/contacts", {{"name", "c"}, {"type", "email"}, {"address", "a@example.com"}});
        const auto group = made("/contact-groups", {{"name", "g"}, {"contact_ids", {contact}}});
        const auto rule =
            made("/rules", a_rule("r", {{"actions", {{{"type", "route"}, {"contact_group_ids", {group}}}}}}));
        const auto integration = post("/integrations", {{"name", "i"}}).body;
        patch("/settings", {{"default_route", {group}}});
        key_ = integration["key"]["id"];
        ids_ = {{"contacts", contact},
                {"contact-groups", group},
                {"rules", rule},
                {"integrations", integration["id"]},
                {"users", viewer_},
                {"management-groups", made("/management-groups", {{"name", "g"}})},
                {"api-keys", a_key()},
                {"access-keys", a_key("/access-keys")},
                {"scim-tokens", a_key("/scim-tokens")},
                {"rules/backtests", post("/rules/backtests", {{"rule_id", rule}}).id()},
                {"exports", post("/exports", json::object()).id()},
                {"imports", post("/imports", json::object()).id()},
                {"silences", made("/silences", a_silence())},
                {"maintenance-windows", made("/maintenance-windows", a_window())},
                {"inhibitions", made("/inhibitions", an_inhibition())},
                {"oidc-providers", made("/oidc-providers", a_provider())},
                {"me/sessions", a_session(viewer_)},
                {"me/factors", a_factor(viewer_)},
                {"announcements", an_announcement("ours")},
                {"inquiries", made("/inquiries", {{"subject", "s"}, {"text", "t"}})},
                {"support-grants", a_support_grant("ours, and for a good reason")}};
    }

    std::string a_key(const std::string& path = "/api-keys")
    {
        const auto now = std::exchange(now_, system_time());
        auto key = made(path, json::object());
        now_ = now;
        return key;
    }

    static json a_silence()
    {
        return {{"matchers", R"(env="prod")"}, {"ends_at", "2026-11-23T08:00:00Z"}, {"comment", "upgrade"}};
    }

    static json a_window()
    {
        return {
            {"name", "w"}, {"matchers", R"(env="prod")"}, {"starts_at", "2026-11-23T08:00:00Z"}, {"duration", "PT2H"}};
    }
    static json an_inhibition()
    {
        return {{"name", "i"}, {"source_matchers", R"(a="b")"}, {"target_matchers", R"(c="d")"}};
    }

    static json a_provider()
    {
        return {
            {"name", "p"}, {"issuer", "https://id.example"}, {"client_id", "winnow"}, {"client_secret", "a secret"}};
    }

    /// The pattern's path about our object, without "/api/v1".
    std::string target(std::string_view pattern) const
    {
        auto path = std::string(pattern.substr(std::string_view("/api/v1").size()));
        if (const auto at = path.find("{id}"); at != std::string::npos) {
            path.replace(at, 4, ids_.at(path.substr(1, at - 2)));
        }
        if (const auto at = path.find("{key_id}"); at != std::string::npos) path.replace(at, 8, key_);
        return path;
    }

    /// A body that would do where the object is one's own.
    json body(std::string_view method, const std::string& path) const
    {
        if (method == "GET" || method == "DELETE" || path.ends_with("/keys")) return nullptr;
        if (method == "PATCH") return {{"name", "taken over"}};
        if (path.ends_with("/messages")) return {{"text", "taken over"}};
        if (path.starts_with("/silences")) return a_silence();
        if (path.starts_with("/maintenance-windows")) return a_window();
        if (path.starts_with("/inhibitions")) return an_inhibition();
        if (path.starts_with("/rules")) return a_rule("taken over");
        if (path.starts_with("/contacts")) {
            return {{"name", "taken over"}, {"type", "email"}, {"address", "x@example.com"}};
        }
        if (path.starts_with("/contact-groups")) return {{"name", "taken over"}, {"contact_ids", json::array()}};
        return {{"name", "taken over"}};
    }

    /// Everything of our tenant, as text.
    std::string ours()
    {
        std::string all;
        for (const auto* const table : {"contacts",
                                        "contact_groups",
                                        "contact_group_members",
                                        "rules",
                                        "rule_versions",
                                        "integrations",
                                        "integration_keys",
                                        "users",
                                        "api_keys",
                                        "access_keys",
                                        "scim_tokens",
                                        "tenant_settings",
                                        "default_route",
                                        "silences",
                                        "maintenance_windows",
                                        "inhibitions",
                                        "backtests",
                                        "sessions",
                                        "user_factors",
                                        "exports",
                                        "oidc_providers",
                                        "announcement_targets",
                                        "announcement_reads",
                                        "inquiries",
                                        "inquiry_messages",
                                        "support_grants",
                                        "imports"}) {
            all += sql("select string_agg(t::text, ';' order by t::text) from " + std::string(table) +
                       " t where tenant_id = '" + ours_.str() + "'");
        }
        return all;
    }

    std::map<std::string, std::string> ids_;
    std::string key_;
};

TEST_F(Isolation, AnotherTenantsObjectsAreNotThereOnAnyRoute)
{
    const auto before = ours();
    become_theirs();
    const std::string nobody = "0199c0de-0000-7000-8000-00000000dead";
    int tried = 0;
    for (const auto& route : config_routes()) {
        if (!route.pattern.contains("{id}")) continue;
        const auto path = target(route.pattern);
        const auto answered = call(route.method, path, body(route.method, path));
        EXPECT_EQ(answered.status, 404) << route.method << ' ' << path << ": " << answered.text;
        auto absent = path;
        absent.replace(route.pattern.find("{id}") - std::string_view("/api/v1").size(), nobody.size(), nobody);
        EXPECT_EQ(call(route.method, absent, body(route.method, absent)).text, answered.text)
            << "what is not theirs answers as what does not exist";
        ++tried;
    }
    EXPECT_GE(tried, 20);
    EXPECT_EQ(ours(), before);
}

TEST_F(Isolation, ListsHoldOnesOwnOnly)
{
    become_theirs();
    for (const auto& route : config_routes()) {
        if (route.method != "GET" || route.pattern.contains('{')) continue;
        const auto answered = get(target(route.pattern));
        EXPECT_EQ(answered.status, 200) << route.pattern;
        for (const auto& [collection, id] : ids_) EXPECT_THAT(answered.text, Not(HasSubstr(id))) << route.pattern;
    }
    EXPECT_EQ(get("/api-keys?user_id=" + admin_).status, 404);
    EXPECT_EQ(get("/access-keys?user_id=" + admin_).status, 404);
    EXPECT_EQ(get("/access-keys?integration_id=" + ids_["integrations"]).status, 404);
}

TEST_F(Isolation, NothingOfAnotherTenantCanBeReferredTo)
{
    const auto before = ours();
    become_theirs();
    const json routes{{{"type", "route"}, {"contact_group_ids", {ids_["contact-groups"]}}}};
    EXPECT_EQ(post("/rules", a_rule("x", {{"actions", routes}})).status, 422);
    EXPECT_EQ(put("/ruleset", {{"rules", {a_rule("x", {{"actions", routes}})}}}).status, 422);
    EXPECT_EQ(post("/rules/reorder", {{"ids", {ids_["rules"]}}}).status, 422);
    EXPECT_EQ(post("/rules/test", {{"rule_id", ids_["rules"]}, {"alert", {{"title", "t"}}}}).status, 422);
    EXPECT_EQ(post("/contact-groups", {{"name", "x"}, {"contact_ids", {ids_["contacts"]}}}).status, 422);
    EXPECT_EQ(patch("/settings", {{"default_route", {ids_["contact-groups"]}}}).status, 422);
    EXPECT_EQ(post("/api-keys", {{"user_id", viewer_}}).status, 422);
    const auto invited = post("/users", {{"email", "x@example.com"},
                                         {"name", "x"},
                                         {"role", "viewer"},
                                         {"state", "invited"},
                                         {"oidc_provider_id", ids_["oidc-providers"]}});
    EXPECT_EQ(invited.status, 422) << invited.text;
    EXPECT_EQ(post("/access-keys", {{"user_id", viewer_}}).status, 422);
    EXPECT_EQ(post("/access-keys", {{"integration_id", ids_["integrations"]}}).status, 422);

    const auto applied = put("/ruleset", {{"rules", {a_rule("r", {{"id", ids_["rules"]}})}}});
    EXPECT_EQ(applied.status, 200);
    EXPECT_EQ(applied.body["created"].size(), 1U) << "an id of another tenant is an id of nothing";
    EXPECT_NE(applied.body["created"][0]["id"], ids_["rules"]);
    EXPECT_EQ(ours(), before);
}

TEST_F(Isolation, NamesOfAnotherTenantAreFree)
{
    become_theirs();
    EXPECT_EQ(post("/contacts", {{"name", "c"}, {"type", "email"}, {"address", "a@example.com"}}).status, 201);
    EXPECT_EQ(post("/contact-groups", {{"name", "g"}, {"contact_ids", json::array()}}).status, 201);
    EXPECT_EQ(post("/integrations", {{"name", "i"}}).status, 201);
    EXPECT_EQ(post("/users", {{"email", "ann@example.org"}, {"name", "Ann"}, {"role", "viewer"}}).status, 201);
}

TEST(ConfigRoutes, WriteOnlyUnderAPermissionToWrite)
{
    std::set<std::string> operations;
    for (const auto& route : config_routes()) {
        EXPECT_TRUE(operations.insert(std::string(route.operation_id)).second) << route.operation_id;
        constexpr std::array kChangeNothing{"testRule", "lintRules", "previewSilence"};
        if (std::ranges::find(kChangeNothing, route.operation_id) != kChangeNothing.end()) continue;
        const bool writes = route.method != "GET";
        EXPECT_EQ(to_string(route.permission).ends_with(":write"), writes) << route.method << ' ' << route.pattern;
    }
}

}  // namespace
}  // namespace winnow::test
