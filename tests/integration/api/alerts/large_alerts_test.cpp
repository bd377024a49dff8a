#include "api/rest/page.hpp"
#include "integration/api/world.hpp"
#include "winnow/ports/alert_archive.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace winnow::test {
namespace {

using nlohmann::json;

using LargeAlerts = World;

/// `count` alerts of some 58 KB each, whose rows no compression makes small.
std::vector<domain::Alert> large_alerts(int first, int count)
{
    std::vector<domain::Alert> alerts;
    std::uint64_t state = static_cast<std::uint64_t>(first) + 1;
    for (int i = 0; i < count; ++i) {
        std::string noise;
        while (noise.size() < 58'000) {
            state = state * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
            noise += static_cast<char>('0' + (state >> 33U) % 64);
        }
        auto alert = an_alert("large " + std::to_string(first + i));
        alert.details = json{{"noise", noise}}.dump();
        alerts.push_back(std::move(alert));
    }
    return alerts;
}

TEST_F(LargeAlerts, PagesOfLargeAlertsAreBoundedAndHoldEachOnce)
{
    for (int row = 0; row < 24; ++row) {  // days apart, too: each of the archive's spans is cut short
        journal(static_cast<std::uint64_t>(row) + 1, kNow - std::chrono::hours(3) * row, large_alerts(row * 10, 10));
    }
    std::vector<std::string> titles;
    std::string cursor;
    int pages = 0;
    do {
        const auto page = get("/alerts?limit=200" + cursor);
        ASSERT_EQ(page.status, 200) << page.text.substr(0, 500);
        EXPECT_LE(page.text.size(), api::kMaxPageBytes + 1'000);
        for (const auto& item : page.body["items"]) titles.push_back(item["title"]);
        if (page.body["next_cursor"].is_null()) break;
        EXPECT_GE(page.text.size(), api::kMaxPageBytes - 70'000);
        cursor = "&cursor=" + page.body["next_cursor"].get<std::string>();
    } while (++pages < 10);
    std::vector<std::string> all;
    for (int row = 0; row < 24; ++row) {
        for (int i = 9; i >= 0; --i) all.push_back("large " + std::to_string(row * 10 + i));
    }
    EXPECT_EQ(titles, all);
    EXPECT_EQ(pages, 3);
}

TEST_F(LargeAlerts, AReadOfTheArchiveIsBoundedInBytesAndGoesOn)
{
    for (std::uint64_t seq = 1; seq <= 20; ++seq) {
        journal(seq, kNow + std::chrono::seconds(seq), large_alerts(static_cast<int>(seq) * 10, 10));
    }
    in_session([&](ports::TenantSession& session) {
        ports::ArchiveRange range;
        std::vector<std::uint64_t> seqs;
        std::size_t calls = 0;
        while (true) {
            const auto rows = session.alerts().rows(range, 64);
            ASSERT_TRUE(rows) << rows.error().message();
            if (rows->empty()) break;
            std::size_t bytes = 0;
            for (const auto& row : *rows) {
                bytes += row.payload.size();
                seqs.push_back(row.position.seq);
            }
            EXPECT_LE(bytes, (std::size_t{4} << 20U) + rows->back().payload.size());
            range.not_after = rows->back().position;
            --range.not_after->seq;
            ASSERT_LE(++calls, 20U);
        }
        EXPECT_GE(calls, 2U);
        std::vector<std::uint64_t> all;
        for (std::uint64_t seq = 20; seq > 0; --seq) all.push_back(seq);
        EXPECT_EQ(seqs, all);
    });
}

}  // namespace
}  // namespace winnow::test
