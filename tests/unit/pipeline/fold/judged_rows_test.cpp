/// What a batch keeps of the judgement of its alerts: bounded, whatever their tenant's rules do.

#include "pipeline/fold/fold_batch.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <vector>

namespace winnow::pipeline {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::size_t kMiB = std::size_t{1} << 20U;

bool never()
{
    return false;
}

/// The rules of `./dev bench fair`'s attacker "notes": 64 with 32 notes of 250 descriptions each.
std::vector<domain::Rule> rules_with_notes(std::size_t count = 64)
{
    std::string text;
    for (int i = 0; i < 250; ++i) text += "{{description}}";
    std::vector<domain::Rule> rules(count);
    for (std::size_t i = 0; i < count; ++i) {
        rules[i].id = RuleId(Uuid::from_words(9, i + 1));
        rules[i].name = "note " + std::to_string(i);
        rules[i].position = static_cast<std::int32_t>(i);
        rules[i].condition = "{}";
        rules[i].actions.assign(32, domain::NoteAction{text});
    }
    return rules;
}

/// That match every alert.
std::vector<domain::Rule> rules_for_all(std::size_t count, domain::RuleMode mode = domain::RuleMode::live)
{
    auto rules = rules_with_notes(count);
    for (auto& rule : rules) {
        rule.actions = {domain::SuppressAction{}};
        rule.mode = mode;
    }
    return rules;
}

class JudgedRows : public testing::Test {
protected:
    JudgedRows() { use(rules_with_notes()); }

    void use(std::vector<domain::Rule> rules)
    {
        domain::TenantConfig config;
        config.rules = std::move(rules);
        use(std::move(config));
    }

    void use(domain::TenantConfig config)
    {
        auto compiled = rules::RuleSet::compile(config.rules);
        auto suppressions = suppression::Suppressions::compile(config);
        batch_.policy = batch_.current = std::make_shared<const TenantPolicy>(TenantPolicy{
            .config = std::move(config), .rules = std::move(compiled), .suppressions = std::move(suppressions)});
    }

