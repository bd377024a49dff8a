#include "winnow/domain/position.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace winnow::domain {

namespace {

constexpr std::uint64_t kMaxMillis = (std::uint64_t{1} << 48U) - 1;

AlertPosition at(std::uint64_t ms, StreamId stream, std::uint64_t seq, std::uint16_t index)
{
    return {{Timestamp(std::chrono::milliseconds(static_cast<std::int64_t>(ms))), stream, seq}, index};
}

}  // namespace

TEST(AlertPosition, SurvivesItsIdOverTheWholeBitRanges)
{
    for (const auto ms : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1'795'413'600'123}, kMaxMillis}) {
        for (const StreamId stream : {0U, 1U, 0x3FFU, 0x400U, 0x3FFC00U, kMaxStream}) {
            for (const auto seq : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 35U, kMaxSeq}) {
                for (const std::uint16_t index : {std::uint16_t{0}, std::uint16_t{1}, kMaxIndex}) {
                    const auto position = at(ms, stream, seq, index);
                    EXPECT_EQ(position_of(alert_id_at(position)), position);
                }
            }
        }
    }
    std::mt19937_64 random(4);
    for (int i = 0; i < 20'000; ++i) {
        const auto position = at(random() & kMaxMillis, static_cast<StreamId>(random() & kMaxStream),
                                 random() & kMaxSeq, static_cast<std::uint16_t>(random() & kMaxIndex));
        ASSERT_EQ(position_of(alert_id_at(position)), position);
    }
}

TEST(AlertPosition, IdsSortByArrival)
{
    EXPECT_LT(alert_id_at(at(1, 9, 9, 9)), alert_id_at(at(2, 0, 0, 0)));
    EXPECT_LT(alert_id_at(at(1, 9, 1, 9)), alert_id_at(at(1, 9, 2, 0)));
    EXPECT_LT(alert_id_at(at(1, 9, 2, 0)), alert_id_at(at(1, 9, 2, 1)));
}

TEST(AlertPosition, IdsAreVersion8AndTellAlertsFromTickets)
{
    const auto position = at(1'795'413'600'123, 77, 5, 3);
    const auto text = alert_id_at(position).str();
    EXPECT_EQ(text[14], '8');
    EXPECT_TRUE(text[19] == '8' || text[19] == '9' || text[19] == 'a' || text[19] == 'b') << text;
    EXPECT_NE(alert_id_at(position).value(), ticket_id_at(position).value());
    EXPECT_EQ(position_of(AlertId(ticket_id_at(position).value())), std::nullopt);
    EXPECT_EQ(position_of(AlertId(Uuid::v7(1, 0, 0))), std::nullopt);
    EXPECT_EQ(position_of(AlertId()), std::nullopt);
}

TEST(AlertPosition, ARequestGoesOnInTheNextRowWhereOneIsFull)
{
    EXPECT_EQ(next_in_request(at(5, 6, 7, 8)), at(5, 6, 7, 9));
    EXPECT_EQ(next_in_request(at(5, 6, 7, 1'998)), at(5, 6, 7, 1'999));
    EXPECT_EQ(next_in_request(at(5, 6, 7, 1'999)), at(5, 6, 8, 0));
}

TEST(ReceiptId, TextRoundTrips)
{
    for (const std::uint32_t count : {0U, 1U, 1'000U, 65'536U, 100'000U}) {
        const ReceiptId receipt{at(5, 6, 7, 8), count};
        EXPECT_EQ(ReceiptId::parse(receipt.str()), receipt);
    }
}

TEST(ReceiptId, RefusesOtherTexts)
{
    const auto id = alert_id_at(at(5, 6, 7, 8)).str();
    const auto ticket = ticket_id_at(at(5, 6, 7, 8)).str();
    for (const auto& text :
         std::vector<std::string>{"", ".", id, id + ".", id + ".x", id + ".1x", id + ".-1", id + ".100001",
                                  id + ".4294967296", id + ". 1", "x.1", ticket + ".1", "." + id, id + ".1."}) {
        EXPECT_EQ(ReceiptId::parse(text), std::nullopt) << text;
    }
}

}  // namespace winnow::domain
