/// Every operation that writes leaves a record, or a reason why not.

#include "winnow/audit/acts.hpp"

#include "unit/api/openapi_document.hpp"
#include "winnow/api/customer_api.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace winnow::api {
namespace {

std::vector<Operation> all_operations()
{
    auto operations = customer_operations();
    for (auto& operation : management_operations()) operations.push_back(std::move(operation));
    return operations;
}

bool has_reason(std::string_view operation)
{
    return std::ranges::find(audit::kUnrecorded, operation, &audit::Unrecorded::operation) != audit::kUnrecorded.end();
}

TEST(AuditActs, EveryOperationThatWritesIsRecordedOrSaysWhyNot)
{
    for (const auto& operation : all_operations()) {
        const bool is_recorded = audit::act_of(operation.operation_id) != nullptr;
        if (operation.permission == "alerts:ingest") {  // the journal and its receipts are the record
            EXPECT_FALSE(is_recorded) << operation.operation_id;
            continue;
        }
        EXPECT_FALSE(is_recorded && has_reason(operation.operation_id)) << operation.operation_id;
        if (operation.method == "GET") {
            if (is_recorded) {
                const bool signs_in = operation.permission == "open";  // in transactions of its own
                EXPECT_EQ(audit::act_of(operation.operation_id)->recorded,
                          signs_in ? audit::Recorded::by_store : audit::Recorded::beforehand)
                    << operation.operation_id << ": its transaction cannot write";
            }
            continue;
        }
        EXPECT_TRUE(is_recorded || has_reason(operation.operation_id)) << operation.operation_id;
    }
}

TEST(AuditActs, NameOperationsThatThereAre)
{
    std::set<std::string> known;
    for (const auto& operation : all_operations()) known.insert(operation.operation_id);
    std::set<std::string_view> seen;
    for (const auto& act : audit::kActs) {
        EXPECT_TRUE(known.contains(std::string(act.operation))) << act.operation;
        EXPECT_TRUE(seen.insert(act.operation).second) << act.operation;
    }
    for (const auto& [operation, why] : audit::kUnrecorded) {
        EXPECT_TRUE(known.contains(std::string(operation))) << operation;
        EXPECT_TRUE(seen.insert(operation).second) << operation;
        EXPECT_FALSE(why.empty());
    }
}

TEST(AuditActs, StandInTheDocument)
{
    std::map<std::string, std::string> documented;
    const auto root = YAML::LoadFile(WINNOW_OPENAPI_FILE);
    for (const auto& path : root["paths"]) {
        for (const auto& member : path.second) {
            if (!member.second.IsMap() || !member.second["x-audit"]) continue;
            documented[member.second["operationId"].as<std::string>()] = member.second["x-audit"].as<std::string>();
        }
    }
    std::map<std::string, std::string> table;
    for (const auto& act : audit::kActs) table[std::string(act.operation)] = act.act;
    EXPECT_EQ(documented, table);
}

}  // namespace
}  // namespace winnow::api
