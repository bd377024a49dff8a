#include "winnow/audit/chain.hpp"

#include "winnow/audit/export_lines.hpp"
#include "winnow/audit/record.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/crypto/signature.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace winnow::audit {
namespace {

const Uuid kTenant = *Uuid::parse("0199c0de-0000-7000-8000-000000000001");
const Timestamp kAt{std::chrono::milliseconds{1'795'000'000'000}};

/// A link that owns what it says.
struct Stored {
    std::int64_t seq = 0;
    std::string hash;
    std::string record;
    std::optional<std::string> detail;
    std::string salt;

    [[nodiscard]] Link link() const
    {
        Link link{.seq = seq, .hash = hash, .record = record, .detail = std::nullopt, .salt = salt};
        if (detail) link.detail = *detail;
        return link;
    }
};

struct Log {
    std::vector<Anchor> anchors;
    std::vector<Stored> links;
    std::int64_t head = 0;
};

const crypto::SigningKey& signing_key()
{
    static const crypto::SigningKey key(crypto::SigningKey::make());
    return key;
}

Verifier::CheckSignature by_key()
{
    static const crypto::VerifyingKeys keys(signing_key().public_pem());
    return [](std::string_view id, std::string_view text, std::string_view signature) {
        return keys.verify(std::string(id), text, signature);
    };
}

Stored stored(std::int64_t seq, const std::string& previous, const std::string& object)
{
    Stored link{.seq = seq,
                .hash = {},
                .record = {},
                .detail = "{\"name\":\"Zoë \\\"Z\\\"\",\"n\":" + std::to_string(seq) + "}",
                .salt = crypto::sha256(std::to_string(seq)).substr(0, 16)};
    Act act;
    act.actor.id = "user:0199c0de-0000-7000-8000-000000000002";
    act.name = "rule.change";
    act.object = object;
    link.record = record_text(act, kAt, "0199c0de-0000-7000-8000-000000000003",
                              crypto::to_hex(crypto::sha256(link.salt + *link.detail)));
    link.hash = link_hash(crypto::sha256, kTenant, seq, previous, link.record);
    return link;
}

Anchor anchored(const Stored& link)
{
    Anchor anchor{.seq = link.seq,
                  .hash = link.hash,
                  .signed_at = "2026-11-28T06:00:00.000Z",
                  .key_id = signing_key().id(),
                  .signature = {}};
    anchor.signature = signing_key().sign(head_text(kTenant, link.seq, crypto::to_hex(link.hash), anchor.signed_at));
    return anchor;
}

/// `count` records, every tenth of them a signed head.
Log log_of(std::int64_t count)
{
    Log log;
    auto previous = first_previous();
    for (std::int64_t seq = 1; seq <= count; ++seq) {
        log.links.push_back(stored(seq, previous, "rule:" + std::to_string(seq)));
        previous = log.links.back().hash;
        if (seq % 10 == 0) log.anchors.push_back(anchored(log.links.back()));
    }
    log.head = count;
    return log;
}

Verdict verdict_of(const Log& log)
{
    Verifier verifier(kTenant, crypto::sha256, by_key());
    for (const auto& anchor : log.anchors) verifier.add_anchor(anchor);
    for (const auto& link : log.links) verifier.add(link.link());
    return verifier.finish(log.head);
}

TEST(AuditRecord, IsOneSortedObjectWithoutSpaces)
{
    Act act;
    act.actor = {.id = "user:u", .means = "user_key", .request_id = "r-1"};
    act.name = "user.create";
    act.object = "user:o";
    act.result = 201;
    EXPECT_EQ(record_text(act, kAt, "i", "c"),
              R"({"act":"user.create","actor":"user:u","at":1795000000000,"by":"user_key","id":"i","on":"user:o",)"
              R"("req":"r-1","res":201,"v":1,"x":"c"})");
}

TEST(AuditChain, HashesAsThePageSays)
{
    // printf 'winnow-audit/1\0' + 16 bytes of tenant + 8 of seq + 32 of zero + sha256("{}"), by hand.
    std::string text("winnow-audit/1\0", 15);
    text.append(kTenant.bytes().begin(), kTenant.bytes().end());
    text += std::string("\0\0\0\0\0\0\1\2", 8);
    text += std::string(32, '\0');
    text += crypto::sha256("{}");
    EXPECT_EQ(link_hash(crypto::sha256, kTenant, 258, first_previous(), "{}"), crypto::sha256(text));
}

TEST(AuditChain, OneThatIsAsItWasIsGood)
{
    const auto verdict = verdict_of(log_of(57));
    EXPECT_FALSE(verdict.finding);
    EXPECT_EQ(verdict.first, 1);
    EXPECT_EQ(verdict.last, 57);
    EXPECT_EQ(verdict.last_anchored, 50);
    EXPECT_EQ(verdict.anchors, 5);
    EXPECT_FALSE(verdict_of(Log{}).finding) << "nothing was done yet";
}

TEST(AuditChain, RecordsWhoseDetailsWereEmptiedStayGood)
{
    auto log = log_of(20);
    log.links[4].detail.reset();
    log.links[4].salt.clear();
    const auto verdict = verdict_of(log);
    EXPECT_FALSE(verdict.finding);
    EXPECT_EQ(verdict.emptied, 1);
}

TEST(AuditChain, OneThatRetentionHasCutBeginsBehindItsFirstAnchor)
{
    auto log = log_of(35);
    log.links.erase(log.links.begin(), log.links.begin() + 10);
    EXPECT_FALSE(verdict_of(log).finding);
    EXPECT_EQ(verdict_of(log).first, 11);
    log.links.erase(log.links.begin());
    ASSERT_TRUE(verdict_of(log).finding);
    EXPECT_EQ(verdict_of(log).finding->seq, 1) << "no head was signed there";
    auto all_gone = log_of(10);
    all_gone.links.clear();
    EXPECT_FALSE(verdict_of(all_gone).finding);
}

TEST(AuditChain, AnAnchorByAnotherKeyIsForged)
{
    auto log = log_of(20);
    const crypto::SigningKey other(crypto::SigningKey::make());
    auto& anchor = log.anchors.front();
    anchor.signature = other.sign(head_text(kTenant, 10, crypto::to_hex(anchor.hash), anchor.signed_at));
    EXPECT_EQ(verdict_of(log).finding->fault, Fault::forged_anchor);
    anchor.key_id = other.id();
    EXPECT_EQ(verdict_of(log).finding->fault, Fault::forged_anchor);
}

TEST(AuditChain, WhoRewritesEverythingButCannotSignIsFoundByTheAnchors)
{
    auto log = log_of(40);
    auto previous = log.links[22].hash;
    for (std::int64_t seq = 24; seq <= 40; ++seq) {
        auto& link = log.links[static_cast<std::size_t>(seq - 1)];
        link = stored(seq, previous, seq == 24 ? "rule:another" : "rule:" + std::to_string(seq));
        previous = link.hash;
    }
    const auto finding = verdict_of(log).finding;
    ASSERT_TRUE(finding);
    EXPECT_EQ(finding->fault, Fault::changed);
    EXPECT_EQ(finding->seq, 21);
    EXPECT_EQ(finding->until, 30);
}

/// What somebody who can write the table, or the file, may do; what must be found of it.
struct Tampering {
    Fault fault = Fault::changed;
    std::int64_t seq = 0;
};

using Dice = std::mt19937_64;

std::size_t roll(Dice& dice, std::size_t least, std::size_t most)
{
    return std::uniform_int_distribution<std::size_t>(least, most)(dice);
}

Tampering change(Log& log, Dice& dice)
{
    auto& link = log.links[roll(dice, 0, log.links.size() - 1)];
    auto& text = std::array{&link.record, &link.hash, &link.salt, &*link.detail}[roll(dice, 0, 3)][0];
    auto& byte = text[roll(dice, 0, text.size() - 1)];
    byte = static_cast<char>(static_cast<unsigned char>(byte) ^ (1U << roll(dice, 0, 6)));
    return {.fault = Fault::changed, .seq = link.seq};
}

Tampering remove(Log& log, Dice& dice)
{
    const auto first = roll(dice, 0, log.links.size() - 2);
    const auto count = roll(dice, 1, std::min<std::size_t>(3, log.links.size() - 1 - first));
    log.links.erase(log.links.begin() + static_cast<std::ptrdiff_t>(first),
                    log.links.begin() + static_cast<std::ptrdiff_t>(first + count));
    return {.fault = Fault::missing, .seq = static_cast<std::int64_t>(first + 1)};
}

Tampering insert(Log& log, Dice& dice)
{
    const auto at = roll(dice, 0, log.links.size() - 1);
    const auto seq = log.links[at].seq;
    const auto previous = at == 0 ? first_previous() : log.links[at - 1].hash;
    auto forged = stored(seq, previous, "rule:forged");  // it fits to what is before it
    if (roll(dice, 0, 1) == 0) forged.hash = crypto::sha256("does not");
    const bool renumbers = roll(dice, 0, 1) == 0;
    log.links.insert(log.links.begin() + static_cast<std::ptrdiff_t>(at), std::move(forged));
    if (!renumbers) return {.fault = Fault::inserted, .seq = seq};
    for (auto i = at + 1; i < log.links.size(); ++i) ++log.links[i].seq;
    log.head += 1;
    return {.fault = Fault::inserted, .seq = -seq};  // the one that fits may pass, and the next is what is found
}

Tampering reorder(Log& log, Dice& dice)
{
    const auto a = roll(dice, 0, log.links.size() - 2);
    const auto b = roll(dice, a + 1, log.links.size() - 1);
    if (roll(dice, 0, 1) == 0) {
        std::swap(log.links[a], log.links[b]);
        return {.fault = Fault::reordered, .seq = static_cast<std::int64_t>(a + 1)};
    }
    std::swap(log.links[a].record, log.links[b].record);  // and their numbers and hashes stay
    return {.fault = Fault::changed, .seq = static_cast<std::int64_t>(a + 1)};
}

Tampering cut(Log& log, Dice& dice)
{
    const auto left = roll(dice, 1, 29);  // 30 is signed
    log.links.resize(left);
    log.head = static_cast<std::int64_t>(left);  // that can be written, too
    return {.fault = Fault::cut, .seq = static_cast<std::int64_t>(left + 1)};
}

TEST(AuditChain, TenThousandTamperingsAreAllFoundWithTheFirstBadNumber)
{
    const auto good = log_of(37);
    constexpr std::array kWays{change, remove, insert, reorder, cut};
    Dice dice(20'261'128);
    for (int i = 0; i < 10'000; ++i) {
        auto log = good;
        const auto done = kWays.at(static_cast<std::size_t>(i) % kWays.size())(log, dice);
        const auto verdict = verdict_of(log);
        ASSERT_TRUE(verdict.finding) << i << ": " << to_string(done.fault) << " at " << done.seq;
        if (done.seq < 0) {
            EXPECT_GE(verdict.finding->seq, -done.seq) << i;
            EXPECT_LE(verdict.finding->seq, -done.seq + 1) << i;
            continue;
        }
        EXPECT_EQ(verdict.finding->seq, done.seq) << i << ": " << to_string(done.fault);
        EXPECT_EQ(to_string(verdict.finding->fault), to_string(done.fault)) << i << " at " << done.seq;
    }
}

std::string text_of(const Log& log)
{
    auto text = first_line(kTenant, log.head);
    for (const auto& anchor : log.anchors) text += anchor_line(anchor);
    for (const auto& link : log.links) text += link_line(link.link());
    return text;
}

Result<Verdict> read(const std::string& text)
{
    ExportReader reader(crypto::sha256, by_key());
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (const auto taken = reader.read(line); !taken) return taken.error();
    }
    return reader.finish();
}

