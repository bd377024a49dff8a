#include "winnow/journal/codec.hpp"

#include <gtest/gtest.h>

#include <zstd.h>

#include <optional>
#include <random>
#include <string>
#include <vector>

namespace winnow::journal {

namespace {

using domain::Disposition;
using domain::TicketEffect;
using domain::Verdict;
using Verdicts = std::vector<std::optional<Verdict>>;

Verdicts some_verdicts(std::size_t count, unsigned seed)
{
    std::mt19937_64 random(seed);
    std::vector<domain::RuleMatch> rules(90);
    for (auto& rule : rules) {
        rule = {RuleId(Uuid::from_words(random(), random())), static_cast<std::int64_t>(random() % 40)};
    }
    Verdicts verdicts(count);
    for (auto& verdict : verdicts) {
        if (random() % 7 == 0) continue;
        verdict.emplace();
        verdict->disposition = static_cast<Disposition>(random() % 9);
        verdict->effect = static_cast<TicketEffect>(random() % 7);
        if (random() % 3 != 0) verdict->ticket_id = TicketId(Uuid::from_words(random(), random()));
        if (random() % 4 == 0) {
            verdict->over_budget = {static_cast<domain::JudgeKind>(random() % 4), Uuid::from_words(random(), random())};
        }
        for (auto n = random() % 4; n > 0; --n) verdict->matches.push_back(rules[random() % rules.size()]);
        const bool covered =
            verdict->disposition == Disposition::silenced || verdict->disposition == Disposition::inhibited;
        if (covered && random() % 5 != 0) {
            verdict->quieted_by = {static_cast<domain::QuietKind>(random() % 3), Uuid::from_words(random(), random())};
        }
        if (verdict->disposition == Disposition::held && random() % 5 != 0) {
            verdict->held_by = domain::Held{.kind = static_cast<domain::HoldKind>(random() % 3),
                                            .rule_id = RuleId(Uuid::from_words(random(), random())),
                                            .count = static_cast<std::int32_t>(random() % 1'001),
                                            .needed = static_cast<std::int32_t>(random() % 1'001)};
            if (random() % 2 == 0) verdict->held_by->until = Timestamp(std::chrono::milliseconds{1 + random()});
        }
        if (random() % 5 == 0) verdict->more_matches = random() % 10'000;
        verdict->dedup_key = std::string(random() % 300, static_cast<char>('a' + random() % 26));
    }
    return verdicts;
}

}  // namespace

TEST(RowCodec, RoundTripsAnyText)
{
    for (const auto& lines : {std::string(), std::string("\n"), std::string("{}\n\n{\"title\":\"x\"}\n"),
                              std::string(3'000'000, 'x'), std::string("a\0b\n", 4)}) {
        const auto decoded = decode_rows(encode_rows(lines));
        ASSERT_TRUE(decoded.has_value());
        EXPECT_EQ(*decoded, lines);
    }
}

TEST(RowCodec, RefusesMoreThanTheBound)
{
    const auto payload = encode_rows(std::string(1'000, 'x'));
    EXPECT_TRUE(decode_rows(payload, 1'000).has_value());
    const auto refused = decode_rows(payload, 999);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code(), ErrorCode::internal);
}

TEST(RowCodec, NoticesEverySingleDamagedByte)
{
    const auto payload = encode_rows("{\"title\":\"disk full\",\"source\":\"db-7\"}\n{\"title\":\"disk full\"}\n");
    for (std::size_t at = 0; at < payload.size(); ++at) {
        for (const auto bit : {0x01, 0x80}) {
            auto damaged = payload;
            damaged[at] = static_cast<char>(damaged[at] ^ bit);
            const auto decoded = decode_rows(damaged, 1U << 20U);
            // A frame header has spare bits; what it decodes to is the same then.
            if (decoded) EXPECT_EQ(*decoded, *decode_rows(payload)) << at;
        }
        EXPECT_FALSE(decode_rows(payload.substr(0, at)).has_value()) << at;
    }
    EXPECT_FALSE(decode_rows(payload + "x").has_value());
    EXPECT_FALSE(decode_rows(payload + payload).has_value());
}

TEST(RowCodec, RefusesAFrameThatDoesNotSayItsSize)
{
    std::string payload(200, '\0');
    ZSTD_CCtx* context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
    payload.resize(ZSTD_compress2(context, payload.data(), payload.size(), "abc", 3));
    ZSTD_freeCCtx(context);
    EXPECT_FALSE(decode_rows(payload).has_value());
}

TEST(RowCodec, StillReadsAFrameOfItsFirstDay)
{
    const std::string first_day("\x28\xb5\x2f\xfd\x24\x0e\x71\x00\x00{\"title\":\"x\"}\n\xc0\xd1\xbc\xa8", 27);
    const auto decoded = decode_rows(first_day);
    ASSERT_TRUE(decoded.has_value());
    EXPECT_EQ(*decoded, "{\"title\":\"x\"}\n");
}

TEST(VerdictCodec, RoundTripsAnyVerdicts)
{
    for (const std::size_t count : {0U, 1U, 2U, 3U, 64U, 1'000U, 16'384U}) {
        const auto verdicts = some_verdicts(count, static_cast<unsigned>(count));
        const auto decoded = decode_verdicts(encode_verdicts(verdicts));
        ASSERT_TRUE(decoded.has_value()) << count;
        EXPECT_EQ(*decoded, verdicts) << count;
    }
}

TEST(VerdictCodec, KeepsEveryWord)
{
    for (int disposition = 0; disposition < 9; ++disposition) {
        for (int effect = 0; effect < 7; ++effect) {
            Verdict verdict;
            verdict.disposition = static_cast<Disposition>(disposition);
            verdict.effect = static_cast<TicketEffect>(effect);
            const auto decoded = decode_verdicts(encode_verdicts({verdict}));
            ASSERT_TRUE(decoded.has_value());
            EXPECT_EQ(*decoded, Verdicts{verdict});
        }
    }
}

TEST(VerdictCodec, NoticesDamageInBothForms)
{
    for (const std::size_t count : {2U, 40U}) {
        const auto verdicts = some_verdicts(count, 5);
        const auto payload = encode_verdicts(verdicts);
        EXPECT_EQ(payload.front(), count == 2 ? payload.front() : 2);
        for (std::size_t at = 0; at < payload.size(); ++at) {
            auto damaged = payload;
            damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
            const auto decoded = decode_verdicts(damaged);
            if (decoded) EXPECT_EQ(*decoded, verdicts) << at;
            EXPECT_FALSE(decode_verdicts(payload.substr(0, at)).has_value()) << at;
        }
        EXPECT_FALSE(decode_verdicts(payload + "x").has_value());
    }
}

TEST(VerdictCodec, RefusesWhatIsNotItsOwn)
{
    for (const std::string& payload : {std::string(), std::string("\0", 1), std::string("\x07xxxxxxxx"),
                                       std::string("\x01"), std::string("\x02"), std::string("\x01\xff\xff\xff\xff")}) {
        const auto decoded = decode_verdicts(payload);
        ASSERT_FALSE(decoded.has_value());
        EXPECT_EQ(decoded.error().code(), ErrorCode::internal);
    }
}

TEST(VerdictCodec, HowManyMoreMatchedStandsInTheTableOfRulesWhereOlderProgramsReadIt)
{
    Verdict verdict;
    verdict.disposition = Disposition::dropped;
    verdict.matches = {{RuleId(Uuid::from_words(1, 2)), 3}};
    verdict.more_matches = 300;
    verdict.dedup_key = "k";
    // 2 rules: id, 3; nil, 300 | 1 verdict: dropped, none, 2 matches: 0, 1, "k"
    const std::string bytes(
        "\x02\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x02\x03\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xac\x02\x01\x02\0\x02\0\x01\x01k",
        44);
    const auto payload = encode_verdicts({verdict});
    EXPECT_EQ(payload.substr(1, bytes.size()), bytes);
    const auto decoded = decode_verdicts(payload);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->front(), verdict);
}

TEST(VerdictCodec, StillReadsThePlainFormOfItsFirstDay)
{
    Verdict verdict;
    verdict.disposition = Disposition::dropped;
    verdict.matches = {{RuleId(Uuid::from_words(1, 2)), 300}};
    verdict.dedup_key = "k";
    // version | 1 rule: id, 300 | 2 verdicts: dropped, none, 1 match: 0, "k"; gap | check sum
    std::string bytes("\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x02\xac\x02\x02\x02\0\x01\0\x01k\0", 27);
    const auto payload = encode_verdicts({verdict, std::nullopt});
    EXPECT_EQ(payload.substr(1, bytes.size()), bytes);
    EXPECT_EQ(payload.front(), 1);
    EXPECT_EQ(payload.size(), 1 + bytes.size() + 4);
}

}  // namespace winnow::journal
