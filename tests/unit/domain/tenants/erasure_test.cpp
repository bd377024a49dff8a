#include "winnow/domain/tenants/erasure.hpp"

#include "winnow/domain/tenant.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow::domain {
namespace {

constexpr Timestamp kUntil{std::chrono::milliseconds{1'795'000'000'000}};
constexpr std::chrono::milliseconds kMoment{1};

TenantAtItsEnd closing()
{
    return {.closing = true, .name = "Acme Ltd", .closed_at = kUntil - std::chrono::days{1}, .export_until = kUntil};
}

/// nullopt: it may be erased.
std::optional<ErrorCode> refusal(const TenantAtItsEnd& tenant, const ErasureWish& wish, Timestamp now)
{
    const auto error = why_not_erased(tenant, wish, now);
    return error ? std::optional(error->code()) : std::nullopt;
}

}  // namespace

TEST(TenantStates, GoOnlyTheWaysThatAreListed)
{
    using enum TenantState;
    const std::set<std::pair<TenantState, TenantState>> ways{{active, suspended}, {suspended, active},
                                                             {active, closing},   {suspended, closing},
                                                             {closing, active},   {closing, erasing}};
    for (const auto from : {active, suspended, closing, erasing}) {
        for (const auto to : {active, suspended, closing, erasing}) {
            EXPECT_EQ(may_become(from, to), ways.contains({from, to})) << to_string(from) << " " << to_string(to);
        }
    }
}

TEST(TenantStates, HaveWordsThatAreReadBack)
{
    using enum TenantState;
    for (const auto state : {active, suspended, closing, erasing})
        EXPECT_EQ(parse_tenant_state(to_string(state)), state);
    EXPECT_EQ(parse_tenant_state("erased"), std::nullopt);
    EXPECT_EQ(parse_tenant_state(""), std::nullopt);
}

TEST(WhyNotErased, OnlyWhatIsClosingIs)
{
    auto open = closing();
    open.closing = false;
    EXPECT_EQ(refusal(open, {.name = "Acme Ltd", .waives_window = true}, kUntil), ErrorCode::conflict);
    EXPECT_EQ(refusal(closing(), {.name = "Acme Ltd"}, kUntil), std::nullopt);
}

TEST(WhyNotErased, ItsNameMustBeTypedAsItIs)
{
    for (const char* typed : {"", "acme ltd", "Acme Ltd ", "Acme"}) {
        const auto error = why_not_erased(closing(), {.name = typed, .waives_window = true}, kUntil);
        ASSERT_TRUE(error) << typed;
        ASSERT_EQ(error->fields().size(), 1U);
        EXPECT_EQ(error->fields().front().pointer, "/name");
    }
}

TEST(WhyNotErased, TheWindowEndsToTheMillisecondUnlessItIsWaived)
{
    EXPECT_EQ(refusal(closing(), {.name = "Acme Ltd"}, kUntil - kMoment), ErrorCode::conflict);
    EXPECT_EQ(refusal(closing(), {.name = "Acme Ltd"}, kUntil), std::nullopt);
    EXPECT_EQ(refusal(closing(), {.name = "Acme Ltd", .waives_window = true}, kUntil - kMoment), std::nullopt);
}

TEST(WhyNotErased, NoWindowAtAllIsWaivedLikeOneThatIsOpen)
{
    auto at_once = closing();
    at_once.closed_at = kUntil;
    EXPECT_EQ(refusal(at_once, {.name = "Acme Ltd"}, kUntil + kMoment), ErrorCode::conflict);
    EXPECT_EQ(refusal(at_once, {.name = "Acme Ltd", .waives_window = true}, kUntil + kMoment), std::nullopt);
}

TEST(ErasurePlan, DeletesEachTableOnceThenKeysThenLooksAgainAndCertifiesLast)
{
    constexpr std::array<std::string_view, 3> kTables{"child", "parent", "other"};
    const auto plan = erasure_plan(kTables);
    std::vector<std::string> steps;
    std::int32_t position = 0;
    for (const auto& step : plan) {
        EXPECT_GT(step.position, position) << "in order";
        position = step.position;
        steps.push_back(std::string(to_string(step.stage)) + " " + std::string(step.table));
    }
    EXPECT_THAT(steps, testing::ElementsAre("rows child", "rows parent", "rows other", "keys ", "proof child",
                                            "proof parent", "proof other", "certificate "));
}

TEST(ErasurePlan, HasRoomForWhatIsFoundAsRowsGoBetweenThemAndTheKeys)
{
    std::vector<std::string_view> tables(500, "table");
    for (const auto& step : erasure_plan(tables)) {
        EXPECT_EQ(step.position < kPagesPosition, step.stage == ErasureStage::rows);
        EXPECT_NE(step.position, kPagesPosition);
    }
}

TEST(ErasurePlan, WithoutTablesIsKeysAndTheCertificate)
{
    const auto plan = erasure_plan({});
    ASSERT_EQ(plan.size(), 2U);
    EXPECT_EQ(plan.front().stage, ErasureStage::keys);
    EXPECT_EQ(plan.back().stage, ErasureStage::certificate);
}

TEST(ErasureStages, HaveWordsThatAreReadBack)
{
    using enum ErasureStage;
    for (const auto stage : {rows, pages, keys, proof, certificate}) {
        EXPECT_EQ(parse_erasure_stage(to_string(stage)), stage);
    }
    EXPECT_EQ(parse_erasure_stage("nonsense"), std::nullopt);
}

}  // namespace winnow::domain
