#include "pipeline/overruns/overruns.hpp"

#include "pipeline/overruns/asked.hpp"
#include "unit/pipeline/fakes.hpp"

#include <gmock/gmock.h>

namespace winnow::pipeline {
namespace {

using domain::Judge;
using domain::JudgeCost;
using domain::JudgeKind;
using testing::HasSubstr;

const TenantId kTenant = tenant_id(1);

Judge judge(JudgeKind kind, std::uint64_t n)
{
    return {.kind = kind, .id = Uuid::from_words(5, n)};
}

/// One of each kind, all in version 3.
domain::TenantConfig one_of_each()
{
    auto made = config(kTenant);
    made.rules.resize(1);
    made.rules[0].id = RuleId(judge(JudgeKind::rule, 1).id);
    made.rules[0].name = "the\ndear one";
    made.silences.resize(1);
    made.silences[0].id = SilenceId(judge(JudgeKind::silence, 2).id);
    made.windows.resize(1);
    made.windows[0].id = MaintenanceWindowId(judge(JudgeKind::maintenance_window, 3).id);
    made.inhibitions.resize(1);
    made.inhibitions[0].id = InhibitionId(judge(JudgeKind::inhibition, 4).id);
    made.rules[0].version = made.silences[0].version = made.windows[0].version = made.inhibitions[0].version = 3;
    return made;
}

std::size_t asked_count(const domain::TenantConfig& config)
{
    const auto rest = asked_of(config);
    return rest.rules.size() + rest.silences.size() + rest.windows.size() + rest.inhibitions.size();
}

TEST(Asked, IsWhatIsNotSetAsideInTheVersionThatItHas)
{
    auto all = one_of_each();
    EXPECT_EQ(asked_count(all), 4U);
    for (const auto& each : {judge(JudgeKind::rule, 1), judge(JudgeKind::silence, 2),
                             judge(JudgeKind::maintenance_window, 3), judge(JudgeKind::inhibition, 4)}) {
        all.set_asides = {{.judge = each, .version = 3, .left = std::nullopt}};
        EXPECT_EQ(asked_count(all), 3U) << to_string(each.kind);
        all.set_asides = {{.judge = each, .version = 2, .left = std::nullopt}};
        EXPECT_EQ(asked_count(all), 4U) << "changed since: " << to_string(each.kind);
    }
    all.set_asides = {{.judge = judge(JudgeKind::silence, 1), .version = 3, .left = std::nullopt}};
    EXPECT_EQ(asked_count(all), 4U) << "another kind";
}

TEST(Asked, AgainIsWhatHasTheLeastTimeLeft)
{
    auto all = one_of_each();
    EXPECT_EQ(first_asked_again(all), std::nullopt);
    all.set_asides = {{.judge = judge(JudgeKind::rule, 1), .version = 3, .left = std::nullopt}};
    EXPECT_EQ(first_asked_again(all), std::nullopt);
    all.set_asides.push_back({.judge = judge(JudgeKind::silence, 2), .version = 3, .left = 7s});
    all.set_asides.push_back({.judge = judge(JudgeKind::inhibition, 4), .version = 3, .left = 5s});
    EXPECT_EQ(first_asked_again(all), 5s);
}

class Overruns : public testing::Test {
protected:
    Overruns()
    {
        auto made = one_of_each();
        made.silences.clear();  // they do not compile
        made.windows.clear();
        made.inhibitions.clear();
        policy_ = std::make_shared<const TenantPolicy>(
            TenantPolicy{.config = made, .rules = nullptr, .suppressions = nullptr});
    }

