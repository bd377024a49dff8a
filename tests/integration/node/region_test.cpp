#include "node_fixture.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <string>

namespace winnow::app {
namespace {

using nlohmann::json;

class RegionTest : public NodeTest {
protected:
    [[nodiscard]] static test::Answer made(const Node& node, const json& tenant)
    {
        auto body = tenant;
        body["name"] = "Acme";
        body["admin"] = {{"email", "ops@acme.example"}};
        return test::TlsClient(node.management_port()).ask(post("/admin/v1/tenants", kProviderKey, body.dump()));
    }
};

TEST_F(RegionTest, ATenantIsMadeForTheRegionThatTheNodeIsIn)
{
    config_.node.data_region = "jp-east";
    const Node node(config_);
    const auto elsewhere = made(node, {{"data_region", "eu"}});
    EXPECT_EQ(elsewhere.status, 422) << elsewhere.body;
    EXPECT_THAT(elsewhere.body, testing::HasSubstr(R"("pointer":"/data_region")"));
    EXPECT_THAT(elsewhere.body, testing::HasSubstr("keeps data in jp-east (node.data_region), and nowhere else"));
    for (const auto& tenant : {json::object(), json{{"data_region", "jp-east"}}}) {
        const auto here = made(node, tenant);
        ASSERT_EQ(here.status, 201) << here.body;
        EXPECT_EQ(json::parse(here.body)["data_region"], "jp-east");
    }
}

TEST_F(RegionTest, WhoSaysOfNoneMakesNobodySureOfOne)
{
    const Node node(config_);
    const auto asked = made(node, {{"data_region", "jp-east"}});
    EXPECT_EQ(asked.status, 422) << asked.body;
    EXPECT_THAT(asked.body, testing::HasSubstr("says of no region (node.data_region)"));
    const auto made_here = made(node, json::object());
    ASSERT_EQ(made_here.status, 201) << made_here.body;
    EXPECT_FALSE(json::parse(made_here.body).contains("data_region"));
}

}  // namespace
}  // namespace winnow::app
