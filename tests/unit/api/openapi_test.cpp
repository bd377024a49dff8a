#include "winnow/api/customer_api.hpp"

#include <gtest/gtest.h>

#include <yaml-cpp/yaml.h>

#include <map>
#include <set>
#include <string>
#include <utility>

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