    /// An alert that was over its budget `times` times.
    [[nodiscard]] std::shared_ptr<const CostSequel> after(std::uint16_t times, Judge dearest = kRule,
                                                          std::size_t most = 20'000) const
    {
        domain::AlertBudget budget{.left = 0, .over = true};
        budget.note(dearest, most);
        return after(times, budget);
    }
    [[nodiscard]] std::shared_ptr<const CostSequel> after(std::uint16_t times, const domain::AlertBudget& budget) const
    {
        std::vector<triage::Evaluated> alerts;
        for (std::uint16_t i = 0; i < times; ++i) {
            triage::Evaluated each{
                .position = {.row = {.received_at = triage::kNoon, .stream = 1, .seq = 1}, .index = i},
                .alert = alert("k")};
            each.evaluation.budget = budget;
            alerts.push_back(std::move(each));
        }
        return overruns(alerts, policy_, policy_);
    }

    static inline const Judge kRule = judge(JudgeKind::rule, 1);
    std::shared_ptr<const TenantPolicy> policy_;
};

TEST_F(Overruns, ComeToNothingWhereThereAreNoneOrNobodyIsKnownForThem)
{
    EXPECT_EQ(after(0), nullptr);
    EXPECT_EQ(after(1, judge(JudgeKind::rule, 9)), nullptr);
}

TEST_F(Overruns, WhereNothingIsDearAloneDoNotCountHoweverMany)
{
    EXPECT_EQ(after(2'000, kRule, 30), nullptr) << "10,000 rules of 30 steps: to do without one of them helps nobody";
    EXPECT_EQ(after(2'000, kRule, domain::AlertBudget::kSteps / 10 - 1), nullptr);
    EXPECT_NE(after(1, kRule, domain::AlertBudget::kSteps / 10), nullptr);
}

/// A tenth of a second from look to look.
std::uint64_t slow_clock() noexcept
{
    static std::uint64_t computed = 0;
    return computed += 100'000'000;
}

TEST_F(Overruns, OfTheDeadlineCountWhateverStepsSay)
{
    domain::AlertBudget budget;
    for (int i = 0; i < 2; ++i) budget.pay(kRule, 5'000, slow_clock);
    ASSERT_TRUE(budget.deadline.has_passed());
    const auto writes = after(1, budget)->decide({}, {}, triage::kNoon);
    ASSERT_EQ(writes.costs.size(), 1U);
    EXPECT_EQ(writes.costs[0].record.most, domain::AlertDeadline::kMost);
}

TEST_F(Overruns, OfOneFoldCountEach)
{
    const auto few = after(4)->decide({}, {}, triage::kNoon);
    ASSERT_EQ(few.costs.size(), 1U);
    EXPECT_EQ(few.costs[0].record.recent.size(), 4U);
    EXPECT_EQ(few.costs[0].record.most, 800us);
    EXPECT_EQ(few.set_aside, 0U);
    EXPECT_TRUE(few.outcome.opened.empty());
    const auto many = after(2'000)->decide({}, {}, triage::kNoon);
    EXPECT_EQ(many.set_aside, 1U);
    EXPECT_EQ(many.costs[0].record.overruns, 5);
    ASSERT_EQ(many.outcome.opened.size(), 1U);
    EXPECT_EQ(many.deliveries.size(), 1U);
}

TEST_F(Overruns, OfAnOlderVersionThanIsKnownDoNotCount)
{
    JudgeCost known{.judge = kRule, .version = 4, .record = {}, .last_alert = {}};
    EXPECT_TRUE(after(5)->decide({}, {known}, triage::kNoon).costs.empty());
    known.version = 2;
    known.record.for_good = true;
    const auto anew = after(1)->decide({}, {known}, triage::kNoon);
    ASSERT_EQ(anew.costs.size(), 1U);
    EXPECT_EQ(anew.costs[0].version, 3);
    EXPECT_FALSE(anew.costs[0].record.for_good);
    EXPECT_EQ(anew.costs[0].record.overruns, 1);
}

TEST_F(Overruns, OfWhatIsSetAsideAlreadyAreOfThoseWhoDidNotKnow)
{
    JudgeCost known{.judge = kRule, .version = 3, .record = {}, .last_alert = {}};
    known.record.until = triage::kNoon + 1s;
    const auto writes = after(5)->decide({}, {known}, triage::kNoon);
    EXPECT_TRUE(writes.costs.empty());
    EXPECT_EQ(writes.set_aside, 0U);
    EXPECT_TRUE(writes.outcome.opened.empty());
}

TEST_F(Overruns, TheTicketSaysWhatUntilWhenWhyAndWhatToDoAndIsNoAlertsOwn)
{
    const auto writes = after(5)->decide({}, {}, triage::kNoon);
    ASSERT_EQ(writes.outcome.opened.size(), 1U);
    const auto& ticket = writes.outcome.opened[0].ticket;
    EXPECT_EQ(ticket.title, "The rule \"the dear one\" costs too much and is set aside until " +
                                format_rfc3339(triage::kNoon + 15min));
    EXPECT_THAT(ticket.description, HasSubstr("1 ms of them on average, 1 ms at most"));
    EXPECT_THAT(ticket.description, HasSubstr("docs/conditions.md"));
    EXPECT_EQ(ticket.dedup_key, "winnow:set-aside:rule:" + kRule.id.str());
    EXPECT_EQ(ticket.severity, domain::Severity::warning);
    const domain::AlertPosition last{.row = {.received_at = triage::kNoon, .stream = 1, .seq = 1}, .index = 4};
    EXPECT_THAT(ticket.description, HasSubstr(domain::alert_id_at(last).str()));
    EXPECT_THAT(writes.outcome.events.at(0).data, HasSubstr(domain::alert_id_at(last).str()));
    EXPECT_NE(ticket.id, domain::ticket_id_at(last)) << "the alert may open one itself";
}

TEST_F(Overruns, TheThirdTimeWeighsMore)
{
    JudgeCost known{.judge = kRule, .version = 3, .record = {}, .last_alert = {}};
    known.record.set_aside = {triage::kNoon - 2h, triage::kNoon - 1h};
    const auto writes = after(5)->decide({}, {known}, triage::kNoon);
    EXPECT_TRUE(writes.costs.at(0).record.for_good);
    const auto& ticket = writes.outcome.opened.at(0).ticket;
    EXPECT_EQ(ticket.severity, domain::Severity::error);
    EXPECT_EQ(ticket.title, "The rule \"the dear one\" costs too much and is set aside until somebody changes it");
}

}  // namespace
}  // namespace winnow::pipeline
