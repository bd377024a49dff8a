#include "unit/api/openapi_document.hpp"
#include "winnow/api/customer_api.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace winnow::api {
namespace {

/// "GET /path" → operation id and permission.
using Table = std::map<std::string, std::pair<std::string, std::string>>;

struct Documented {
    Table customer;
    Table management;
};

std::string upper(std::string word)
{
    for (auto& c : word) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    return word;
}

Documented documented()
{
    static const std::set<std::string> kMethods{"get", "put", "post", "delete", "patch", "head", "options"};
    Documented found;
    const auto root = YAML::LoadFile(WINNOW_OPENAPI_FILE);
    for (const auto& path : root["paths"]) {
        for (const auto& member : path.second) {
            const auto method = member.first.as<std::string>();
            if (!kMethods.contains(method)) continue;
            const auto& operation = member.second;
            const auto key = upper(method) + ' ' + path.first.as<std::string>();
            const auto permission = operation["x-permission"].as<std::string>("");
            const auto name = operation["operationId"].as<std::string>("");
            const bool is_management = operation["x-listener"].as<std::string>("customer") == "management";
            (is_management ? found.management : found.customer)[key] = {name, permission};
            // Probes answer on both listeners; a document can name an operation once only.
            const auto twin = operation["x-management-operation-id"].as<std::string>("");
            if (!twin.empty()) found.management[key] = {twin, permission};
        }
    }
    return found;
}

Table served(const std::vector<Operation>& operations)
{
    Table table;
    for (const auto& operation : operations) {
        table[operation.method + ' ' + operation.path] = {operation.operation_id, operation.permission};
    }
    return table;
}

/// Where the schema of a document that is written does not say whether it may hold members that are not named.
void find_open(const YAML::Node& root, const YAML::Node& schema, const std::string& path, int depth,
               std::vector<std::string>& open)
{
    constexpr int kDeepest = 6;
    const auto node = resolved(root, schema);
    if (depth > kDeepest || !node.IsMap()) return;
    const bool is_object = node["properties"] || node["type"].as<std::string>("") == "object";
    if (is_object && !node["additionalProperties"]) open.push_back(path);
    for (const auto& member : node["properties"]) {
        const auto name = member.first.as<std::string>();
        if (resolved(root, member.second)["readOnly"].as<bool>(member.second["readOnly"].as<bool>(false))) continue;
        find_open(root, member.second, path + "/" + name, depth + 1, open);
    }
    if (node["items"]) find_open(root, node["items"], path + "/items", depth + 1, open);
    for (const auto* many : {"oneOf", "anyOf"}) {
        for (const auto& one : node[many]) find_open(root, one, path, depth + 1, open);
    }
    if (node["allOf"]) find_open(root, node["allOf"][0], path, depth + 1, open);
}

TEST(OpenApi, EveryDocumentThatIsWrittenNamesAllThatItMayHold)
{
    const auto root = YAML::LoadFile(WINNOW_OPENAPI_FILE);
    std::vector<std::string> open;
    for (const auto& path : root["paths"]) {
        for (const auto& member : path.second) {
            const auto& operation = member.second;
            if (!operation.IsMap() || !operation["requestBody"]) continue;
            if (operation["x-permission"].as<std::string>("") == "alerts:ingest") continue;  // what is unknown is kept
            const auto body = resolved(root, operation["requestBody"]);
            for (const auto& content : body["content"]) {
                find_open(root, content.second["schema"], operation["operationId"].as<std::string>(), 0, open);
            }
        }
    }
    EXPECT_EQ(open, std::vector<std::string>());
}

TEST(OpenApi, DescribesExactlyWhatTheCustomerListenerServes)
{
    EXPECT_EQ(documented().customer, served(customer_operations()));
}

TEST(OpenApi, DescribesExactlyWhatTheManagementListenerServes)
{
    EXPECT_EQ(documented().management, served(management_operations()));
}

}  // namespace
}  // namespace winnow::api
