#include "winnow/observe/log.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/pipeline/chore_kinds.hpp"
#include "winnow/ports/time/search_index.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <optional>

namespace winnow::pipeline {
namespace {

using namespace std::chrono_literals;

class FailingIndex final : public ports::SearchIndex {
public:
    Result<std::size_t> advance(std::size_t /*limit*/) override
    {
        if (fails) return Error(ErrorCode::timeout, "it takes too long");
        return std::size_t{0};
    }
    std::size_t set_aside() const noexcept override { return 0; }

    bool fails = true;
};

TEST(SearchKindTest, TellsOnceThatItFailsAndOnceThatItDoesNotAndTriesAgainAtItsPace)
{
    FailingIndex index;
    observe::Metrics metrics;
    const auto kind = make_search_kind(index, 1s, metrics);
    testing::internal::CaptureStderr();
    observe::start_log(observe::LogFormat::text, observe::Level::info);
    for (int i = 0; i < 3; ++i) {
        const auto done = kind->run({});
        ASSERT_TRUE(done) << "an error would be told of each time";
        EXPECT_EQ(done->again_in, 1s);
    }
    index.fails = false;
    for (int i = 0; i < 2; ++i) EXPECT_EQ(kind->run({}).value().again_in, std::nullopt);
    const auto log = testing::internal::GetCapturedStderr();
    const auto told = log.find("tickets cannot be indexed");
    ASSERT_NE(told, std::string::npos);
    EXPECT_EQ(log.find("tickets cannot be indexed", told + 1), std::string::npos);
    const auto again = log.find("tickets are indexed again");
    ASSERT_NE(again, std::string::npos);
    EXPECT_EQ(log.find("tickets are indexed again", again + 1), std::string::npos);
}

/// Takes in a ticket in five milliseconds.
class SlowIndex final : public ports::SearchIndex {
public:
    Result<std::size_t> advance(std::size_t /*limit*/) override
    {
        const auto done = std::chrono::steady_clock::now() + 5ms;
        while (std::chrono::steady_clock::now() < done) {
        }
        return std::size_t{1};
    }
    std::size_t set_aside() const noexcept override { return 0; }
};

TEST(SearchKindTest, RestsThreeTimesAsLongAsItHasWorked)
{
    SlowIndex index;
    observe::Metrics metrics;
    const auto kind = make_search_kind(index, 10ms, metrics);
    const auto begun = std::chrono::steady_clock::now();
    const auto done = kind->run({}).value();
    const auto took = std::chrono::steady_clock::now() - begun;
    EXPECT_GE(done.again_in, 15ms);
    EXPECT_LE(done.again_in, 3 * std::chrono::ceil<std::chrono::milliseconds>(took));
    EXPECT_LE(done.again_in, 30ms) << "also where the database stands still, it goes on soon";
}

}  // namespace
}  // namespace winnow::pipeline
