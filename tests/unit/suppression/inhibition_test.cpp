#include "winnow/suppression/inhibition.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace winnow::suppression {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr Timestamp kNoon{1'800'000'000'000ms};
using Pairs = std::vector<std::pair<std::string, std::string>>;

domain::Alert alert(const std::string& key, const Pairs& labels,
                    domain::AlertStatus status = domain::AlertStatus::firing)
{
    domain::Alert made;
    made.title = "trouble";
    made.dedup_key = key;
    made.status = status;
    for (const auto& [name, value] : labels) made.labels.set(name, value);
    return made;
}

domain::Alert resolved(const std::string& key, const Pairs& labels)
{
    return alert(key, labels, domain::AlertStatus::resolved);
}

domain::Inhibition inhibition(const std::string& source, const std::string& target,
                              const std::vector<std::string>& equal, std::uint64_t n = 1)
{
    domain::Inhibition made;
    made.id = InhibitionId(Uuid::from_words(1, n));
    made.name = "rule " + std::to_string(n);
    made.source.text = source;
    made.target.text = target;
    made.equal = equal;
    return made;
}

/// Batches against what a store would keep, where everything that was not resolved still fires.
struct Inhibitions : testing::Test {
    std::shared_ptr<const Suppressions> compiled;
    std::vector<domain::InhibitionSource> stored;

    void rules(std::vector<domain::Inhibition> inhibitions)
    {
        domain::TenantConfig config;
        config.inhibitions = std::move(inhibitions);
        compiled = Suppressions::compile(config);
    }

    /// Which of the alerts are kept quiet, by their place.
    std::vector<std::size_t> take(const std::vector<domain::Alert>& batch)
    {
        SourceKeys keys(*compiled);
        for (const auto& each : batch) keys.add(each, kNoon);
        Inhibitor inhibitor(*compiled, loaded(std::move(keys).take()));
        std::vector<std::size_t> quiet;
        for (std::size_t i = 0; i < batch.size(); ++i) {
            if (inhibitor.take(batch[i], kNoon)) quiet.push_back(i);
        }
        for (auto& change : std::move(inhibitor).changes()) {
            std::erase_if(stored,
                          [&](const auto& s) { return s.inhibition == change.inhibition && s.key == change.key; });
            if (change.firing) stored.push_back(change);
        }
        for (const auto& each : batch) {
            if (each.status != domain::AlertStatus::resolved) continue;
            std::erase_if(stored, [&](const auto& source) { return source.key == source_key(each); });
        }
        return quiet;
    }

    std::vector<domain::InhibitionSource> loaded(const domain::InhibitionSourceKeys& keys) const
    {
        std::vector<domain::InhibitionSource> found;
        for (const auto& source : stored) {
            const std::pair wanted(source.inhibition, source.equal);
            if (std::ranges::count(keys.equals, wanted) + std::ranges::count(keys.keys, source.key) > 0) {
                found.push_back(source);
            }
        }
        return found;
    }
};

TEST_F(Inhibitions, ATargetIsKeptQuietWhileASourceWithTheSameLabelsFires)
{
    rules({inhibition(R"(severity="critical")", R"(severity="warning")", {"host"})});
    EXPECT_THAT(take({alert("w1", {{"severity", "warning"}, {"host", "a"}})}), IsEmpty()) << "nothing explains it yet";
    EXPECT_THAT(take({alert("c", {{"severity", "critical"}, {"host", "a"}})}), IsEmpty());
    EXPECT_THAT(take({alert("w1", {{"severity", "warning"}, {"host", "a"}}),
                      alert("w2", {{"severity", "warning"}, {"host", "b"}}),
                      alert("x", {{"severity", "info"}, {"host", "a"}})}),
                ElementsAre(0U));
    EXPECT_THAT(take({resolved("c", {{"severity", "critical"}, {"host", "a"}})}), IsEmpty());
    EXPECT_THAT(take({alert("w1", {{"severity", "warning"}, {"host", "a"}})}), IsEmpty());
}

TEST_F(Inhibitions, OrderCountsWithinABatch)
{
    rules({inhibition(R"(severity="critical")", R"(severity="warning")", {})});
    const auto source = alert("c", {{"severity", "critical"}});
    const auto target = alert("w", {{"severity", "warning"}});
    EXPECT_THAT(take({target, source, target, resolved("c", {{"severity", "critical"}}), target}), ElementsAre(2U));
    EXPECT_THAT(stored, IsEmpty());
}

