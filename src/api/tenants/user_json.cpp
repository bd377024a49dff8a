#include "api/tenants/user_json.hpp"

#include "api/rest/json_body.hpp"
#include "api/rest/respond.hpp"
#include "api/tenants/key_fields.hpp"
#include "api/tenants/management_group_fields.hpp"
#include "winnow/domain/mailbox.hpp"

#include <string_view>
#include <utility>
#include <vector>

namespace winnow::api {

using nlohmann::json;

json user_json(const ports::User& user)
{
    json shown{{"id", user.id.str()},
               {"email", user.email},
               {"name", user.name},
               {"role", to_string(user.role)},
               {"state", to_string(user.state())},
               {"locale", to_string(user.locale)},
               {"management_group_ids", groups_json(user.groups)},
               {"mfa", {{"enrolled", user.has_factor}, {"required", user.mfa_required}}},
               {"has_password", user.has_password},
               {"last_sign_in_at", time_json(user.last_sign_in)},
               {"managed_by", user.managed_by ? json(user.managed_by->str()) : json(nullptr)},
               {"version", user.version},
               {"created_at", format_rfc3339(user.created_at)},
               {"updated_at", format_rfc3339(user.updated_at)}};
    if (const auto& invitation = user.invitation) {
        shown["invitation"] = {{"expires_at", format_rfc3339(invitation->expires_at)}, {"mail", invitation->mail}};
    }
    return shown;
}

json user_json_for_others(const ports::User& user)
{
    auto shown = user_json(user);
    for (const auto* const member : {"has_password", "last_sign_in_at", "managed_by", "invitation"})
        shown.erase(member);
    shown["mfa"].erase("enrolled");
    return shown;
}

signin::Locale read_locale(FieldReader& fields)
{
    std::vector<std::string_view> words;
    for (const auto each : signin::kLocales) words.push_back(to_string(each));
    const auto word = fields.word("locale", words);
    return signin::parse_locale(word.value_or("en")).value_or(signin::Locale::en);
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
    const auto state = fields.word("state", {"active", "invited", "disabled"}).value_or("active");
    user.active = state == "active";
    user.invited = state == "invited";
    user.locale = read_locale(fields);
    user.groups = read_groups(fields);
    if (user.groups && user.role != access::Role::viewer && user.role != access::Role::operator_) {
        fields.error("management_group_ids", "must be null for an admin or auditor: they see the whole tenant");
    }
    if (auto mfa = fields.object("mfa")) {
        user.mfa_required = mfa->boolean("required").value_or(false);
        mfa->read_only({"enrolled"});
        mfa->close();
    }
    fields.read_only(
        {"id", "version", "created_at", "updated_at", "has_password", "last_sign_in_at", "managed_by", "invitation"});
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
            {"management_group_ids", groups_json(key.groups)},
            {"created_at", format_rfc3339(key.created_at)},
            {"created_by", text_or_null(key.created_by)},
            {"expires_at", time_json(key.expires_at)},
            {"last_used", time_json(key.last_used)}};
}

}  // namespace winnow::api
