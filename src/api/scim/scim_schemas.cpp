#include "api/scim/scim_schemas.hpp"

#include "api/scim/scim_query.hpp"
#include "api/scim/scim_user.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace winnow::api {

namespace {

using nlohmann::json;

constexpr auto kUserType = "/scim/v2/ResourceTypes/User";

json unsupported()
{
    return {{"supported", false}};
}

json meta(std::string_view type, const std::string& location)
{
    return {{"resourceType", type}, {"location", location}};
}

/// A plain attribute that is needed and that the directory writes.
json attribute(std::string_view name, std::string_view type, std::string_view uniqueness, std::string_view says)
{
    json described{{"name", name},          {"type", type},
                   {"multiValued", false},  {"description", says},
                   {"required", true},      {"mutability", "readWrite"},
                   {"returned", "default"}, {"uniqueness", uniqueness}};
    if (type == "string") described["caseExact"] = false;
    return described;
}

}  // namespace

json service_provider_config()
{
    json config{{"schemas", {"urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"}},
                {"patch", {{"supported", true}}},
                {"bulk", {{"supported", false}, {"maxOperations", 0}, {"maxPayloadSize", 0}}},
                {"filter", {{"supported", true}, {"maxResults", kMostScimUsers}}},
                {"changePassword", unsupported()},
                {"sort", unsupported()},
                {"etag", unsupported()},
                {"meta", meta("ServiceProviderConfig", "/scim/v2/ServiceProviderConfig")}};
    config["authenticationSchemes"] =
        json::array({{{"type", "oauthbearertoken"},
                      {"name", "Bearer token"},
                      {"description", "A token that an admin of the tenant has made for its directory"},
                      {"primary", true}}});
    return config;
}

json user_resource_type()
{
    return {{"schemas", {"urn:ietf:params:scim:schemas:core:2.0:ResourceType"}},
            {"id", "User"},
            {"name", "User"},
            {"endpoint", "/Users"},
            {"description", "People who sign in"},
            {"schema", kScimUser},
            {"meta", meta("ResourceType", kUserType)}};
}

json user_schema()
{
    auto emails = attribute("emails", "complex", "none", "The address: of several the primary one, or the first");
    emails["multiValued"] = true;
    emails["subAttributes"] = json::array({attribute("value", "string", "none", "A mail address")});
    auto roles = attribute("roles", "complex", "none", "The one role that the user has; admins change it");
    auto role = attribute("value", "string", "none", "viewer, operator, admin or auditor");
    for (auto* each : {&roles, &role}) {
        (*each)["required"] = false;
        (*each)["mutability"] = "readOnly";
    }
    roles["multiValued"] = true;
    roles["subAttributes"] = json::array({std::move(role)});
    json schema{{"schemas", {"urn:ietf:params:scim:schemas:core:2.0:Schema"}},
                {"id", kScimUser},
                {"name", "User"},
                {"description", "People who sign in"},
                {"meta", meta("Schema", "/scim/v2/Schemas/" + std::string(kScimUser))}};
    schema["attributes"] =
        json::array({attribute("userName", "string", "server", "What the directory calls the user"),
                     attribute("displayName", "string", "none", "The user's name; without it name, or userName"),
                     attribute("active", "boolean", "none", "Whether the user may sign in; without it true"),
                     std::move(emails), std::move(roles)});
    return schema;
}

json list_of(json resources)
{
    const auto count = resources.size();
    return {{"schemas", {"urn:ietf:params:scim:api:messages:2.0:ListResponse"}},
            {"totalResults", count},
            {"startIndex", 1},
            {"itemsPerPage", count},
            {"Resources", std::move(resources)}};
}

}  // namespace winnow::api
