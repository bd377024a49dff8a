#include "journal/batch.hpp"

#include "winnow/journal/codec.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace winnow::journal {
namespace {

const TenantId kOne(Uuid::from_words(0, 1));
const TenantId kOther(Uuid::from_words(0, 2));

std::unique_ptr<Pending> request(TenantId tenant, std::size_t alerts, const std::string& name)
{
    auto pending = std::make_unique<Pending>();
    pending->submission.tenant = tenant;
    for (std::size_t i = 0; i < alerts; ++i) {
        auto& alert = pending->submission.alerts.emplace_back();
        alert.title = name + std::to_string(i);
        pending->bytes += 100;
    }
    return pending;
}

std::vector<std::unique_ptr<Pending>> requests(std::vector<std::pair<TenantId, std::size_t>> wanted)
{
    std::vector<std::unique_ptr<Pending>> all;
    for (const auto& [tenant, alerts] : wanted)
        all.push_back(request(tenant, alerts, std::to_string(all.size()) + "-"));
    return all;
}

domain::RowPosition first_row()
{
    return {Timestamp(std::chrono::milliseconds{1'795'413'600'000}), 7, 100};
}

TEST(Batch, ARequestLongerThanARowGetsConsecutiveRowsAndOneReceipt)
{
    auto batch = lay_out(requests({{kOne, 3}, {kOther, 1}, {kOne, 25}, {kOne, 2}}), 10);
    place(batch, first_row());
    ASSERT_EQ(batch.rows.size(), 5U);
    const std::vector<std::size_t> counts{3, 1, 10, 10, 7};  // the last one is joined by the request behind
    for (std::size_t i = 0; i < counts.size(); ++i) EXPECT_EQ(batch.rows[i].count, counts[i]) << i;
    const auto& receipt = batch.requests[2].receipt;
    EXPECT_EQ(receipt.first.row.seq, 102U);
    EXPECT_EQ(receipt.first.index, 0U);
    EXPECT_EQ(receipt.count, 25U);
    EXPECT_EQ(batch.requests[3].receipt.first.row.seq, 104U);
    EXPECT_EQ(batch.requests[3].receipt.first.index, 5U);

    const auto rows = encode(batch);
    ASSERT_EQ(rows.size(), 5U);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        EXPECT_EQ(rows[i].alert_count, counts[i]);
        EXPECT_EQ(rows[i].position.seq, 100 + i);
        const auto lines = decode_rows(rows[i].payload);
        EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(*lines, '\n')), counts[i]);
    }

    const auto committed = take_rows(batch);
    ASSERT_EQ(committed.size(), 5U);
    EXPECT_EQ(committed[2].alerts.front().second.title, "2-0");
    EXPECT_EQ(committed[3].alerts.front().second.title, "2-10");
    EXPECT_EQ(committed[4].alerts[4].second.title, "2-24");
    EXPECT_EQ(committed[4].alerts[5].first, 5U);
    EXPECT_EQ(committed[4].alerts[5].second.title, "3-0");
    EXPECT_EQ(committed[2].bytes + committed[3].bytes, 2'000U);
}

TEST(Batch, ARepeatLeavesGapsInEachOfItsRows)
{
    auto all = requests({{kOne, 25}, {kOne, 1}});
    all.front()->submission.once.emplace().answer = [](const domain::ReceiptId& receipt) {
        return receipt.str();
    };
    auto batch = lay_out(std::move(all), 10);
    place(batch, first_row());
    ASSERT_EQ(receipts_of(batch).size(), 1U);
    EXPECT_EQ(receipts_of(batch).front().answer, batch.requests.front().receipt.str());
    note_outcomes(batch, {{.outcome = ports::ReceiptAnswer::Outcome::replayed, .status = 202, .answer = "x"}});
    const auto rows = encode(batch);
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows.front().alert_count, 1U);
    EXPECT_EQ(rows.front().position.seq, 102U);
    const auto lines = decode_rows(rows.front().payload);
    EXPECT_TRUE(lines->starts_with("\n\n\n\n\n{\"title\":\"1-0\"")) << *lines;
}

TEST(Batch, TakenApartItIsWhatWasPutIn)
{
    auto batch = lay_out(requests({{kOne, 12}, {kOther, 3}, {kOne, 1}}), 10);
    const auto back = take_requests(batch);
    ASSERT_EQ(back.size(), 3U);
    EXPECT_EQ(back[0]->submission.alerts.size(), 12U);
    EXPECT_EQ(back[2]->submission.alerts.front().title, "2-0");
}

}  // namespace
}  // namespace winnow::journal
