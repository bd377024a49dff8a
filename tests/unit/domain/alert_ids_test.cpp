#include "winnow/domain/alert_ids.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace winnow::domain {
namespace {

constexpr AlertIds::Root kRoot{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
constexpr std::int64_t kMs = 1'795'413'600'123;
const auto kOurs = *TenantId::parse("0199c0de-0000-7000-8000-00000000000a");
const auto kTheirs = *TenantId::parse("0199c0de-0000-7000-8000-00000000000b");

AlertPosition at(std::int64_t ms, StreamId stream, std::uint64_t seq, std::uint16_t index = 0)
{
    return {.row = {.received_at = Timestamp(std::chrono::milliseconds(ms)), .stream = stream, .seq = seq},
            .index = index};
}

/// The bits that would hold stream and sequence.
std::uint64_t hidden(AlertId id)
{
    return (id.value().high() & 0xFFFU) << 46U | (id.value().low() >> 16U & ((std::uint64_t{1} << 46U) - 1));
}

class MaskedIds : public testing::Test {
protected:
    const AlertIds all_{kRoot};
    const TenantIds ours_ = all_.of(kOurs);
    const TenantIds theirs_ = all_.of(kTheirs);
};

TEST_F(MaskedIds, LeadToTheirPositionOverTheWholeBitRanges)
{
    std::mt19937_64 random(4);
    for (int i = 0; i < 20'000; ++i) {
        const auto position =
            at(static_cast<std::int64_t>(random() >> 16U), kFirstMaskedStream | (random() & (kFirstMaskedStream - 1)),
               random() & kMaxSeq, static_cast<std::uint16_t>(random() & kMaxIndex));
        const auto id = ours_.alert(position);
        ASSERT_EQ(ours_.position(id), position);
        ASSERT_EQ(id.str()[14], '8') << "a UUID of version 8";
        ASSERT_EQ(received_at_of(id), position.row.received_at);
        ASSERT_EQ(opener_of(ours_.ticket(position)), id);
        ASSERT_EQ(ours_.position(AlertId(ours_.ticket(position).value())), std::nullopt) << "a ticket is no alert";
    }
}

TEST_F(MaskedIds, AreTheSameOnEveryNodeAndAtEachStart)
{
    EXPECT_EQ(AlertIds(kRoot).of(kOurs).alert(at(kMs, kFirstMaskedStream + 3, 77, 5)),
              ours_.alert(at(kMs, kFirstMaskedStream + 3, 77, 5)));
    // As docs/decisions/masked-ids.md and `openssl enc -aes-128-ecb` make it: another function would make ids that were
    // told before unknown.
    EXPECT_EQ(ours_.alert(at(kMs, kFirstMaskedStream + 3, 77, 5)).str(), "01a206fd-677b-8f9b-aeff-2bff747f0016");
}

/// A thread keeps what it made of the key that it used last.
TEST_F(MaskedIds, AreTheSameWhateverKeyAThreadUsedBefore)
{
    const auto position = at(kMs, kFirstMaskedStream + 3, 77, 5);
    const auto id = ours_.alert(position);
    const auto of_another_root = AlertIds({7}).of(kOurs).alert(position);
    EXPECT_NE(of_another_root, id);
    EXPECT_EQ(ours_.alert(position), id);
    EXPECT_EQ(AlertIds({7}).of(kOurs).alert(position), of_another_root);
    std::vector<std::jthread> threads;
    std::array<AlertId, 4> told;
    for (auto& each : told) {
        threads.emplace_back([&each, &position, this] { each = ours_.alert(position); });
    }
    threads.clear();
    EXPECT_THAT(told, testing::Each(id));
}

TEST_F(MaskedIds, OfStreamsFromBeforeStayAsTheyWereTold)
{
    const auto position = at(kMs, kFirstMaskedStream - 1, 77, 5);
    EXPECT_EQ(ours_.alert(position), alert_id_at(position));
    EXPECT_EQ(ours_.ticket(position), ticket_id_at(position));
    EXPECT_EQ(ours_.position(alert_id_at(position)), position);
    EXPECT_EQ(ours_.receipt(ReceiptId{position, 9}.str()), (ReceiptId{position, 9}));
}

TEST_F(MaskedIds, CannotBePassedByThoseThatAreNotMasked)
{
    const auto position = at(kMs, kFirstMaskedStream + 3, 77, 5);
    EXPECT_EQ(ours_.position(alert_id_at(position)), std::nullopt)
        << "who may try them finds the place of his own alert, and counts others' by it";
    EXPECT_EQ(ours_.receipt(ReceiptId{position, 1}.str()), std::nullopt);
}

TEST_F(MaskedIds, OfOneTenantLeadNowhereForAnother)
{
    int found = 0;
    for (std::uint64_t seq = 1; seq <= 1'000; ++seq) {
        const auto position = at(kMs, kFirstMaskedStream + 3, seq);
        const auto theirs = theirs_.position(ours_.alert(position));
        found += theirs == position ? 1 : 0;
        EXPECT_NE(ours_.alert(position), theirs_.alert(position));
    }
    EXPECT_EQ(found, 0);
}

/// A tenant sends alternately, and in between others send nothing, one, or a thousand rows: its own ids must not tell.
TEST_F(MaskedIds, TellNothingOfHowMuchOthersSendBetweenThem)
{
    std::mt19937 random(7);
    for (const std::uint64_t others : {0U, 1U, 1'000U}) {
        int grows = 0;
        std::array<int, 58> flips{};
        constexpr int kPairs = 4'000;
        for (int i = 0; i < kPairs; ++i) {
            const auto seq = std::uint64_t{1} + static_cast<std::uint64_t>(i) * (others + 1);
            const auto ms = kMs + (i / 4);  // some within one millisecond
            const auto first = hidden(ours_.alert(at(ms, kFirstMaskedStream + 3, seq)));
            const auto second = hidden(ours_.alert(at(ms, kFirstMaskedStream + 3, seq + others + 1)));
            grows += second > first ? 1 : 0;
            for (std::size_t bit = 0; bit < flips.size(); ++bit) {
                flips.at(bit) += static_cast<int>((first ^ second) >> bit & 1U);
            }
        }
        // Half of them; ten standard deviations are 316.
        EXPECT_NEAR(grows, kPairs / 2, 316) << others;
        for (const auto flipped : flips) EXPECT_NEAR(flipped, kPairs / 2, 316) << others;
    }
}

TEST_F(MaskedIds, DifferInOneMillisecondForEveryRowAndInEachForOne)
{
    std::set<std::uint64_t> seen;
    for (std::uint64_t seq = 0; seq < 20'000; ++seq) {
        seen.insert(hidden(ours_.alert(at(kMs, kFirstMaskedStream + 3, seq))));
    }
    EXPECT_EQ(seen.size(), 20'000U) << "a permutation";
    seen.clear();
    for (int ms = 0; ms < 20'000; ++ms) {
        seen.insert(hidden(ours_.alert(at(kMs + ms, kFirstMaskedStream + 3, 1))));
    }
    EXPECT_GT(seen.size(), 19'990U) << "another one each millisecond";
}

TEST_F(MaskedIds, OfOneRowCountOn)
{
    const auto row = ours_.row(at(kMs, kFirstMaskedStream + 3, 77).row);
    for (const std::uint16_t index : {std::uint16_t{0}, std::uint16_t{1}, kMaxIndex}) {
        EXPECT_EQ(row.alert(index), ours_.alert(at(kMs, kFirstMaskedStream + 3, 77, index)));
        EXPECT_EQ(row.ticket(index), ours_.ticket(at(kMs, kFirstMaskedStream + 3, 77, index)));
    }
    EXPECT_LT(row.alert(1), row.alert(2));
    EXPECT_LT(ours_.alert(at(kMs, kFirstMaskedStream + 3, 77)), ours_.alert(at(kMs + 1, kFirstMaskedStream + 3, 1)))
        << "and milliseconds do";
}

TEST_F(MaskedIds, ReceiptsRoundTripAndRefuseOtherTexts)
{
    const ReceiptId receipt{at(kMs, kFirstMaskedStream + 3, 77, 5), 1'000};
    const auto text = ours_.receipt(receipt);
    EXPECT_EQ(text, ours_.alert(receipt.first).str() + ".1000");
    EXPECT_EQ(ours_.receipt(text), receipt);
    EXPECT_NE(theirs_.receipt(text), receipt);
    for (const auto& other : {std::string(), std::string("."), text.substr(0, 36), text.substr(0, 37), text + "x",
                              text + "000", ours_.ticket(receipt.first).str() + ".1", std::string("x.1")}) {
        EXPECT_EQ(ours_.receipt(other), std::nullopt) << other;
    }
}

TEST_F(MaskedIds, OfAnyBytesAreAPositionOrNone)
{
    std::mt19937_64 random(9);
    int positions = 0;
    for (int i = 0; i < 20'000; ++i) {
        const AlertId id(Uuid::from_words(random(), random()));
        if (const auto position = ours_.position(id)) {
            ++positions;
            EXPECT_EQ(ours_.alert(*position), id);
        }
    }
    EXPECT_GT(positions, 0);
}

TEST(PlainIds, AreAllThereIsWithoutARoot)
{
    const auto position = at(kMs, kMaxStream, kMaxSeq, kMaxIndex);
    const auto ids = AlertIds().of(kOurs);
    EXPECT_EQ(ids.alert(position), alert_id_at(position));
    EXPECT_EQ(ids.position(alert_id_at(position)), position);
    EXPECT_EQ(ids.position(AlertIds(kRoot).of(kOurs).alert(position)), std::nullopt);
}

}  // namespace
}  // namespace winnow::domain
