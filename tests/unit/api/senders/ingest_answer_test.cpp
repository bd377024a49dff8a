/// @file
/// The answer to ingestion, and that it is bounded.

#include "api/senders/ingest_answer.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <optional>
#include <string>

namespace winnow::api {
namespace {

using nlohmann::json;

json answer_to(const ItemOutcomes& outcomes)
{
    return json::parse(ingest_answer(domain::ReceiptId(), {}, outcomes));
}

FieldError warning(std::size_t of)
{
    return {.pointer = "/" + std::to_string(of) + "/title", .code = "cut", .detail = "is too long and was cut"};
}

TEST(IngestAnswer, TellsOfEachAlertInTheBodysOrder)
{
    ItemOutcomes outcomes;
    outcomes.refusals = {std::nullopt, FieldError{.pointer = "/1/title", .detail = "is required"}, std::nullopt};
    outcomes.warnings = {{2, {warning(2)}}};
    const auto answer = answer_to(outcomes);
    EXPECT_EQ(answer["accepted"], 2);
    EXPECT_EQ(answer["rejected"], 1);
    ASSERT_EQ(answer["results"].size(), 3U);
    EXPECT_FALSE(answer["results"][0].contains("warnings"));
    EXPECT_EQ(answer["results"][1]["error"]["pointer"], "/1/title");
    EXPECT_EQ(answer["results"][2]["warnings"][0]["pointer"], "/2/title");
    EXPECT_FALSE(answer.contains("more_warnings"));
}

TEST(IngestAnswer, TellsAThousandWarningsAndCountsTheRest)
{
    ItemOutcomes outcomes;
    for (std::size_t i = 0; i < 36'000; ++i) {
        outcomes.refusals.emplace_back(std::nullopt);
        outcomes.warnings.emplace_back(i, std::vector<FieldError>(4, warning(i)));
    }
    const auto answer = answer_to(outcomes);
    EXPECT_EQ(answer["accepted"], 36'000);
    ASSERT_EQ(answer["results"].size(), 36'000U);
    EXPECT_EQ(answer["results"][249]["warnings"].size(), 4U);
    EXPECT_FALSE(answer["results"][250].contains("warnings"));
    EXPECT_EQ(answer["more_warnings"], 4 * 36'000 - 1'000);
    EXPECT_LE(answer.dump().size(), 36'000U * 64 + 1'000U * 128);
}

}  // namespace
}  // namespace winnow::api
