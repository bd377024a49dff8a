#include "api/tenants/user_json.hpp"

#include "api/rest/json_body.hpp"
#include "api/tenants/key_fields.hpp"
#include "winnow/domain/mailbox.hpp"

#include <string_view>
#include <utility>
#include <vector>

namespace winnow::api {

using nlohmann::json;

json user_json(const ports::User& user)
{
    return {{"id", user.id.str()},
            {"email", user.email},
            {"name", user.name},
            {"role", to_string(user.role)},
            {"state", user.active ? "active" : "disabled"},
            {"version", user.version},
            {"created_at", format_rfc3339(user.created_at)},
            {"updated_at", format_rfc3339(user.updated_at)}};
}

Result<ports::User> read_user(const json& document)
{
    ports::User user;
    FieldReader fields(document);
    if (const auto email = fields.text("email", {3, domain::kMaxMailbox}, Need::required)) {
        auto problem = domain::mailbox_problem(*email);
        if (!problem.empty()) fields.error("email", std::move(problem));
        user.email = *email;
    }
    user.name = fields.text("name", {1, 200}, Need::required).value_or("");
    std::vector<std::string_view> roles;
    for (const auto each : access::kRoles) roles.push_back(to_string(each));
    const auto role = fields.word("role", roles, Need::required);
    user.role = access::parse_role(role.value_or("viewer")).value_or(access::Role::viewer);
    user.active = fields.word("state", {"active", "disabled"}).value_or("active") == "active";
    fields.read_only({"id", "version", "created_at", "updated_at"});
    if (const auto read = fields.finish(); !read) return read.error();
    return user;
}

json api_key_json(const ports::ApiKey& key)
{
    return {{"id", key.id.str()},
            {"user_id", key.user_id.str()},
            {"name", key.name},
            {"hint", key.hint},
            {"scopes", scopes_json(key.scopes)},
            {"networks", networks_json(key.networks)},
            {"created_at", format_rfc3339(key.created_at)},
            {"created_by", text_or_null(key.created_by)},
            {"expires_at", time_or_null(key.expires_at)},
            {"last_used", time_or_null(key.last_used)}};
}

}  // namespace winnow::api