    /// A row of alerts of 16 KB, each with a key of its own.
    void add_row(std::size_t alerts, domain::AlertStatus status = domain::AlertStatus::firing)
    {
        const domain::RowPosition position{.received_at = {}, .stream = 1, .seq = batch_.rows.size() + 1};
        batch_.rows.push_back({.tenant = {}, .position = position, .alerts = alerts});
        for (std::size_t i = 0; i < alerts; ++i) {
            domain::Alert alert;
            alert.status = status;
            alert.title = "x";
            alert.dedup_key = std::to_string(position.seq) + "/" + std::to_string(i);
            alert.description = std::string(16'000, 'n');
            batch_.alerts.emplace_back(domain::AlertPosition{.row = position, .index = static_cast<std::uint16_t>(i)},
                                       std::move(alert));
        }
    }

    [[nodiscard]] std::int64_t counted(std::size_t rules)
    {
        const auto writes = decide(batch_, {}, SIZE_MAX).writes;
        EXPECT_THAT(writes.rule_matches, SizeIs(rules));
        std::int64_t times = 0;
        for (const auto& [rule, count] : writes.rule_matches) times += count;
        return times;
    }

    [[nodiscard]] static std::size_t note_bytes(const FoldBatch& batch)
    {
        std::size_t bytes = 0;
        for (const auto& each : batch.alerts) {
            for (const auto& note : each.evaluation.notes) bytes += note.text.size();
        }
        return bytes;
    }

    FoldBatch batch_;
};

/// It was an entry an action and alert, and a copy of all of them: 2,032 of each alert, of which a fold has thousands.
TEST_F(JudgedRows, WhatFailedIsCountedAndNotKept)
{
    add_row(100);
    ASSERT_TRUE(judge(batch_, never));
    for (const auto& each : batch_.alerts) EXPECT_EQ(each.evaluation.failures.capacity(), 0U);
    const auto writes = decide(batch_, {}, SIZE_MAX).writes;
    ASSERT_THAT(writes.rule_failures, SizeIs(64)) << "one a rule";
    std::int64_t times = 0;
    for (const auto& failed : writes.rule_failures) {
        times += failed.times;
        EXPECT_THAT(failed.error, HasSubstr("already, the limit"));
    }
    EXPECT_EQ(times, 100 * (64 * 32 - 16)) << "each time counts";
}

TEST_F(JudgedRows, TheNotesOfOneRowAreBoundedAndWhatHasNoRoomIsCounted)
{
    add_row(200);
    ASSERT_TRUE(judge(batch_, never));
    EXPECT_EQ(note_bytes(batch_), 8 * kMiB);
    EXPECT_THAT(batch_.alerts[127].evaluation.notes, SizeIs(16));
    EXPECT_EQ(batch_.alerts[127].evaluation.note_bytes, 65'536U);
    EXPECT_THAT(batch_.alerts[128].evaluation.notes, IsEmpty());
    EXPECT_EQ(batch_.alerts[128].evaluation.note_bytes, 0U);
    const auto writes = decide(batch_, {}, SIZE_MAX).writes;
    EXPECT_EQ(std::ranges::count(writes.outcome.events, domain::TicketEventKind::commented, &domain::TicketEvent::kind),
              128 * 16);
    EXPECT_THAT(writes.outcome.opened, SizeIs(200)) << "nobody's alert is lost for it";
    std::int64_t times = 0;
    for (const auto& failed : writes.rule_failures) times += failed.times;
    EXPECT_EQ(times, 200 * 64 * 32 - 128 * 16);
    EXPECT_THAT(writes.rule_failures,
                testing::Contains(testing::Field(&ports::RuleFailures::error,
                                                 "note: the notes of alerts that came together have 8388608 bytes "
                                                 "already, the limit")));
}

TEST_F(JudgedRows, AlertsThatFollowOneOfTheirKeyMakeRoomForTheNotesOfThoseThatMayOpenATicket)
{
    add_row(200);
    for (std::size_t i = 0; i < 180; ++i) batch_.alerts[i].alert.dedup_key = "one";
    ASSERT_TRUE(judge(batch_, never));
    EXPECT_THAT(batch_.alerts[0].evaluation.notes, SizeIs(16));
    for (std::size_t i = 180; i < 200; ++i) EXPECT_THAT(batch_.alerts[i].evaluation.notes, SizeIs(16)) << i;
    EXPECT_LE(note_bytes(batch_), 8 * kMiB);
    EXPECT_EQ(note_bytes(batch_), batch_.begun_rows.front().note_bytes);
    const auto writes = decide(batch_, {}, SIZE_MAX).writes;
    EXPECT_EQ(std::ranges::count(writes.outcome.events, domain::TicketEventKind::commented, &domain::TicketEvent::kind),
              21 * 16)
        << "every ticket has its notes";
}

/// 10,000 rules were 240 KB of each alert, of which a row has 2,000.
TEST_F(JudgedRows, TheFirstMatchesOfAnAlertAreRecordedAndAllOfThemAct)
{
    auto rules = rules_for_all(1'000);
    rules.back().actions = {domain::PriorityAction{"P1"}};
    use(std::move(rules));
    add_row(5);
    ASSERT_TRUE(judge(batch_, never));
    for (const auto& each : batch_.alerts) {
        ASSERT_THAT(each.evaluation.matches, SizeIs(256));
        EXPECT_EQ(each.evaluation.matches.capacity(), 256U);
        EXPECT_EQ(each.evaluation.matches.back().rule_id, RuleId(Uuid::from_words(9, 256)));
        EXPECT_EQ(each.evaluation.priority, "P1") << "the last one's";
    }
    EXPECT_EQ(counted(1'000), 5 * 1'000);
}

TEST_F(JudgedRows, AVerdictSaysHowManyMatchesAreNotRecordedAndWhatDroppedTheAlert)
{
    auto rules = rules_for_all(300);
    rules.back().actions = {domain::DropAction{}};
    use(std::move(rules));
    add_row(1);
    ASSERT_TRUE(judge(batch_, never));
    const auto verdict = decide(batch_, {}, SIZE_MAX).writes.outcome.verdicts.front();
    EXPECT_EQ(verdict.disposition, domain::Disposition::dropped);
    ASSERT_THAT(verdict.matches, SizeIs(256));
    EXPECT_EQ(verdict.matches[254].rule_id, RuleId(Uuid::from_words(9, 255)));
    EXPECT_EQ(verdict.matches[255].rule_id, RuleId(Uuid::from_words(9, 300)));
    EXPECT_EQ(verdict.more_matches, 44U);
    EXPECT_EQ(counted(300), 300);
}

TEST_F(JudgedRows, MatchesInShadowModeAreKeptUpToTheSameLimitAndAllCount)
{
    auto rules = rules_for_all(1'000, domain::RuleMode::shadow);
    rules.back().actions = {domain::DropAction{}};
    use(std::move(rules));
    add_row(5);
    ASSERT_TRUE(judge(batch_, never));
    for (const auto& each : batch_.alerts) EXPECT_EQ(each.evaluation.shadows.capacity(), 256U);
    EXPECT_EQ(counted(1'000), 5 * 1'000);
    const auto noise = decide(batch_, {}, SIZE_MAX).writes.noise;
    const auto all = std::ranges::find(noise, domain::NoiseKind::total, &domain::NoiseRow::kind);
    ASSERT_NE(all, noise.end());
    EXPECT_EQ(all->counts.would_drop, 5) << "by the last one";
}

/// So many inhibitions that find every alert on both sides: nothing explains anything.
domain::TenantConfig inhibitions_for_all(std::uint64_t count)
{
    domain::TenantConfig config;
    for (std::uint64_t n = 1; n <= count; ++n) {
        domain::Inhibition inhibition;
        inhibition.id = InhibitionId(Uuid::from_words(8, n));
        inhibition.source.text = inhibition.target.text = "{}";
        config.inhibitions.push_back(inhibition);
    }
    return config;
}

TEST_F(JudgedRows, RowsThatInhibitionsFindOftenAreStoredBeforeMoreAreJudged)
{
    use(inhibitions_for_all(200));
    for (int i = 0; i < 14; ++i) add_row(25);
    ASSERT_FALSE(judge(batch_, never)) << "though time is left";
    EXPECT_EQ(judged_rows(batch_), 10U) << "of 5,000 sides each";
    auto second = room_behind(batch_, 10);
    split(batch_, second);
    EXPECT_EQ(decide(batch_, {}, SIZE_MAX).writes.sources.size(), 50'000);
    EXPECT_TRUE(judge(second, never));
}

TEST_F(JudgedRows, InhibitionsAreAskedWhereTurnsAreCutAndNotWhenTheFoldIsDecided)
{
    use(inhibitions_for_all(200));
    add_row(30);
    int turns = 1;
    while (!judge(batch_, [] { return true; })) ++turns;
    EXPECT_EQ(turns, 30) << "an alert a turn";
    for (const auto& each : batch_.alerts) {
        EXPECT_THAT(each.sides, SizeIs(200));
        EXPECT_LT(each.evaluation.budget.left, domain::AlertBudget::kSteps - 200 * 20);
    }
    EXPECT_EQ(keys_of(batch_).sources.equals.size(), 200);
    int told = 0;
    EXPECT_EQ(decide(batch_, {}, SIZE_MAX, [&] { ++told; }).writes.sources.size(), 6'000);
    EXPECT_GE(told, 60) << "twice an alert: a turn that gets on does not hang";
}

TEST_F(JudgedRows, RowsWithManyUnrecordedMatchesAreStoredBeforeMoreAreJudged)
{
    use(rules_for_all(10'000));
    for (int i = 0; i < 20; ++i) add_row(1);
    ASSERT_FALSE(judge(batch_, never)) << "though time is left";
    EXPECT_EQ(judged_rows(batch_), 11U) << "of 9,744 counted ones each";
    auto second = room_behind(batch_, 11);
    split(batch_, second);
    EXPECT_EQ(counted(10'000), 11 * 10'000) << "of its own rows only";
    EXPECT_TRUE(judge(second, never));
}

TEST_F(JudgedRows, SmallNotesAllHaveRoom)
{
    auto rules = rules_with_notes(1);
    rules.front().actions = {domain::NoteAction{std::string(4'096, 'n')}};
    use(std::move(rules));
    add_row(2'000);
    ASSERT_TRUE(judge(batch_, never));
    EXPECT_EQ(note_bytes(batch_), std::size_t{2'000} * 4'096);
    EXPECT_THAT(decide(batch_, {}, SIZE_MAX).writes.rule_failures, IsEmpty());
}

TEST_F(JudgedRows, RowsThatAreFullOfNotesAreStoredBeforeMoreAreJudged)
{
    add_row(130);
    add_row(10);
    add_row(10);
    ASSERT_FALSE(judge(batch_, never)) << "though time is left";
    EXPECT_EQ(batch_.judged, 131U);
    ASSERT_EQ(judged_rows(batch_), 1U);

    auto second = room_behind(batch_, 1);
    split(batch_, second);
    EXPECT_EQ(note_bytes(batch_), 8 * kMiB);
    EXPECT_EQ(second.judged, 1U);
    EXPECT_EQ(note_bytes(second), 65'536U);
    std::int64_t times = 0;
    for (const auto& failed : decide(batch_, {}, SIZE_MAX).writes.rule_failures) times += failed.times;
    EXPECT_EQ(times, 130 * 64 * 32 - 128 * 16) << "of its own rows only";

    ASSERT_TRUE(judge(second, never));
    EXPECT_EQ(note_bytes(second), std::size_t{20} * 65'536);
    EXPECT_THAT(drop_through(second, 2), SizeIs(1));
    times = 0;
    for (const auto& failed : decide(second, {}, SIZE_MAX).writes.rule_failures) times += failed.times;
    EXPECT_EQ(times, 10 * (64 * 32 - 16));
}

TEST_F(JudgedRows, ARowThatIsFullOfNotesIsJudgedToItsEnd)
{
    add_row(140);
    EXPECT_TRUE(judge(batch_, never));
    EXPECT_EQ(judged_rows(batch_), 1U);
}

TEST_F(JudgedRows, WhatOpensNoTicketKeepsNoNotes)
{
    add_row(10, domain::AlertStatus::resolved);
    add_row(10, domain::AlertStatus::acknowledged);
    ASSERT_TRUE(judge(batch_, never));
    EXPECT_EQ(note_bytes(batch_), 0U);
    EXPECT_EQ(batch_.begun_rows.front().note_bytes, 0U);
}

}  // namespace
}  // namespace winnow::pipeline
