/// @file
/// What the pages say of roles and keys, beside what the code goes by.

#include "api/tenants/key_fields.hpp"
#include "unit/api/openapi_document.hpp"
#include "winnow/access/permission.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::api {
namespace {

std::string page(const std::string& name)
{
    std::ifstream file(std::filesystem::path(WINNOW_OPENAPI_FILE).parent_path() / name);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

bool allows_user(access::Role role, access::Permission permission, bool suspended,
                 const std::optional<access::PermissionSet>& scopes = {})
{
    access::Principal who;
    who.kind = access::CredentialKind::user_key;
    who.role = role;
    who.tenant_suspended = suspended;
    who.scopes = scopes;
    return access::allows(who, permission);
}

/// The row of the page's table about a permission that users have.
std::string row_of(access::Permission permission)
{
    std::string row = "| `" + std::string(to_string(permission)) + "` |";
    bool while_suspended = false;
    bool always = false;
    for (const auto role : access::kRoles) {
        row += access::has(role, permission) ? " ✓ |" : " |";
        while_suspended = while_suspended || allows_user(role, permission, true);
        always = always || allows_user(role, permission, false, access::with_profile({}));
    }
    row += while_suspended ? " ✓ |" : " |";
    const auto* const scope = always ? "always" : access::is_scope(permission) ? "where named" : "never";
    return row + ' ' + scope + " |\n";
}

TEST(RolesPage, HasTheTableThatTheRouterGoesBy)
{
    std::string table = "| permission |";
    for (const auto role : access::kRoles) table += ' ' + std::string(to_string(role)) + " |";
    table += " while suspended | of a key with scopes |\n|---|---|---|---|---|---|---|\n";
    for (const auto permission : access::all_permissions()) {
        if (!access::roles_with(permission).empty()) table += row_of(permission);
    }
    EXPECT_THAT(page("security.md"), testing::HasSubstr(table + '\n')) << "docs/security.md, Who may do what";
}

TEST(RolesPage, TheDocumentNamesWhatASupportGrantMayName)
{
    std::vector<std::string> named;
    const auto schemas = YAML::LoadFile(WINNOW_OPENAPI_FILE)["components"]["schemas"];
    for (const auto& each : schemas["SupportScope"]["enum"]) named.push_back(each.as<std::string>());
    std::vector<std::string> known;
    for (const auto permission : access::all_permissions()) {
        if (access::support_permissions().contains(permission)) known.emplace_back(to_string(permission));
    }
    EXPECT_EQ(named, known);
    EXPECT_EQ(schemas["SupportGrantWrite"]["properties"]["scopes"]["maxItems"].as<std::size_t>(), known.size());
}

TEST(RolesPage, AndTheDocumentNameTheLimitsOfKeys)
{
    const auto schemas = YAML::LoadFile(WINNOW_OPENAPI_FILE)["components"]["schemas"];
    std::vector<std::string> roles;
    for (const auto& each : schemas["Role"]["enum"]) roles.push_back(each.as<std::string>());
    std::vector<std::string> known;
    for (const auto role : access::kRoles) known.emplace_back(to_string(role));
    EXPECT_EQ(roles, known);
    EXPECT_EQ(schemas["Networks"]["maxItems"].as<std::size_t>(), kMaxKeyNetworks);
    const auto expiry = schemas["ApiKeyWrite"]["properties"]["expires_at"]["description"].as<std::string>();
    for (const auto& text : {expiry, page("security.md")}) {
        EXPECT_THAT(text, testing::HasSubstr(std::to_string(kUsualKeyLife.count()) + " days"));
        EXPECT_THAT(text, testing::HasSubstr(std::to_string(kLongestKeyLife.count()) + " days"));
    }
}

}  // namespace
}  // namespace winnow::api