TEST_F(Inhibitions, LabelsThatBothLackAreEqual)
{
    rules({inhibition(R"(s="1")", R"(t="1")", {"cluster", "host"})});
    take({alert("s", {{"s", "1"}, {"host", "a"}})});
    EXPECT_THAT(take({alert("t", {{"t", "1"}, {"host", "a"}})}), ElementsAre(0U));
    EXPECT_THAT(take({alert("t", {{"t", "1"}, {"host", "a"}, {"cluster", "x"}})}), IsEmpty());
}

TEST_F(Inhibitions, EqualValuesCannotBeMistakenForOneAnother)
{
    rules({inhibition(R"(s="1")", R"(t="1")", {"a", "b"})});
    take({alert("s", {{"s", "1"}, {"a", "x;1:y"}})});
    EXPECT_THAT(take({alert("t", {{"t", "1"}, {"a", "x"}, {"b", "y"}})}), IsEmpty());
}

TEST_F(Inhibitions, LongValuesAreEqualWhereTheyAreTheSameToTheirLastByte)
{
    rules({inhibition(R"(s="1")", R"(t="1")", {"a", "b"})});
    const std::string text(4'096, 'x');
    take({alert("s", {{"s", "1"}, {"a", text}, {"b", text + "1"}})});
    ASSERT_THAT(stored, SizeIs(1));
    EXPECT_LE(stored[0].equal.size(), 256U);
    EXPECT_THAT(take({alert("t1", {{"t", "1"}, {"a", text}, {"b", text + "1"}}),
                      alert("t2", {{"t", "1"}, {"a", text}, {"b", text + "2"}}),
                      alert("t3", {{"t", "1"}, {"a", text + "1"}, {"b", text}}),
                      alert("t4", {{"t", "1"}, {"a", text + ";" + text + "1"}}),
                      alert("t5", {{"t", "1"}, {"a", stored[0].equal}}), alert("t6", {{"t", "1"}})}),
                ElementsAre(0U));
    take({resolved("s", {})});
    EXPECT_THAT(take({alert("t1", {{"t", "1"}, {"a", text}, {"b", text + "1"}})}), IsEmpty());
}

TEST_F(Inhibitions, WhatAnEarlierVersionStoredOfLongValuesExplainsNothingUntilItsSourceFiresAgain)
{
    rules({inhibition(R"(s="1")", R"(t="1")", {"a"})});
    const std::string text(4'096, 'x');
    const auto source = alert("s", {{"s", "1"}, {"a", text}});
    const auto target = alert("t", {{"t", "1"}, {"a", text}});
    take({source});
    ASSERT_THAT(stored, SizeIs(1));
    stored[0].equal = "4096:" + text + ";";
    EXPECT_THAT(take({target}), IsEmpty()) << "better a page too many";
    EXPECT_THAT(take({source, target}), ElementsAre(1U));
    EXPECT_THAT(take({target}), ElementsAre(0U));
    ASSERT_THAT(stored, SizeIs(1));
    EXPECT_LE(stored[0].equal.size(), 256U);
}

// The two-sided cases of Alertmanager's own TestInhibitRuleHasEqual and TestInhibitRuleMatches.
TEST_F(Inhibitions, NoAlertInhibitsItself)
{
    rules({inhibition(R"(s="1")", R"(t="1")", {"e"})});
    const auto both = alert("both", {{"s", "1"}, {"t", "1"}, {"e", "1"}});
    EXPECT_THAT(take({both}), IsEmpty());
    EXPECT_THAT(take({both}), IsEmpty()) << "nor once it is known";
}

TEST_F(Inhibitions, TwoAlertsThatBothSidesFindDoNotInhibitEachOther)
{
    rules({inhibition(R"(s="1")", R"(t="1")", {"e"})});
    take({alert("one", {{"s", "1"}, {"t", "1"}, {"e", "1"}})});
    EXPECT_THAT(take({alert("two", {{"s", "1"}, {"t", "1"}, {"e", "1"}})}), IsEmpty());
    EXPECT_THAT(take({alert("three", {{"t", "1"}, {"e", "1"}})}), ElementsAre(0U))
        << "one that only the target side finds is inhibited by them";
}

TEST_F(Inhibitions, AnAlertThatBothSidesFindIsInhibitedByAPureSource)
{
    rules({inhibition(R"(s="1")", R"(t="1")", {"e"})});
    take({alert("pure", {{"s", "1"}, {"e", "1"}})});
    EXPECT_THAT(take({alert("both", {{"s", "1"}, {"t", "1"}, {"e", "1"}})}), ElementsAre(0U));
}

TEST_F(Inhibitions, AnyOfSeveralSourcesIsEnough)
{
    rules({inhibition(R"(s="1")", R"(t="1")", {})});
    take({alert("s1", {{"s", "1"}}), alert("s2", {{"s", "1"}})});
    take({resolved("s1", {})});
    EXPECT_THAT(take({alert("t", {{"t", "1"}})}), ElementsAre(0U));
    take({resolved("s2", {})});
    EXPECT_THAT(take({alert("t", {{"t", "1"}})}), IsEmpty());
}

TEST_F(Inhibitions, ASourceThatChangesItsLabelsIsKnownByTheNewOnes)
{
    rules({inhibition(R"(severity="critical")", R"(t="1")", {"host"})});
    take({alert("s", {{"severity", "critical"}, {"host", "a"}})});
    take({alert("s", {{"severity", "critical"}, {"host", "b"}})});
    EXPECT_THAT(take({alert("t", {{"t", "1"}, {"host", "a"}})}), IsEmpty());
    EXPECT_THAT(take({alert("t", {{"t", "1"}, {"host", "b"}})}), ElementsAre(0U));
    EXPECT_THAT(take({alert("s", {{"severity", "warning"}, {"host", "b"}}), alert("t", {{"t", "1"}, {"host", "b"}})}),
                IsEmpty())
        << "and is none any more when the source side stops finding it";
    EXPECT_THAT(stored, IsEmpty());
}

TEST_F(Inhibitions, InstancesOfOneTicketAreSourcesOfTheirOwn)
{
    rules({inhibition(R"(s="1")", R"(t="1")", {"host"})});
    auto one = alert("ticket", {{"s", "1"}, {"host", "a"}});
    auto two = alert("ticket", {{"s", "1"}, {"host", "b"}});
    one.instance_key = "i1";
    two.instance_key = "i2";
    take({one, two});
    one.status = domain::AlertStatus::resolved;
    take({one});
    EXPECT_THAT(take({alert("t", {{"t", "1"}, {"host", "a"}})}), IsEmpty());
    EXPECT_THAT(take({alert("t", {{"t", "1"}, {"host", "b"}})}), ElementsAre(0U));
}

TEST_F(Inhibitions, TheCoverNamesInhibitionAndSource)
{
    rules({inhibition(R"(s="1")", R"(t="2")", {}, 1), inhibition(R"(s="1")", R"(t="1")", {}, 2)});
    Inhibitor inhibitor(*compiled, {});
    inhibitor.take(alert("src", {{"s", "1"}}), kNoon);
    const auto cover = inhibitor.take(alert("t", {{"t", "1"}}), kNoon);
    ASSERT_TRUE(cover);
    EXPECT_EQ(cover->cause, (domain::QuietCause{domain::QuietKind::inhibition, Uuid::from_words(1, 2)}));
    EXPECT_EQ(cover->source_key, "ksrc");
    EXPECT_EQ(cover->reason, "inhibition: rule 2");
    EXPECT_FALSE(cover->until);
    EXPECT_TRUE(inhibitor.covering(alert("t", {{"t", "1"}}), kNoon));
    EXPECT_FALSE(inhibitor.covering(alert("t", {{"t", "3"}}), kNoon));
    EXPECT_THAT(std::move(inhibitor).changes(), SizeIs(2)) << "one for each inhibition that it is a source of";
}

TEST_F(Inhibitions, AreOutOfForceWhileDisabled)
{
    auto off = inhibition(R"(s="1")", R"(t="1")", {});
    off.enabled = false;
    rules({off});
    EXPECT_THAT(compiled->inhibitions(), IsEmpty());
    SourceKeys keys(*compiled);
    keys.add(alert("t", {{"t", "1"}}), kNoon);
    EXPECT_TRUE(std::move(keys).take().empty()) << "nothing is asked of the store";
}

TEST_F(Inhibitions, AcknowledgementsChangeNothing)
{
    rules({inhibition(R"(s="1")", R"(t="1")", {})});
    take({alert("s", {{"s", "1"}}, domain::AlertStatus::acknowledged)});
    EXPECT_THAT(stored, IsEmpty());
}

}  // namespace
}  // namespace winnow::suppression
