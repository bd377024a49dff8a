#include "app/try_rows.hpp"

#include "app/config/config.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace winnow::app {
namespace {

TEST(TrialProgram, IsToldWhereLinksLead)
{
    Config config;
    config.delivery.public_url = "https://winnow.example";
    const auto settings = nlohmann::json::parse(trial_program(config).settings);
    EXPECT_EQ(settings.at("public_url"), "https://winnow.example");
}

}  // namespace
}  // namespace winnow::app
