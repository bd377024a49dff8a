#include "winnow/suppression/suppressions.hpp"

#include <gtest/gtest.h>

namespace winnow::suppression {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kNoon{1'800'000'000'000ms};

domain::Alert alert(const std::string& env)
{
    domain::Alert made;
    made.title = "disk full";
    made.source = "db-7";
    made.labels.set("env", env);
    made.details = R"({"used":93})";
    return made;
}

domain::Silence silence(std::uint64_t n, const std::string& matchers, Timestamp from = kNoon,
                        Timestamp until = kNoon + 1h)
{
    domain::Silence made;
    made.id = SilenceId(Uuid::from_words(1, n));
    made.scope.text = matchers;
    made.starts_at = from;
    made.ends_at = until;
    made.comment = "switch upgrade";
    return made;
}

std::optional<domain::Cover> cover_of(const std::vector<domain::Silence>& silences, const domain::Alert& about,
                                      Timestamp now)
{
    domain::TenantConfig config;
    config.silences = silences;
    return Suppressions::compile(config)->covering(about, now);
}

TEST(Silence, CoversFromItsFirstInstantUpToItsLast)
{
    const std::vector silences{silence(1, R"(env="prod")")};
    EXPECT_FALSE(cover_of(silences, alert("prod"), kNoon - 1ms));
    EXPECT_TRUE(cover_of(silences, alert("prod"), kNoon));
    EXPECT_TRUE(cover_of(silences, alert("prod"), kNoon + 1h - 1ms));
    EXPECT_FALSE(cover_of(silences, alert("prod"), kNoon + 1h));
    EXPECT_EQ(state_of(silences[0], kNoon - 1ms), domain::SilenceState::pending);
    EXPECT_EQ(state_of(silences[0], kNoon), domain::SilenceState::active);
    EXPECT_EQ(state_of(silences[0], kNoon + 1h - 1ms), domain::SilenceState::active);
    EXPECT_EQ(state_of(silences[0], kNoon + 1h), domain::SilenceState::expired);
}

TEST(Silence, NamesItselfAndItsEnd)
{
    const auto cover = cover_of({silence(1, R"(env="test")"), silence(2, R"(source=~"db-.*")")}, alert("prod"), kNoon);
    ASSERT_TRUE(cover);
    EXPECT_EQ(cover->cause, (domain::QuietCause{domain::QuietKind::silence, Uuid::from_words(1, 2)}));
    EXPECT_EQ(cover->reason, "silence: switch upgrade");
    EXPECT_EQ(cover->until, kNoon + 1h);
    EXPECT_EQ(cover->source_key, "");
}

TEST(Silence, FindsByEveryMatcherOrNotAtAll)
{
    EXPECT_TRUE(cover_of({silence(1, R"({env="prod", source="db-7"})")}, alert("prod"), kNoon));
    EXPECT_FALSE(cover_of({silence(1, R"({env="prod", source="db-8"})")}, alert("prod"), kNoon));
}

TEST(Silence, OfManyTheOldestThatCoversIsNamedHoweverItIsFound)
{
    std::vector<domain::Silence> silences;
    for (std::uint64_t n = 1; n <= 300; ++n) {
        const auto host = std::to_string(n % 100);
        // By a label, by a field, by what no index helps with; each kind finds hosts of its own.
        silences.push_back(silence(n, n % 3 == 0   ? "host=\"" + host + '"'
                                      : n % 3 == 1 ? "source=\"" + host + "\", host!=\"\""
                                                   : "host=~\"0*" + host + '"'));
    }
    domain::TenantConfig config;
    config.silences = silences;
    const auto compiled = Suppressions::compile(config);
    for (int host = 0; host < 110; ++host) {
        auto about = alert("prod");
        about.source = std::to_string(host);
        about.labels.set("host", std::to_string(host));
        std::optional<Uuid> expected;
        for (const auto& each : silences) {
            if (!expected && Scope::compile(each.scope)->finds(about, kNoon)) expected = each.id.value();
        }
        const auto cover = compiled->covering(about, kNoon);
        ASSERT_EQ(cover.has_value(), expected.has_value()) << host;
        if (cover) EXPECT_EQ(cover->cause.id, *expected) << host;
    }
}

TEST(Silence, MayBeACondition)
{
    auto made = silence(1, R"(details.used > 90 && labels.env == "prod")");
    made.scope.syntax = domain::RuleSyntax::cel;
    EXPECT_TRUE(cover_of({made}, alert("prod"), kNoon));
    EXPECT_FALSE(cover_of({made}, alert("test"), kNoon));
}

TEST(Silence, OfAConditionThatFailsKeepsNobodyFromBeingTold)
{
    auto made = silence(1, "details.absent > 90");
    made.scope.syntax = domain::RuleSyntax::cel;
    EXPECT_FALSE(cover_of({made}, alert("prod"), kNoon));
}

TEST(Silence, ThatDoesNotCompileIsLeftOutAndNamed)
{
    domain::TenantConfig config;
    config.silences = {silence(1, "{env"), silence(2, R"(env="prod")")};
    const auto compiled = Suppressions::compile(config);
    ASSERT_EQ(compiled->broken().size(), 1U);
    const domain::QuietCause named{.kind = domain::QuietKind::silence, .id = config.silences.front().id.value()};
    EXPECT_EQ(compiled->broken().front(), named);
    EXPECT_TRUE(compiled->covering(alert("prod"), kNoon));
}

TEST(Scope, IsNeverEmptyText)
{
    for (const auto* const text : {"", " \t"}) {
        const auto scope = Scope::compile({.text = text, .syntax = domain::RuleSyntax::matchers});
        ASSERT_FALSE(scope);
        EXPECT_EQ(scope.error().message(), "must not be empty; {} means every alert");
    }
}

}  // namespace
}  // namespace winnow::suppression