TEST(AuditExport, IsReadAsItWasWritten)
{
    auto log = log_of(30);
    log.links[3].detail = std::nullopt;
    const auto verdict = read(text_of(log));
    ASSERT_TRUE(verdict);
    EXPECT_FALSE(verdict->finding);
    EXPECT_EQ(verdict->last, 30);
    EXPECT_EQ(verdict->emptied, 1);
    EXPECT_EQ(verdict->last_anchored, 30);
}

TEST(AuditExport, EveryByteThatIsChangedIsFound)
{
    const auto good = text_of(log_of(3));
    const auto first = good.find('\n') + 1;
    for (auto i = first; i < good.size(); ++i) {
        auto text = good;
        text[i] = static_cast<char>(static_cast<unsigned char>(text[i]) ^ 1U);
        const auto verdict = read(text);
        ASSERT_TRUE(verdict) << i;
        EXPECT_TRUE(verdict->finding) << i << ": " << text.substr(i - std::min<std::size_t>(i, 20), 40);
    }
}

TEST(AuditExport, WhatIsNoneIsRefused)
{
    EXPECT_EQ(read("").error().code(), ErrorCode::invalid_argument);
    EXPECT_EQ(read("{\"export\":\"something\"}\n").error().code(), ErrorCode::invalid_argument);
}

TEST(AuditExport, ALineThatCannotBeReadIsTheFirstBadOne)
{
    auto text = text_of(log_of(5));
    text.erase(text.rfind("{\"seq\":3"), 1);
    const auto verdict = read(text);
    ASSERT_TRUE(verdict && verdict->finding);
    EXPECT_EQ(verdict->finding->seq, 3);
}

}  // namespace
}  // namespace winnow::audit
